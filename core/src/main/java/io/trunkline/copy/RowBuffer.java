package io.trunkline.copy;

import io.netty.buffer.ByteBuf;

import org.springframework.dao.InvalidDataAccessResourceUsageException;

/**
 * The row that is being read: its bytes, and where each field is among them. One array
 * serves all rows.
 */
final class RowBuffer {

	private static final int NULL_LENGTH = -1;

	private static final int MAX_KEPT = 1024 * 1024;

	private final int[] offsets;

	private final int[] lengths;

	private byte[] data = new byte[1024];

	private boolean begun;

	private boolean ended;

	RowBuffer(int columns) {
		this.offsets = new int[columns];
		this.lengths = new int[columns];
	}

	byte[] data() {
		return this.data;
	}

	int offset(int column) {
		return this.offsets[column];
	}

	int length(int column) {
		return this.lengths[column];
	}

	boolean isNull(int column) {
		return this.lengths[column] == NULL_LENGTH;
	}

	boolean areNull(int[] columns) {
		for (int column : columns) {
			if (!isNull(column)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Whether what ends the data has come.
	 */
	boolean isEnded() {
		return this.ended;
	}

	/**
	 * Take over one message of the server.
	 * @return whether there is a row in it
	 */
	boolean load(ByteBuf message) {
		int length = message.readableBytes();
		if (length > this.data.length) {
			this.data = new byte[Math.max(length, Math.min(2 * this.data.length, MAX_KEPT))];
		}
		else if (this.data.length > MAX_KEPT && length <= MAX_KEPT) {
			this.data = new byte[MAX_KEPT];
		}
		message.getBytes(message.readerIndex(), this.data, 0, length);
		int position = 0;
		if (!this.begun) {
			if (length < CopyForm.HEADER_LENGTH || !CopyForm.isHeader(this.data)) {
				throw unexpected("no header");
			}
			position = CopyForm.HEADER_LENGTH + Bytes.getInt(this.data, CopyForm.HEADER_LENGTH - Integer.BYTES);
			this.begun = true;
		}
		return position != length && split(position, length);
	}

	private boolean split(int start, int end) {
		int count = (end - start >= Short.BYTES) ? Bytes.getShort(this.data, start) : 0;
		if (count == CopyForm.END_OF_DATA) {
			this.ended = true;
			return false;
		}
		if (count != this.offsets.length) {
			throw unexpected(count + " fields instead of " + this.offsets.length);
		}
		int position = start + Short.BYTES;
		for (int i = 0; i < count; i++) {
			int length = (end - position >= Integer.BYTES) ? Bytes.getInt(this.data, position) : Integer.MAX_VALUE;
			position += Integer.BYTES;
			if (length > end - position) {
				throw unexpected("a field that ends outside");
			}
			this.offsets[i] = position;
			this.lengths[i] = length;
			position += Math.max(0, length);
		}
		if (position != end) {
			throw unexpected("bytes behind the last field");
		}
		return true;
	}

	private static InvalidDataAccessResourceUsageException unexpected(String what) {
		return new InvalidDataAccessResourceUsageException(
				"The server's message is not a row of binary COPY data as it was expected: " + what);
	}

}
