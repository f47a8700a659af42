package io.trunkline.largeobject;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

/**
 * Cuts content of any buffer sizes into chunks of one size. Whole pages spare the server
 * from reading a page back to write the rest of it. The chunks are heap arrays, which
 * nobody has to release.
 */
final class ContentChunker {

	private static final int INITIAL_CAPACITY = 8 * 1024;

	private final int chunkSize;

	private final Transfer transfer;

	private byte[] data = new byte[0];

	private int length;

	private ContentChunker(int chunkSize, Transfer transfer) {
		this.chunkSize = chunkSize;
		this.transfer = transfer;
	}

	/**
	 * Cut content into at least one chunk, of which the last is marked.
	 */
	static Flux<Chunk> chunks(Publisher<? extends DataBuffer> content, int chunkSize, Transfer transfer) {
		return Flux.defer(() -> {
			ContentChunker chunker = new ContentChunker(chunkSize, transfer);
			return Flux.from(content)
				.map(Input::new)
				.concatMapIterable(chunker::add, 1)
				.doOnDiscard(Input.class, Input::release)
				.concatWith(Mono.fromSupplier(chunker::last));
		});
	}

	/**
	 * A full chunk is held back until more content follows, so that the last is known.
	 */
	private List<Chunk> add(Input input) {
		DataBuffer buffer = input.buffer();
		try {
			this.transfer.passed(buffer);
			List<Chunk> full = new ArrayList<>();
			while (buffer.readableByteCount() > 0) {
				if (this.length == this.chunkSize) {
					full.add(take(false));
				}
				int count = Math.min(buffer.readableByteCount(), this.chunkSize - this.length);
				ensureCapacity(this.length + count);
				buffer.read(this.data, this.length, count);
				this.length += count;
			}
			return full;
		}
		finally {
			input.release();
		}
	}

	private Chunk last() {
		return take(true);
	}

	private Chunk take(boolean last) {
		Chunk chunk = new Chunk(this.data, this.length, last);
		this.data = new byte[last ? 0 : this.chunkSize];
		this.length = 0;
		return chunk;
	}

	private void ensureCapacity(int required) {
		if (required > this.data.length) {
			int capacity = Math.max(required, Math.max(INITIAL_CAPACITY, this.data.length * 2));
			this.data = Arrays.copyOf(this.data, Math.min(capacity, this.chunkSize));
		}
	}

	/**
	 * A piece of content.
	 *
	 * @param data holds the bytes from its start
	 * @param length how many of them count
	 * @param last whether the content ends with it
	 */
	record Chunk(byte[] data, int length, boolean last) {

		byte[] bytes() {
			return (this.length == this.data.length) ? this.data : Arrays.copyOf(this.data, this.length);
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
