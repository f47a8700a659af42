package io.trunkline.copy;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.context.Context;

import org.springframework.dao.DataAccessResourceFailureException;

/**
 * Makes something of each row of binary COPY data. A buffer is released as soon as its
 * row was read.
 *
 * @param <T> what is made of a row
 */
final class RowDecoder<T> extends Flux<T> {

	private final Publisher<ByteBuf> source;

	private final RowReader<? extends T> reader;

	private final int columns;

	RowDecoder(Publisher<ByteBuf> source, RowReader<? extends T> reader, int columns) {
		this.source = source;
		this.reader = reader;
		this.columns = columns;
	}

	@Override
	public void subscribe(CoreSubscriber<? super T> actual) {
		this.source.subscribe(new DecodingSubscriber<>(actual, this.reader, new RowBuffer(this.columns)));
	}

	private static final class DecodingSubscriber<T> implements CoreSubscriber<ByteBuf>, Subscription {

		private final CoreSubscriber<? super T> actual;

		private final RowReader<? extends T> reader;

		private final RowBuffer row;

		private @Nullable Subscription subscription;

		private boolean done;

		DecodingSubscriber(CoreSubscriber<? super T> actual, RowReader<? extends T> reader, RowBuffer row) {
			this.actual = actual;
			this.reader = reader;
			this.row = row;
		}

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			if (Operators.validate(this.subscription, subscription)) {
				this.subscription = subscription;
				this.actual.onSubscribe(this);
			}
		}

		@Override
		public void onNext(ByteBuf message) {
			T value;
			try {
				if (this.done) {
					return;
				}
				if (!this.row.load(message)) {
					request(1);
					return;
				}
				value = this.reader.read(this.row);
			}
			catch (Throwable ex) {
				Exceptions.throwIfFatal(ex);
				cancel();
				onError(ex);
				return;
			}
			finally {
				message.release();
			}
			this.actual.onNext(value);
		}

		@Override
		public void onError(Throwable ex) {
			if (this.done) {
				Operators.onErrorDropped(ex, currentContext());
				return;
			}
			this.done = true;
			this.actual.onError(ex);
		}

		@Override
		public void onComplete() {
			if (this.done) {
				return;
			}
			if (!this.row.isEnded()) {
				onError(new DataAccessResourceFailureException("The binary COPY data ends before its trailer"));
				return;
			}
			this.done = true;
			this.actual.onComplete();
		}

		@Override
		public void request(long count) {
			if (this.subscription != null) {
				this.subscription.request(count);
			}
		}

		@Override
		public void cancel() {
			if (this.subscription != null) {
				this.subscription.cancel();
			}
		}

	}

}
