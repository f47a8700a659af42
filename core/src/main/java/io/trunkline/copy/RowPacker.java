package io.trunkline.copy;

import java.util.Queue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;
import reactor.util.concurrent.Queues;
import reactor.util.context.Context;

/**
 * Packs rows, which are mostly small, into frames. An operator of its own for the sake of
 * demand: rows are asked for in numbers that fill a frame or two, so that little is held
 * when nobody consumes the frames, and the socket is not stopped and started for each
 * row.
 */
final class RowPacker extends Flux<Chunk> {

	private final Flux<ByteBuf> rows;

	private final int frameSize;

	private final RowForm form;

	/**
	 * Create a packer for one subscriber.
	 * @param rows the rows, each of which is released
	 * @param frameSize the size of a frame in bytes
	 * @param form how a row is written
	 */
	RowPacker(Flux<ByteBuf> rows, int frameSize, RowForm form) {
		this.rows = rows;
		this.frameSize = frameSize;
		this.form = form;
	}

	@Override
	public void subscribe(CoreSubscriber<? super Chunk> actual) {
		this.rows.subscribe(new Packing(actual, this.frameSize, this.form));
	}

	/**
	 * How a row is written to the output.
	 */
	interface RowForm {

		/**
		 * Write a row.
		 * @param row the row, which the caller releases
		 * @param output takes the bytes
		 */
		void write(ByteBuf row, Output output);

	}

	/**
	 * Takes bytes.
	 */
	interface Output {

		void write(ByteBuf bytes);

		void write(byte b);

	}

	private static final class Packing implements CoreSubscriber<ByteBuf>, Subscription, Output {

		private static final int FIRST_BATCH = 16;

		private static final int LARGEST_BATCH = 4096;

		private static final int INITIAL_CAPACITY = 4 * 1024;

		private final CoreSubscriber<? super Chunk> actual;

		private final int frameSize;

		private final RowForm form;

		private final Queue<Chunk> frames = Queues.<Chunk>unbounded(16).get();

		private final AtomicLong requested = new AtomicLong();

		private final AtomicInteger outstanding = new AtomicInteger();

		private final AtomicInteger working = new AtomicInteger();

		private volatile @Nullable Subscription upstream;

		private volatile boolean cancelled;

		private volatile boolean done;

		private @Nullable Throwable error;

		private volatile int batch = FIRST_BATCH;

		private byte[] frame = new byte[INITIAL_CAPACITY];

		private int length;

		private long rows;

		private long bytes;

		Packing(CoreSubscriber<? super Chunk> actual, int frameSize, RowForm form) {
			this.actual = actual;
			this.frameSize = frameSize;
			this.form = form;
		}

		@Override
		public Context currentContext() {
			return this.actual.currentContext();
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			this.upstream = subscription;
			this.actual.onSubscribe(this);
		}

		@Override
		public void onNext(ByteBuf row) {
			int left = this.outstanding.decrementAndGet();
			if (this.cancelled || this.done) {
				row.release();
				return;
			}
			try {
				this.rows++;
				this.bytes += row.readableBytes();
				this.form.write(row, this);
			}
			catch (RuntimeException ex) {
				Subscription upstream = this.upstream;
				if (upstream != null) {
					upstream.cancel();
				}
				onError(ex);
				return;
			}
			finally {
				row.release();
			}
			if (left <= this.batch / 4 || !this.frames.isEmpty()) {
				long average = Math.max(1, this.bytes / this.rows);
				this.batch = (int) Math.max(1, Math.min(LARGEST_BATCH, 2 * this.frameSize / average));
				drain();
			}
		}

		@Override
		public void write(ByteBuf bytes) {
			while (bytes.isReadable()) {
				int count = Math.min(bytes.readableBytes(), this.frameSize - this.length);
				ensureCapacity(this.length + count);
				bytes.readBytes(this.frame, this.length, count);
				this.length += count;
				flushFull();
			}
		}

		@Override
		public void write(byte b) {
			ensureCapacity(this.length + 1);
			this.frame[this.length++] = b;
			flushFull();
		}

		private void flushFull() {
			if (this.length == this.frameSize) {
				flush();
			}
		}

		private void flush() {
			this.frames.add(Chunk.of(this.frame, this.length));
			this.frame = new byte[this.done ? 0 : this.frameSize];
			this.length = 0;
		}

		private void ensureCapacity(int required) {
			if (required > this.frame.length) {
				byte[] larger = new byte[Math.min(this.frameSize, Math.max(required, this.frame.length * 2))];
				System.arraycopy(this.frame, 0, larger, 0, this.length);
				this.frame = larger;
			}
		}

		@Override
		public void onError(Throwable ex) {
			if (this.done) {
				Operators.onErrorDropped(ex, currentContext());
				return;
			}
			this.error = ex;
			this.done = true;
			drain();
		}

		@Override
		public void onComplete() {
			if (this.done) {
				return;
			}
			if (this.length > 0) {
				flush();
			}
			this.done = true;
			drain();
		}

		@Override
		public void request(long n) {
			if (Operators.validate(n)) {
				this.requested.getAndAccumulate(n, Operators::addCap);
				drain();
			}
		}

		@Override
		public void cancel() {
			this.cancelled = true;
			Subscription upstream = this.upstream;
			if (upstream != null) {
				upstream.cancel();
			}
		}

		private void drain() {
			if (this.working.getAndIncrement() != 0) {
				return;
			}
			int missed = 1;
			do {
				emit();
				missed = this.working.addAndGet(-missed);
			}
			while (missed != 0);
		}

		private void emit() {
			while (!this.cancelled) {
				boolean over = this.done;
				if (this.requested.get() > 0) {
					Chunk frame = this.frames.poll();
					if (frame != null) {
						this.requested.getAndAccumulate(1, Operators::subOrZero);
						this.actual.onNext(frame);
						continue;
					}
				}
				if (over && this.frames.isEmpty()) {
					this.cancelled = true;
					Throwable error = this.error;
					if (error != null) {
						this.actual.onError(error);
					}
					else {
						this.actual.onComplete();
					}
				}
				else if (!over && this.requested.get() > 0) {
					askForRows();
				}
				return;
			}
		}

		private void askForRows() {
			int batch = this.batch;
			int missing = batch - this.outstanding.get();
			Subscription upstream = this.upstream;
			if (missing > batch / 2 && upstream != null) {
				this.outstanding.addAndGet(missing);
				upstream.request(missing);
			}
		}

	}

}
