package io.trunkline.copy;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.function.LongConsumer;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBuffer;

/**
 * Brings buffers of any sizes to frames of about one size, none of them empty: gathers
 * small ones, passes on large heap arrays as they are, cuts what is larger.
 */
final class Framer {

	private static final int INITIAL_CAPACITY = 4 * 1024;

	private final int frameSize;

	private final LongConsumer passed;

	private byte[] frame = new byte[0];

	private int length;

	private Framer(int frameSize, LongConsumer passed) {
		this.frameSize = frameSize;
		this.passed = passed;
	}

	/**
	 * Bring content to frames. Where there is enough, the first has half a frame at
	 * least, so that whoever looks for a mark there finds all of it.
	 * @param passed takes the number of bytes of each buffer
	 */
	static Flux<Chunk> frames(Publisher<? extends DataBuffer> content, int frameSize, LongConsumer passed) {
		return Flux.defer(() -> {
			Framer framer = new Framer(frameSize, passed);
			return Flux.from(content)
				.map(Input::new)
				.concatMapIterable(framer::add, 1)
				.doOnDiscard(Input.class, Input::release)
				.concatWith(Mono.fromSupplier(framer::take).filter((last) -> last.length() > 0));
		});
	}

	private List<Chunk> add(Input input) {
		DataBuffer buffer = input.buffer();
		try {
			this.passed.accept(buffer.readableByteCount());
			List<Chunk> full = new ArrayList<>(2);
			while (buffer.readableByteCount() > 0) {
				if (this.length == 0 && buffer.readableByteCount() >= this.frameSize / 2
						&& buffer instanceof DefaultDataBuffer heap && heap.getNativeBuffer().hasArray()) {
					addWhole(heap.getNativeBuffer(), full);
					return full;
				}
				int count = Math.min(buffer.readableByteCount(), this.frameSize - this.length);
				ensureCapacity(this.length + count);
				buffer.read(this.frame, this.length, count);
				this.length += count;
				if (this.length == this.frameSize) {
					full.add(take());
				}
			}
			return full;
		}
		finally {
			input.release();
		}
	}

	private void addWhole(ByteBuffer heap, List<Chunk> full) {
		int end = heap.arrayOffset() + heap.limit();
		for (int from = heap.arrayOffset() + heap.position(); from < end; from += this.frameSize) {
			full.add(new Chunk(heap.array(), from, Math.min(this.frameSize, end - from)));
		}
	}

	private Chunk take() {
		Chunk chunk = Chunk.of(this.frame, this.length);
		this.frame = new byte[0];
		this.length = 0;
		return chunk;
	}

	private void ensureCapacity(int required) {
		if (required > this.frame.length) {
			int capacity = Math.max(required, Math.max(INITIAL_CAPACITY, this.frame.length * 2));
			this.frame = Arrays.copyOf(this.frame, Math.min(capacity, this.frameSize));
		}
	}

	/**
	 * A buffer on its way through an operator that may discard it, also after a failure
	 * here, when it has been released. A type of its own, as discard hooks add up, and
	 * producers of data buffers often install one.
	 */
	private static final class Input {

		private @Nullable DataBuffer buffer;

		Input(DataBuffer buffer) {
			this.buffer = buffer;
		}

		DataBuffer buffer() {
			return Objects.requireNonNull(this.buffer);
		}

		void release() {
			DataBufferUtils.release(this.buffer);
			this.buffer = null;
		}

	}

}
