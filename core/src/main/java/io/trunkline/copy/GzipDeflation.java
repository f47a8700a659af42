package io.trunkline.copy;

import java.util.zip.CRC32;
import java.util.zip.Deflater;

import org.jspecify.annotations.Nullable;

/**
 * Compresses to gzip, one member (RFC 1952).
 */
final class GzipDeflation extends ByteStage {

	private static final byte[] HEADER = { 0x1F, (byte) 0x8B, 8, 0, 0, 0, 0, 0, 0, (byte) 0xFF };

	private static final int TRAILER_LENGTH = 8;

	private final int frameSize;

	private final Deflater deflater = new Deflater(Deflater.DEFAULT_COMPRESSION, true);

	private final CRC32 crc = new CRC32();

	private byte[] output;

	private int outputLength;

	private boolean over;

	GzipDeflation(int frameSize) {
		this.frameSize = frameSize;
		this.output = new byte[frameSize];
		System.arraycopy(HEADER, 0, this.output, 0, HEADER.length);
		this.outputLength = HEADER.length;
	}

	@Override
	protected void accept(@Nullable Chunk chunk) {
		if (chunk == null) {
			this.deflater.finish();
			return;
		}
		this.crc.update(chunk.array(), chunk.offset(), chunk.length());
		this.deflater.setInput(chunk.array(), chunk.offset(), chunk.length());
	}

	@Override
	protected @Nullable Chunk next() {
		while (!this.over) {
			int room = this.frameSize - this.outputLength;
			if (this.deflater.finished() && room >= TRAILER_LENGTH) {
				this.over = true;
				writeTrailer();
				return take();
			}
			if (room == 0 || this.deflater.finished()) {
				return take();
			}
			int count = this.deflater.deflate(this.output, this.outputLength, room);
			this.outputLength += count;
			if (count == 0 && this.deflater.needsInput() && !this.deflater.finished()) {
				return null;
			}
		}
		return null;
	}

	private void writeTrailer() {
		long trailer = this.crc.getValue() | (this.deflater.getBytesRead() << 32);
		for (int i = 0; i < TRAILER_LENGTH; i++) {
			this.output[this.outputLength++] = (byte) (trailer >>> (8 * i));
		}
	}

	private Chunk take() {
		Chunk chunk = Chunk.of(this.output, this.outputLength);
		this.output = new byte[this.over ? 0 : this.frameSize];
		this.outputLength = 0;
		return chunk;
	}

	@Override
	protected void close() {
		this.deflater.end();
	}

}
