package io.trunkline.copy;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Queue;

import org.jspecify.annotations.Nullable;

/**
 * Writes rows in COPY's text format, in frames of about one size.
 */
final class TextRows {

	private static final byte[] ESCAPES = new byte[128];

	static {
		ESCAPES['\\'] = '\\';
		ESCAPES['\n'] = 'n';
		ESCAPES['\r'] = 'r';
		ESCAPES['\t'] = 't';
	}

	private static final int LONGEST_NUMBER = 20;

	private final int frameSize;

	private final Queue<Chunk> frames = new ArrayDeque<>();

	private byte[] buffer;

	private int length;

	TextRows(int frameSize) {
		this.frameSize = frameSize;
		this.buffer = new byte[frameSize];
	}

	/**
	 * Write a number that is not negative.
	 */
	void put(long number) {
		ensure(LONGEST_NUMBER);
		int digits = 1;
		for (long rest = number; rest >= 10; rest /= 10) {
			digits++;
		}
		long rest = number;
		for (int i = this.length + digits - 1; i >= this.length; i--) {
			this.buffer[i] = (byte) ('0' + rest % 10);
			rest /= 10;
		}
		this.length += digits;
	}

	/**
	 * Write a text.
	 */
	void put(byte[] bytes, int from, int to) {
		ensure(2 * (to - from));
		byte[] buffer = this.buffer;
		int length = this.length;
		for (int i = from; i < to; i++) {
			byte b = bytes[i];
			if (b >= 0 && ESCAPES[b] != 0) {
				buffer[length++] = '\\';
				b = ESCAPES[b];
			}
			buffer[length++] = b;
		}
		this.length = length;
	}

	void putNull() {
		ensure(2);
		this.buffer[this.length++] = '\\';
		this.buffer[this.length++] = 'N';
	}

	/**
	 * End a field that another follows.
	 */
	void separate() {
		ensure(1);
		this.buffer[this.length++] = '\t';
	}

	/**
	 * End a row.
	 */
	void end() {
		ensure(1);
		this.buffer[this.length++] = '\n';
		if (this.length >= this.frameSize) {
			flush();
		}
	}

	/**
	 * Make frames of what there is, the last of them shorter.
	 */
	void flush() {
		for (int start = 0; start < this.length; start += this.frameSize) {
			this.frames.add(new Chunk(this.buffer, start, Math.min(this.frameSize, this.length - start)));
		}
		this.buffer = new byte[this.frameSize + this.frameSize / 8];
		this.length = 0;
	}

	/**
	 * Return the next frame, or {@code null} when none is full.
	 */
	@Nullable Chunk poll() {
		return this.frames.poll();
	}

	private void ensure(int count) {
		if (this.buffer.length - this.length < count) {
			this.buffer = Arrays.copyOf(this.buffer, Math.max(2 * this.buffer.length, this.length + count));
		}
	}

}
