package io.trunkline.benchmarks;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

/**
 * Incompressible content: a block of random bytes, over and over. The server compresses
 * page by page, and so never sees that it repeats.
 */
final class Content {

	static final int KIB = 1024;

	static final int MIB = 1024 * KIB;

	/**
	 * The buffer that users of pgjdbc usually copy with, and about what a socket gives.
	 */
	static final int BUFFER_SIZE = 64 * KIB;

	static final byte[] BLOCK = block();

	private Content() {
	}

	private static byte[] block() {
		byte[] block = new byte[MIB];
		new Random(42).nextBytes(block);
		return block;
	}

	/**
	 * Return the start of the block.
	 */
	static byte[] bytes(int length) {
		return Arrays.copyOf(BLOCK, length);
	}

	/**
	 * Publish content in buffers of {@link #BUFFER_SIZE}.
	 */
	static Publisher<DataBuffer> buffers(long size) {
		int perBlock = BLOCK.length / BUFFER_SIZE;
		return Flux.range(0, Math.toIntExact(size / BUFFER_SIZE))
			.map((n) -> DefaultDataBufferFactory.sharedInstance
				.wrap(ByteBuffer.wrap(BLOCK, n % perBlock * BUFFER_SIZE, BUFFER_SIZE)));
	}

	/**
	 * Publish content in one buffer.
	 */
	static Publisher<DataBuffer> buffer(int size) {
		return Flux
			.defer(() -> Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(ByteBuffer.wrap(BLOCK, 0, size))));
	}

}
