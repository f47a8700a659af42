package io.trunkline.testing;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.context.Context;

/**
 * A subscriber that leaves at a chosen point.
 */
public final class Abandoned {

	private Abandoned() {
	}

	/**
	 * Subscribe with some demand, wait until a point is reached, then cancel.
	 * @param source what is abandoned; inherits the Reactor context, thus the transaction
	 * @param demand how many elements to ask for
	 * @param release takes each element
	 * @param point returns when it is time to leave; gets the number of elements so far
	 * @return the number of elements received, as soon as the cancellation was signalled
	 */
	public static <T> Mono<Integer> when(Publisher<T> source, long demand, Consumer<? super T> release,
			Consumer<AtomicInteger> point) {
		return Mono.deferContextual((view) -> Mono.fromCallable(() -> {
			AtomicInteger received = new AtomicInteger();
			BaseSubscriber<T> subscriber = new BaseSubscriber<>() {

				@Override
				public Context currentContext() {
					return Context.of(view);
				}

				@Override
				protected void hookOnSubscribe(Subscription subscription) {
					if (demand > 0) {
						subscription.request(demand);
					}
				}

				@Override
				protected void hookOnNext(T value) {
					release.accept(value);
					received.incrementAndGet();
				}

				@Override
				protected void hookOnError(Throwable ex) {
					throw new AssertionError("Failed before it was abandoned", ex);
				}

			};
			source.subscribe(subscriber);
			try {
				point.accept(received);
			}
			finally {
				subscriber.cancel();
			}
			return received.get();
		}).subscribeOn(Schedulers.boundedElastic()));
	}

}
