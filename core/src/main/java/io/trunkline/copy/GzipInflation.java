package io.trunkline.copy;

import java.io.EOFException;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

import org.jspecify.annotations.Nullable;

/**
 * Decompresses gzip as it comes, any number of members (RFC 1952, section 2.2), and
 * checks their sums.
 */
final class GzipInflation extends ByteStage {

	private static final int FIXED_HEADER_LENGTH = 10;

	private static final int TRAILER_LENGTH = 8;

	private static final int HEADER_CRC = 2;

	private static final int EXTRA = 4;

	private static final int NAME = 8;

	private static final int COMMENT = 16;

	private enum Part {

		HEADER, EXTRA_LENGTH, EXTRA, NAME, COMMENT, HEADER_CRC, BODY, TRAILER

	}

	private final int frameSize;

	private final Inflater inflater = new Inflater(true);

	private final CRC32 crc = new CRC32();

	private byte[] input = new byte[0];

	private int position;

	private int end;

	private boolean ended;

	private byte[] output;

	private int outputLength;

	private Part part = Part.HEADER;

	private int partRead;

	private int flags;

	private long number;

	private boolean anyMember;

	GzipInflation(int frameSize) {
		this.frameSize = frameSize;
		this.output = new byte[frameSize];
	}

	@Override
	protected void accept(@Nullable Chunk chunk) {
		if (chunk == null) {
			this.ended = true;
			return;
		}
		this.input = chunk.array();
		this.position = chunk.offset();
		this.end = chunk.end();
	}

	@Override
	protected @Nullable Chunk next() {
		while (true) {
			if (this.outputLength == this.frameSize) {
				return take();
			}
			if (this.position == this.end) {
				return this.ended ? last() : null;
			}
			if (this.part == Part.BODY) {
				inflate();
			}
			else {
				read(this.input[this.position++] & 0xFF);
			}
		}
	}

	private Chunk take() {
		Chunk chunk = Chunk.of(this.output, this.outputLength);
		this.output = new byte[this.ended ? 0 : this.frameSize];
		this.outputLength = 0;
		return chunk;
	}

	private @Nullable Chunk last() {
		if (this.part != Part.HEADER || this.partRead > 0 || !this.anyMember) {
			throw new CopyDataException("The gzip source is cut off", null,
					new EOFException("The end of the gzip data is missing"));
		}
		return (this.outputLength > 0) ? take() : null;
	}

	private void inflate() {
		this.inflater.setInput(this.input, this.position, this.end - this.position);
		try {
			int count = this.inflater.inflate(this.output, this.outputLength, this.frameSize - this.outputLength);
			this.crc.update(this.output, this.outputLength, count);
			this.outputLength += count;
		}
		catch (DataFormatException ex) {
			throw new CopyDataException("The gzip source is damaged", null, ex);
		}
		if (this.inflater.needsDictionary()) {
			throw damaged("it needs a dictionary");
		}
		this.position = this.end - this.inflater.getRemaining();
		if (this.inflater.finished()) {
			begin(Part.TRAILER);
		}
	}

	private void read(int b) {
		switch (this.part) {
			case HEADER -> readHeader(b);
			case EXTRA_LENGTH -> {
				this.number |= (long) b << (8 * this.partRead++);
				if (this.partRead == Short.BYTES) {
					begin((this.number > 0) ? Part.EXTRA : next(Part.EXTRA));
				}
			}
			case EXTRA -> {
				if (++this.partRead == this.number) {
					begin(next(Part.EXTRA));
				}
			}
			case NAME, COMMENT -> {
				if (b == 0) {
					begin(next(this.part));
				}
			}
			case HEADER_CRC -> {
				if (++this.partRead == Short.BYTES) {
					begin(Part.BODY);
				}
			}
			default -> readTrailer(b);
		}
	}

	private void readHeader(int b) {
		if (this.partRead == 0 && b == 0 && this.anyMember) {
			// Padding, as tape archives have.
			return;
		}
		int position = this.partRead++;
		if ((position == 0 && b != 0x1F) || (position == 1 && b != 0x8B) || (position == 2 && b != 8)) {
			throw damaged(this.anyMember ? "other data follows" : "it is not gzip");
		}
		if (position == 3) {
			this.flags = b;
		}
		if (this.partRead == FIXED_HEADER_LENGTH) {
			this.anyMember = true;
			begin(next(Part.HEADER));
		}
	}

	private Part next(Part part) {
		return switch (part) {
			case HEADER -> has(EXTRA) ? Part.EXTRA_LENGTH : next(Part.EXTRA);
			case EXTRA -> has(NAME) ? Part.NAME : next(Part.NAME);
			case NAME -> has(COMMENT) ? Part.COMMENT : next(Part.COMMENT);
			default -> has(HEADER_CRC) ? Part.HEADER_CRC : Part.BODY;
		};
	}

	private boolean has(int flag) {
		return (this.flags & flag) != 0;
	}

	private void begin(Part part) {
		if (part != Part.EXTRA) {
			this.number = 0;
		}
		this.part = part;
		this.partRead = 0;
	}

	private void readTrailer(int b) {
		this.number |= (long) b << (8 * this.partRead++);
		if (this.partRead == TRAILER_LENGTH) {
			long expected = this.crc.getValue() | (this.inflater.getBytesWritten() << 32);
			if (this.number != expected) {
				throw damaged("its checksum or length is wrong");
			}
			this.inflater.reset();
			this.crc.reset();
			begin(Part.HEADER);
		}
	}

	private static CopyDataException damaged(String how) {
		return new CopyDataException("The gzip source is damaged: " + how, null, null);
	}

	@Override
	protected void close() {
		this.inflater.end();
	}

}
