package io.trunkline.copy;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * What has been encoded and not yet sent. A plain array, which nobody has to release and
 * the compiler knows how to write to.
 */
final class CopyBuffer {

	private static final VarHandle SHORT = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);

	private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

	private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

	private static final int NULL_LENGTH = -1;

	/** The server takes no larger message, and Java has no much larger array. */
	private static final int MAX_CAPACITY = Integer.MAX_VALUE - 64;

	private static final int MAX_SCRATCH = 1024 * 1024;

	private final StringBuilder scratch = new StringBuilder();

	private byte[] data;

	private int position;

	CopyBuffer(int capacity) {
		this.data = new byte[capacity];
	}

	int position() {
		return this.position;
	}

	/**
	 * Forget what was written from a position on.
	 */
	void truncate(int position) {
		this.position = position;
	}

	/**
	 * Give away what is in here and go on with an empty array.
	 */
	byte[] take(int capacity) {
		byte[] taken = this.data;
		this.data = new byte[capacity];
		this.position = 0;
		return taken;
	}

	/**
	 * Return an empty place to put a text together, which the next call empties.
	 */
	StringBuilder scratch() {
		if (this.scratch.capacity() > MAX_SCRATCH) {
			this.scratch.setLength(0);
			this.scratch.trimToSize();
		}
		this.scratch.setLength(0);
		return this.scratch;
	}

	void writeByte(int value) {
		ensure(1);
		this.data[this.position++] = (byte) value;
	}

	void writeShort(int value) {
		ensure(Short.BYTES);
		SHORT.set(this.data, this.position, (short) value);
		this.position += Short.BYTES;
	}

	void writeInt(int value) {
		ensure(Integer.BYTES);
		INT.set(this.data, this.position, value);
		this.position += Integer.BYTES;
	}

	void writeLong(long value) {
		ensure(Long.BYTES);
		LONG.set(this.data, this.position, value);
		this.position += Long.BYTES;
	}

	void writeDouble(double value) {
		writeLong(Double.doubleToLongBits(value));
	}

	void writeBytes(byte[] bytes) {
		writeBytes(bytes, 0, bytes.length);
	}

	void writeBytes(byte[] bytes, int from, int to) {
		ensure(to - from);
		System.arraycopy(bytes, from, this.data, this.position, to - from);
		this.position += to - from;
	}

	/**
	 * Write a whole field of two bytes.
	 */
	void shortField(int value) {
		ensure(Integer.BYTES + Short.BYTES);
		INT.set(this.data, this.position, Short.BYTES);
		SHORT.set(this.data, this.position + Integer.BYTES, (short) value);
		this.position += Integer.BYTES + Short.BYTES;
	}

	/**
	 * Write a whole field of four bytes.
	 */
	void intField(int value) {
		ensure(2 * Integer.BYTES);
		LONG.set(this.data, this.position, ((long) Integer.BYTES << 32) | (value & 0xFFFF_FFFFL));
		this.position += 2 * Integer.BYTES;
	}

	/**
	 * Write a whole field of eight bytes.
	 */
	void longField(long value) {
		ensure(Integer.BYTES + Long.BYTES);
		INT.set(this.data, this.position, Long.BYTES);
		LONG.set(this.data, this.position + Integer.BYTES, value);
		this.position += Integer.BYTES + Long.BYTES;
	}

	void bytesField(byte[] bytes) {
		writeInt(bytes.length);
		writeBytes(bytes);
	}

	void textField(CharSequence text) {
		int start = beginField();
		writeText(text);
		endField(start);
	}

	void nullField() {
		writeInt(NULL_LENGTH);
	}

	/**
	 * Leave room for the length of a field.
	 * @return where to put it
	 */
	int beginField() {
		ensure(Integer.BYTES);
		int start = this.position;
		this.position += Integer.BYTES;
		return start;
	}

	void endField(int start) {
		setInt(start, this.position - start - Integer.BYTES);
	}

	/**
	 * Put a number where there is one already.
	 */
	void setInt(int start, int value) {
		INT.set(this.data, start, value);
	}

	/**
	 * Write text as UTF-8.
	 */
	void writeText(CharSequence text) {
		int length = text.length();
		ensure(length);
		byte[] data = this.data;
		int position = this.position;
		if (text instanceof String string) {
			for (int i = 0; i < length; i++) {
				char c = string.charAt(i);
				if (c >= 0x80 || c == 0) {
					this.position = position + i;
					writeAnyText(text, i);
					return;
				}
				data[position + i] = (byte) c;
			}
			this.position = position + length;
			return;
		}
		writeAnyText(text, 0);
	}

	private void writeAnyText(CharSequence text, int start) {
		int length = text.length();
		for (int i = start; i < length; i++) {
			ensure(length - i + 3);
			char c = text.charAt(i);
			if (Character.isHighSurrogate(c) && i + 1 < length && Character.isLowSurrogate(text.charAt(i + 1))) {
				i++;
				writeCodePoint(Character.toCodePoint(c, text.charAt(i)));
			}
			else {
				writeCodePoint(c);
			}
		}
	}

	private void writeCodePoint(int c) {
		byte[] data = this.data;
		if (c < 0x80) {
			if (c == 0) {
				throw new MisfitException("text must not contain the character U+0000");
			}
			data[this.position++] = (byte) c;
		}
		else if (c < 0x800) {
			data[this.position++] = (byte) (0xC0 | c >> 6);
			data[this.position++] = (byte) (0x80 | c & 0x3F);
		}
		else if (c < 0x10000) {
			if (Character.isSurrogate((char) c)) {
				throw new MisfitException("text must not contain half of a surrogate pair");
			}
			data[this.position++] = (byte) (0xE0 | c >> 12);
			data[this.position++] = (byte) (0x80 | c >> 6 & 0x3F);
			data[this.position++] = (byte) (0x80 | c & 0x3F);
		}
		else {
			data[this.position++] = (byte) (0xF0 | c >> 18);
			data[this.position++] = (byte) (0x80 | c >> 12 & 0x3F);
			data[this.position++] = (byte) (0x80 | c >> 6 & 0x3F);
			data[this.position++] = (byte) (0x80 | c & 0x3F);
		}
	}

	/**
	 * Write text with what COPY's text format escapes.
	 */
	void writeEscaped(CharSequence text) {
		int length = text.length();
		int plain = 0;
		for (int i = 0; i < length; i++) {
			char c = text.charAt(i);
			char escape = (c == '\\') ? '\\' : (c == '\n') ? 'n' : (c == '\r') ? 'r' : (c == '\t') ? 't' : 0;
			if (escape != 0) {
				writeText(text.subSequence(plain, i).toString());
				writeByte('\\');
				writeByte(escape);
				plain = i + 1;
			}
		}
		writeText((plain == 0) ? text.toString() : text.subSequence(plain, length).toString());
	}

	private void ensure(int count) {
		if (this.data.length - this.position < count) {
			grow(count);
		}
	}

	private void grow(int count) {
		long required = (long) this.position + count;
		if (required > MAX_CAPACITY) {
			throw new MisfitException("one row must not take more than 2 GiB");
		}
		int capacity = (int) Math.min(MAX_CAPACITY, Math.max(required, 2L * this.data.length));
		this.data = Arrays.copyOf(this.data, capacity);
	}

}
