package io.trunkline.notification;

import java.time.Duration;
import java.util.List;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.util.retry.Retry;

/**
 * One listener method, from the start to the stop.
 */
final class ListenerContainer {

	private static final Log logger = LogFactory.getLog(PostgresListener.class);

	private final NotificationBus bus;

	private final ListenerCalls calls;

	private final ListenerMethod method;

	private final @Nullable ListenerMethod gapHandler;

	private final int concurrency;

	private final int bufferSize;

	private volatile Sinks.Empty<Void> stop = Sinks.empty();

	/** Ends with the last call; there is none before the start. */
	private volatile Mono<Void> stopped = Mono.empty();

	ListenerContainer(NotificationBus bus, ListenerCalls calls, ListenerMethod method,
			@Nullable ListenerMethod gapHandler, int concurrency, int bufferSize) {
		this.bus = bus;
		this.calls = calls;
		this.method = method;
		this.gapHandler = gapHandler;
		this.concurrency = concurrency;
		this.bufferSize = bufferSize;
	}

	/**
	 * Begin to listen.
	 * @return completes when LISTEN is in force
	 */
	Mono<Void> start(List<String> channels) {
		NotificationFlux listen = this.bus.listen(channels.toArray(String[]::new));
		NotificationFlux flux = (this.bufferSize > 0) ? listen.withBufferSize(this.bufferSize) : listen;
		Sinks.Empty<Void> stop = Sinks.empty();
		Sinks.Empty<Void> stopped = Sinks.empty();
		this.stop = stop;
		this.stopped = stopped.asMono();
		// No more is asked for than is worked on, so that what waits stands in the bus's
		// buffer.
		flux.doOnError((ex) -> logger.error("Listener " + this.method + " was cut off, and tries again", ex))
			.retryWhen(Retry.backoff(Long.MAX_VALUE, Duration.ofSeconds(1)).maxBackoff(Duration.ofMinutes(1)))
			.takeUntilOther(stop.asMono())
			.flatMap(this::handle, this.concurrency, 1)
			.doOnTerminate(stopped::tryEmitEmpty)
			.subscribe();
		return flux.whenReady();
	}

	private Mono<Void> handle(NotificationEvent event) {
		if (this.method.takes(event.getClass())) {
			return this.calls.call(this.method, event, this.bus);
		}
		if (!this.calls.isGap(event)) {
			return Mono.empty();
		}
		ListenerMethod gapHandler = this.gapHandler;
		return (gapHandler != null && gapHandler.takes(event.getClass())) ? this.calls.call(gapHandler, event, this.bus)
				: this.calls.warn(this.method, event);
	}

	/**
	 * Leave the channels, and let the calls end that are under way.
	 */
	Mono<Void> stop() {
		this.stop.tryEmitEmpty();
		return this.stopped;
	}

	@Override
	public String toString() {
		return this.method.toString();
	}

}
