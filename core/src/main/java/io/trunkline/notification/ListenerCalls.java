package io.trunkline.notification;

import io.trunkline.notification.NotificationEvent.Message;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.util.retry.Retry;

/**
 * How listener methods are called: where, how often, and what becomes of failures.
 *
 * @param scheduler where methods are called that may block, {@code null} for where the
 * event comes
 */
record ListenerCalls(@Nullable Scheduler scheduler, int maxAttempts, Backoff backoff,
		PostgresListenerErrorHandler errorHandler) {

	private static final Log logger = LogFactory.getLog(PostgresListener.class);

	/**
	 * Call a method for an event, until it is done with it.
	 * @return completes in any case
	 */
	Mono<Void> call(ListenerMethod method, NotificationEvent event, NotificationBus bus) {
		return once(method, event, bus).retryWhen(retry())
			.onErrorResume(
					(ex) -> Mono.defer(() -> Flux.from(this.errorHandler.handle(method.toString(), event, ex)).then())

						.onErrorResume((failure) -> {
							logger.error("The error handler failed for listener " + method, failure);
							return Mono.empty();
						}));
	}

	private Mono<Void> once(ListenerMethod method, NotificationEvent event, NotificationBus bus) {
		if (method.returnsPublisher()) {
			return Mono.defer(() -> Flux.from(publisher(method, event, bus)).then());
		}
		Mono<Void> call = Mono.fromCallable(() -> method.call(event, bus)).then();
		Scheduler scheduler = this.scheduler;
		return (scheduler != null) ? call.subscribeOn(scheduler) : call;
	}

	private static Publisher<?> publisher(ListenerMethod method, NotificationEvent event, NotificationBus bus) {
		try {
			Object result = method.call(event, bus);
			return (result != null) ? (Publisher<?>) result : Mono.empty();
		}
		catch (Exception ex) {
			return Mono.error(ex);
		}
	}

	private Retry retry() {
		return Retry.backoff(this.maxAttempts - 1, this.backoff.first())
			.maxBackoff(this.backoff.max())
			.jitter(0.5)
			.filter((ex) -> !(ex instanceof NotificationPayloadException))
			.onRetryExhaustedThrow((spec, signal) -> signal.failure());
	}

	/**
	 * Warn of a gap that nobody takes.
	 */
	Mono<Void> warn(ListenerMethod method, NotificationEvent gap) {
		return Mono.fromRunnable(() -> logger
			.warn("Messages are missing for listener " + method + ", which takes no such event: " + gap));
	}

	boolean isGap(NotificationEvent event) {
		return !(event instanceof Message);
	}

}
