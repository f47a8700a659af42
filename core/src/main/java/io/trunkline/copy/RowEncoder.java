package io.trunkline.copy;

import java.util.Queue;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.Exceptions;
import reactor.core.Fuseable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * Packs rows into frames, one of which is kept ready before it is asked for. Rows are
 * requested in batches of about a frame, or polled from a source that can be, and are
 * encoded where they arrive: there is no queue of rows. The frames are plain arrays, so
 * that none can leak.
 *
 * @param <T> what a row is made of
 */
final class RowEncoder<T> extends Flux<ByteBuf> {

	private final Publisher<? extends T> source;

	private final RowWriter<? super T> writer;

	private final CopyForm form;

	private final int columns;

	private final int frameSize;

	RowEncoder(Publisher<? extends T> source, RowWriter<? super T> writer, CopyForm form, int columns, int frameSize) {
		this.source = source;
		this.writer = writer;
		this.form = form;
		this.columns = columns;
		this.frameSize = frameSize;
	}

	@Override
	public void subscribe(CoreSubscriber<? super ByteBuf> actual) {
		this.source.subscribe(new EncodingSubscriber<>(actual, this));
	}

	private static final class EncodingSubscriber<T> implements CoreSubscriber<T>, Subscription {

		private static final AtomicIntegerFieldUpdater<EncodingSubscriber<?>> WORK = updater("work");

		private static final AtomicLongFieldUpdater<EncodingSubscriber<?>> REQUESTED = requestedUpdater();

		/** Until it is known how many rows fit into a frame. */
		private static final int FIRST_BATCH = 32;

		private static final int MAX_BATCH = 4096;

		/**
		 * A frame counts as full when less than this is left, as most rows are smaller.
		 */
		private static final int SLACK = 1024;

		private final CoreSubscriber<? super ByteBuf> actual;

		private final RowWriter<? super T> writer;

		private final CopyForm form;

		private final int columns;

		private final int frameSize;

		private final int full;

		private final Queue<ByteBuf> frames = Queues.<ByteBuf>unbounded(4).get();

		private final CopyBuffer buffer;

		private long rows;

		private long bytes;

		/** The rows that were asked for; of a source that pushes. */
		private long batch;

		/** Those of them that have come. */
		private long received;

		/**
		 * Whether rows of the batch have still to come, in which case the encoding thread
		 * owns it all.
		 */
		private volatile boolean receiving;

		private @Nullable Subscription subscription;

		private Fuseable.@Nullable QueueSubscription<T> queue;

		private volatile int work;

		private volatile long requested;

		private volatile boolean cancelled;

		private volatile boolean sourceDone;

		/** All rows are encoded, with what ends them. */
		private boolean encoded;

		private volatile @Nullable Throwable error;

		private boolean terminated;

		EncodingSubscriber(CoreSubscriber<? super ByteBuf> actual, RowEncoder<T> encoder) {
			this.actual = actual;
			this.writer = encoder.writer;
			this.form = encoder.form;
			this.columns = encoder.columns;
			this.frameSize = encoder.frameSize;
			this.full = Math.max(1, this.frameSize - SLACK);
			this.buffer = new CopyBuffer(this.frameSize);
			this.form.begin(this.buffer);
		}

		@SuppressWarnings({ "unchecked", "rawtypes" })
		private static AtomicIntegerFieldUpdater<EncodingSubscriber<?>> updater(String field) {
			return (AtomicIntegerFieldUpdater) AtomicIntegerFieldUpdater.newUpdater(EncodingSubscriber.class, field);
		}

		@SuppressWarnings({ "unchecked", "rawtypes" })
		private static AtomicLongFieldUpdater<EncodingSubscriber<?>> requestedUpdater() {
			return (AtomicLongFieldUpdater) AtomicLongFieldUpdater.newUpdater(EncodingSubscriber.class, "requested");
		}

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		@SuppressWarnings("unchecked")
		public void onSubscribe(Subscription subscription) {
			if (!Operators.validate(this.subscription, subscription)) {
				return;
			}
			this.subscription = subscription;
			if (subscription instanceof Fuseable.QueueSubscription<?> fuseable
					&& fuseable.requestFusion(Fuseable.SYNC) == Fuseable.SYNC) {
				this.queue = (Fuseable.QueueSubscription<T>) fuseable;
			}
			this.actual.onSubscribe(this);
		}

		@Override
		public void onNext(T row) {
			if (this.sourceDone || this.cancelled) {
				Operators.onDiscard(row, currentContext());
				return;
			}
			if (!encode(row)) {
				subscription().cancel();
				drain();
				return;
			}
			boolean cut = this.buffer.position() >= this.full;
			if (cut) {
				cut();
			}
			this.received++;
			boolean last = this.received == this.batch;
			if (last) {
				this.receiving = false;
			}
			if (cut || last) {
				drain();
			}
		}

		@Override
		public void onError(Throwable ex) {
			if (this.sourceDone || this.cancelled) {
				Operators.onErrorDropped(ex, currentContext());
				return;
			}
			this.error = ex;
			this.sourceDone = true;
			drain();
		}

		@Override
		public void onComplete() {
			this.sourceDone = true;
			drain();
		}

		@Override
		public void request(long count) {
			if (Operators.validate(count)) {
				Operators.addCap(REQUESTED, this, count);
				drain();
			}
		}

		@Override
		public void cancel() {
			this.cancelled = true;
			subscription().cancel();
			drain();
		}

		/**
		 * Encode a row, or keep the error for {@link #drain}.
		 */
		private boolean encode(T row) {
			int start = this.buffer.position();
			try {
				this.form.beginRow(this.columns, this.buffer);
				this.writer.write(row, this.buffer);
				this.form.endRow(this.buffer);
			}
			catch (Throwable ex) {
				Exceptions.throwIfFatal(ex);
				this.error = (ex instanceof FieldException misfit) ? misfit.atRow(this.rows) : ex;
				this.sourceDone = true;
				return false;
			}
			this.rows++;
			this.bytes += this.buffer.position() - start;
			return true;
		}

		/**
		 * Turn what is in the buffer into frames. A row that is larger than a frame makes
		 * several.
		 */
		private void cut() {
			int length = this.buffer.position();
			if (length == 0) {
				return;
			}
			byte[] data = this.buffer.take(this.encoded ? 0 : this.frameSize);
			int size = Math.max(1, this.frameSize);
			for (int start = 0; start < length; start += size) {
				this.frames.offer(Unpooled.wrappedBuffer(data, start, Math.min(size, length - start)));
			}
		}

		private void drain() {
			if (WORK.getAndIncrement(this) != 0) {
				return;
			}
			int missed = 1;
			do {
				if (this.cancelled) {
					discard();
				}
				else if (!this.terminated) {
					advance();
				}
				missed = WORK.addAndGet(this, -missed);
			}
			while (missed != 0);
		}

		/**
		 * Send what is asked for, and see to it that one frame is ready after it.
		 */
		private void advance() {
			long emitted = 0;
			long requested = this.requested;
			while (!this.cancelled) {
				if (this.error != null) {
					terminate();
					return;
				}
				if (this.frames.isEmpty()) {
					fill();
				}
				if (this.error != null) {
					continue;
				}
				ByteBuf frame = (emitted < requested) ? this.frames.poll() : null;
				if (frame == null) {
					break;
				}
				emitted++;
				this.actual.onNext(frame);
			}
			if (emitted > 0 && requested != Long.MAX_VALUE) {
				REQUESTED.addAndGet(this, -emitted);
			}
			if (this.encoded && this.frames.isEmpty() && !this.cancelled) {
				terminate();
			}
		}

		private void terminate() {
			this.terminated = true;
			Throwable error = this.error;
			discard();
			if (error != null) {
				this.actual.onError(error);
			}
			else {
				this.actual.onComplete();
			}
		}

		/**
		 * Get the next frame: encode it from rows that can be polled, or ask for rows.
		 */
		private void fill() {
			if (this.queue != null) {
				poll(this.queue);
			}
			else if (this.sourceDone) {
				end();
			}
			else if (!this.receiving) {
				this.batch = nextBatch();
				this.received = 0;
				this.receiving = true;
				subscription().request(this.batch);
			}
		}

		private void poll(Fuseable.QueueSubscription<T> queue) {
			while (!this.encoded && !this.cancelled && this.buffer.position() < this.full) {
				T row;
				try {
					row = queue.poll();
				}
				catch (Throwable ex) {
					Exceptions.throwIfFatal(ex);
					this.error = ex;
					break;
				}
				if (row == null) {
					end();
				}
				else if (!encode(row)) {
					break;
				}
			}
			if (this.error != null) {
				subscription().cancel();
			}
			else if (!this.encoded) {
				cut();
			}
		}

		private void end() {
			if (!this.encoded) {
				this.encoded = true;
				this.form.end(this.buffer);
				cut();
			}
		}

		/**
		 * As many rows as fill a frame, by the size of those before.
		 */
		private long nextBatch() {
			if (this.rows == 0) {
				return FIRST_BATCH;
			}
			long missing = this.full - this.buffer.position();
			return Math.max(1, Math.min(MAX_BATCH, missing * this.rows / Math.max(1, this.bytes)));
		}

		private void discard() {
			this.frames.clear();
			Fuseable.QueueSubscription<T> queue = this.queue;
			if (queue != null) {
				queue.clear();
			}
		}

		private Subscription subscription() {
			Subscription subscription = this.subscription;
			if (subscription == null) {
				throw new IllegalStateException("Not subscribed yet");
			}
			return subscription;
		}

	}

}
