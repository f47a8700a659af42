package io.trunkline.copy;

import java.io.EOFException;
import java.nio.ByteBuffer;
import java.util.function.Supplier;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.ClassUtils;

/**
 * Zstandard, where its library is there.
 */
final class ZstdStages {

	private static final boolean PRESENT = ClassUtils.isPresent("com.github.luben.zstd.ZstdDecompressCtx",
			ZstdStages.class.getClassLoader());

	private ZstdStages() {
	}

	static Supplier<ByteStage> decompression(int frameSize) {
		checkPresent(PRESENT);
		return () -> new Decompression(frameSize);
	}

	static Supplier<ByteStage> compression(int frameSize) {
		checkPresent(PRESENT);
		return () -> new Compressing(frameSize);
	}

	static void checkPresent(boolean present) {
		if (!present) {
			throw new InvalidDataAccessApiUsageException("'compression' ZSTD needs a library that is not on the class"
					+ " path: add the dependency com.github.luben:zstd-jni");
		}
	}

	/**
	 * The library works on direct buffers, which are copied to and from.
	 */
	private abstract static class ZstdStage extends ByteStage {

		private static final ByteBuffer NOTHING = ByteBuffer.allocateDirect(0);

		final ByteBuffer output;

		ByteBuffer input = NOTHING;

		boolean ended;

		ZstdStage(int frameSize) {
			this.output = ByteBuffer.allocateDirect(frameSize);
		}

		@Override
		protected void accept(@Nullable Chunk chunk) {
			if (chunk == null) {
				this.ended = true;
				this.input = NOTHING;
				return;
			}
			if (this.input.capacity() < chunk.length()) {
				this.input = ByteBuffer.allocateDirect(chunk.length());
			}
			this.input.clear().put(chunk.array(), chunk.offset(), chunk.length()).flip();
		}

		final Chunk take() {
			this.output.flip();
			byte[] array = new byte[this.output.remaining()];
			this.output.get(array);
			this.output.clear();
			return Chunk.of(array, array.length);
		}

	}

	private static final class Decompression extends ZstdStage {

		private final ZstdDecompressCtx context = new ZstdDecompressCtx();

		private boolean frameOpen = true;

		private boolean pending;

		Decompression(int frameSize) {
			super(frameSize);
		}

		@Override
		protected @Nullable Chunk next() {
			try {
				while (this.input.hasRemaining() || this.pending) {
					this.frameOpen = !this.context.decompressDirectByteBufferStream(this.output, this.input);
					this.pending = this.frameOpen && !this.output.hasRemaining();
					if (!this.output.hasRemaining()) {
						return take();
					}
				}
			}
			catch (ZstdException ex) {
				throw new CopyDataException("The zstd source is damaged", null, ex);
			}
			if (!this.ended) {
				return null;
			}
			if (this.frameOpen) {
				throw new CopyDataException("The zstd source is cut off", null,
						new EOFException("The end of the zstd data is missing"));
			}
			return (this.output.position() > 0) ? take() : null;
		}

		@Override
		protected void close() {
			this.context.close();
		}

	}

	private static final class Compressing extends ZstdStage {

		private final ZstdCompressCtx context = new ZstdCompressCtx();

		private boolean over;

		Compressing(int frameSize) {
			super(frameSize);
			this.context.setChecksum(true);
		}

		@Override
		protected @Nullable Chunk next() {
			while (this.input.hasRemaining()) {
				this.context.compressDirectByteBufferStream(this.output, this.input, EndDirective.CONTINUE);
				if (!this.output.hasRemaining()) {
					return take();
				}
			}
			if (!this.ended || this.over) {
				return null;
			}
			this.over = this.context.compressDirectByteBufferStream(this.output, this.input, EndDirective.END);
			return take();
		}

		@Override
		protected void close() {
			this.context.close();
		}

	}

}
