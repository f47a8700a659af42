package io.trunkline.copy;

import java.nio.ByteBuffer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * A piece of data on its way, in a heap array that nobody has to release.
 *
 * @param array holds the data and belongs to the chunk
 * @param offset where the data begins
 * @param length how many bytes it has
 */
record Chunk(byte[] array, int offset, int length) {

	static Chunk of(byte[] array, int length) {
		return new Chunk(array, 0, length);
	}

	/**
	 * Take over a heap buffer.
	 */
	static Chunk of(ByteBuf heap) {
		return new Chunk(heap.array(), heap.arrayOffset() + heap.readerIndex(), heap.readableBytes());
	}

	int end() {
		return this.offset + this.length;
	}

	Chunk from(int index) {
		return new Chunk(this.array, index, end() - index);
	}

	Chunk to(int index) {
		return new Chunk(this.array, this.offset, index - this.offset);
	}

	ByteBuf toByteBuf() {
		return Unpooled.wrappedBuffer(this.array, this.offset, this.length);
	}

	ByteBuffer toByteBuffer() {
		return ByteBuffer.wrap(this.array, this.offset, this.length);
	}

}
