package io.trunkline.notification;

import java.util.function.Function;

import org.reactivestreams.Publisher;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import org.springframework.util.Assert;

/**
 * Default implementation of {@link NotificationFlux}.
 */
final class DefaultNotificationFlux extends NotificationFlux {

	private final ListenLoop loop;

	private final ListenRequest request;

	private final Sinks.Empty<Void> ready = Sinks.empty();

	DefaultNotificationFlux(ListenLoop loop, ListenRequest request) {
		this.loop = loop;
		this.request = request;
	}

	@Override
	public void subscribe(CoreSubscriber<? super NotificationEvent> actual) {
		Mailbox mailbox = new Mailbox(actual, this.request, this.loop, this.ready);
		actual.onSubscribe(mailbox);
		this.loop.add(mailbox);
	}

	@Override
	public Mono<Void> whenReady() {
		return this.ready.asMono().publishOn(Schedulers.fromExecutor(this.loop.delivery()));
	}

	@Override
	public NotificationFlux withBufferSize(int bufferSize) {
		int checked = NotificationBus.Builder.checkedBufferSize(bufferSize);
		return new DefaultNotificationFlux(this.loop,
				new ListenRequest(this.request.channels(), checked, this.request.resync()));
	}

	@Override
	public NotificationFlux withResync(Function<? super NotificationEvent, ? extends Publisher<?>> resync) {
		Assert.notNull(resync, "'resync' must not be null");
		return new DefaultNotificationFlux(this.loop,
				new ListenRequest(this.request.channels(), this.request.bufferSize(), resync));
	}

}
