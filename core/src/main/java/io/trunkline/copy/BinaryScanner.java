package io.trunkline.copy;

/**
 * Scans the binary format: signature, flags, extension, rows of a number of fields with
 * their lengths, trailer (PostgreSQL documentation, "COPY", binary format). What is
 * damaged so that it cannot be followed is left to the server.
 */
final class BinaryScanner extends RecordScanner {

	static final byte[] SIGNATURE = { 'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0 };

	/** The signature and the flags, as far as they are not looked at. */
	private static final int FLAGS_LENGTH = 4;

	private enum Expected {

		SIGNATURE, EXTENSION, FIELD_COUNT, FIELD_LENGTH, NOTHING, ANYTHING

	}

	private Expected expected = Expected.SIGNATURE;

	private int signatureRead;

	private long skip;

	private int number;

	private int numberBytes;

	private int fields;

	@Override
	int scan(Chunk chunk) {
		byte[] array = chunk.array();
		int end = chunk.end();
		int border = -1;
		for (int i = chunk.offset(); i < end && this.expected != Expected.ANYTHING;) {
			if (this.skip > 0) {
				int count = (int) Math.min(this.skip, end - i);
				this.skip -= count;
				i += count;
			}
			else {
				take(array[i++]);
			}
			if (this.skip == 0 && this.expected == Expected.FIELD_LENGTH && this.fields == 0 && this.numberBytes == 0) {
				this.expected = Expected.FIELD_COUNT;
				lineEnded();
				recordEnded();
				border = i;
			}
		}
		return border;
	}

	private void take(byte b) {
		switch (this.expected) {
			case SIGNATURE -> signature(b);
			case FIELD_COUNT -> {
				if (number(b, Short.BYTES)) {
					fieldCount((short) this.number);
				}
			}
			case EXTENSION -> {
				if (number(b, Integer.BYTES)) {
					this.expected = (this.number >= 0) ? Expected.FIELD_COUNT : Expected.ANYTHING;
					this.skip = Math.max(0, this.number);
				}
			}
			case FIELD_LENGTH -> {
				if (number(b, Integer.BYTES)) {
					this.fields--;
					this.skip = Math.max(0, this.number);
				}
			}
			default -> this.expected = Expected.ANYTHING;
		}
	}

	private void signature(byte b) {
		if (b != SIGNATURE[this.signatureRead]) {
			this.expected = Expected.ANYTHING;
		}
		else if (++this.signatureRead == SIGNATURE.length) {
			this.expected = Expected.EXTENSION;
			this.skip = FLAGS_LENGTH;
		}
	}

	private void fieldCount(short count) {
		this.fields = count;
		this.expected = (count == -1) ? Expected.NOTHING : Expected.FIELD_LENGTH;
	}

	private boolean number(byte b, int length) {
		this.number = ((this.numberBytes > 0) ? this.number << 8 : 0) | (b & 0xFF);
		this.numberBytes = (this.numberBytes + 1) % length;
		return this.numberBytes == 0;
	}

	@Override
	void end() {
		if (this.expected != Expected.NOTHING && this.expected != Expected.ANYTHING) {
			throw failure("The binary data is cut off: it ends without its trailer");
		}
	}

}
