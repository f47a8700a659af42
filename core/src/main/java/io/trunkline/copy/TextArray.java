package io.trunkline.copy;

import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * The elements of an array of texts that is being put together. One object serves all
 * rows.
 */
final class TextArray {

	private static final int NULL = -1;

	private byte[] bytes = new byte[256];

	private int length;

	private int[] lengths = new int[16];

	private int count;

	/**
	 * Begin a new array.
	 */
	TextArray clear() {
		this.length = 0;
		this.count = 0;
		return this;
	}

	/**
	 * Add an element, {@code null} for NULL.
	 */
	TextArray add(byte @Nullable [] element, int from, int to) {
		if (this.count == this.lengths.length) {
			this.lengths = Arrays.copyOf(this.lengths, 2 * this.count);
		}
		this.lengths[this.count++] = (element != null) ? to - from : NULL;
		if (element != null) {
			if (this.bytes.length - this.length < to - from) {
				this.bytes = Arrays.copyOf(this.bytes, Math.max(2 * this.bytes.length, this.length + to - from));
			}
			System.arraycopy(element, from, this.bytes, this.length, to - from);
			this.length += to - from;
		}
		return this;
	}

	int count() {
		return this.count;
	}

	/**
	 * Return what holds the elements, one behind the other.
	 */
	byte[] bytes() {
		return this.bytes;
	}

	boolean isNull(int index) {
		return this.lengths[index] == NULL;
	}

	/**
	 * Return how many bytes an element has, none for NULL.
	 */
	int length(int index) {
		return Math.max(0, this.lengths[index]);
	}

}
