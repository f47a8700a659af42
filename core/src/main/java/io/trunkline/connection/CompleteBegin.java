package io.trunkline.connection;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

import org.springframework.transaction.ReactiveTransaction;
import org.springframework.transaction.ReactiveTransactionManager;
import org.springframework.transaction.TransactionDefinition;

/**
 * Lets a transaction begin to its end even when it is no longer wanted, so that it can be
 * rolled back. A begin that is cancelled half-way gives its connection back at once, and
 * the server runs the BEGIN after that: the next user of the connection would work in a
 * transaction that nobody commits.
 */
final class CompleteBegin implements ReactiveTransactionManager {

	private final ReactiveTransactionManager transactionManager;

	CompleteBegin(ReactiveTransactionManager transactionManager) {
		this.transactionManager = transactionManager;
	}

	@Override
	public Mono<ReactiveTransaction> getReactiveTransaction(@Nullable TransactionDefinition definition) {
		Mono<ReactiveTransaction> begin = this.transactionManager.getReactiveTransaction(definition);
		return Mono
			.fromDirect((subscriber) -> begin.subscribe(new Uncancelled<>(Operators.toCoreSubscriber(subscriber))));
	}

	@Override
	public Mono<Void> commit(ReactiveTransaction transaction) {
		return this.transactionManager.commit(transaction);
	}

	@Override
	public Mono<Void> rollback(ReactiveTransaction transaction) {
		return this.transactionManager.rollback(transaction);
	}

	/**
	 * Passes on what comes also after a cancellation. The subscriber is
	 * {@code usingWhen}, which then starts nothing with the transaction but its rollback.
	 *
	 * @param <T> the type of the result
	 */
	private record Uncancelled<T>(CoreSubscriber<? super T> actual) implements CoreSubscriber<T> {

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			this.actual.onSubscribe(new Subscription() {

				@Override
				public void request(long n) {
					subscription.request(n);
				}

				@Override
				public void cancel() {
					// Left to end.
				}

			});
		}

		@Override
		public void onNext(T value) {
			this.actual.onNext(value);
		}

		@Override
		public void onError(Throwable ex) {
			this.actual.onError(ex);
		}

		@Override
		public void onComplete() {
			this.actual.onComplete();
		}

	}

}
