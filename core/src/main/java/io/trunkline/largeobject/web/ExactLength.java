package io.trunkline.largeobject.web;

import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.SynchronousSink;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * Lets content through as long as it has the announced length. The last buffer is held
 * back until the end is there: once a client has as many bytes as were announced it
 * cannot be told any more that they are not the content.
 */
final class ExactLength {

	private final long length;

	private final Supplier<? extends RuntimeException> mismatch;

	private long passed;

	private @Nullable DataBuffer held;

	private boolean ended;

	private ExactLength(long length, Supplier<? extends RuntimeException> mismatch) {
		this.length = length;
		this.mismatch = mismatch;
	}

	/**
	 * Check the length of content, which may end early or go on.
	 * @param content the content
	 * @param length the announced length in bytes
	 * @param mismatch makes the error for content of another length
	 */
	static Flux<DataBuffer> of(Flux<DataBuffer> content, long length, Supplier<? extends RuntimeException> mismatch) {
		return Flux.defer(() -> {
			ExactLength check = new ExactLength(length, mismatch);
			return content.<DataBuffer>handle(check::next)
				.concatWith(Mono.fromCallable(check::last))
				.doFinally((signal) -> check.end());
		}).doOnDiscard(DataBuffer.class, DataBufferUtils::release);
	}

	private synchronized void next(DataBuffer buffer, SynchronousSink<DataBuffer> sink) {
		if (this.ended) {
			DataBufferUtils.release(buffer);
			return;
		}
		this.passed += buffer.readableByteCount();
		if (this.passed > this.length) {
			DataBufferUtils.release(buffer);
			sink.error(this.mismatch.get());
			return;
		}
		DataBuffer previous = this.held;
		this.held = buffer;
		if (previous != null) {
			sink.next(previous);
		}
	}

	private synchronized @Nullable DataBuffer last() {
		if (this.passed < this.length) {
			throw this.mismatch.get();
		}
		DataBuffer last = this.held;
		this.held = null;
		return last;
	}

	/**
	 * Also called by a cancellation, possibly while a buffer arrives.
	 */
	private synchronized void end() {
		this.ended = true;
		DataBufferUtils.release(this.held);
		this.held = null;
	}

}
