package io.trunkline.copy;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

/**
 * A step that turns bytes into other bytes, as many as are asked for. It may hold native
 * memory: a cancellation, which comes at any time, waits until it can be freed.
 */
abstract class ByteStage {

	private boolean closed;

	/**
	 * Insert a step into a flow of bytes.
	 */
	static Flux<Chunk> apply(Flux<Chunk> source, Supplier<? extends ByteStage> stage) {
		return Flux.using(stage::get, (step) -> source.concatMapIterable((chunk) -> () -> step.outputs(chunk), 1)
			.concatWith(Flux.fromIterable(() -> step.outputs(null))), ByteStage::closeOnce);
	}

	/**
	 * Take a further input, {@code null} for its end.
	 */
	protected abstract void accept(@Nullable Chunk input);

	/**
	 * Return the next piece of output, or {@code null} when there is none before further
	 * input.
	 */
	protected abstract @Nullable Chunk next();

	protected void close() {
	}

	final synchronized void closeOnce() {
		if (!this.closed) {
			this.closed = true;
			close();
		}
	}

	final synchronized Iterator<Chunk> outputs(@Nullable Chunk input) {
		if (!this.closed) {
			accept(input);
		}
		return new Outputs();
	}

	final synchronized @Nullable Chunk nextUnlessClosed() {
		return this.closed ? null : next();
	}

	private final class Outputs implements Iterator<Chunk> {

		private @Nullable Chunk ready;

		@Override
		public boolean hasNext() {
			if (this.ready == null) {
				this.ready = nextUnlessClosed();
			}
			return this.ready != null;
		}

		@Override
		public Chunk next() {
			if (!hasNext() || this.ready == null) {
				throw new NoSuchElementException();
			}
			Chunk next = this.ready;
			this.ready = null;
			return next;
		}

	}

}
