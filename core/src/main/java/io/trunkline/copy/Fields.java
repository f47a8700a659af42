package io.trunkline.copy;

import java.util.Arrays;

/**
 * The fields of one record, without quotes and escapes. One instance serves all records
 * of a source, one after the other.
 */
final class Fields {

	/** Holds the fields: that of the record, or {@link #scratch}. */
	byte[] bytes = new byte[0];

	int[] from = new int[16];

	int[] to = new int[16];

	/** How many there are. */
	int count;

	/** Room for fields that differ from what stands in the record. */
	byte[] scratch = new byte[256];

	int scratchLength;

	private boolean[] nulls = new boolean[16];

	/**
	 * Begin a record whose fields stand in it as they are.
	 */
	void beginIn(byte[] record) {
		this.bytes = record;
		this.count = 0;
	}

	/**
	 * Begin a record whose fields go to {@link #scratch}.
	 * @param capacity how many bytes it needs at most
	 */
	void beginScratch(int capacity) {
		if (this.scratch.length < capacity) {
			this.scratch = new byte[Math.max(capacity, 2 * this.scratch.length)];
		}
		this.bytes = this.scratch;
		this.scratchLength = 0;
		this.count = 0;
	}

	/**
	 * Append a byte to {@link #scratch}.
	 */
	void put(int b) {
		if (this.scratchLength == this.scratch.length) {
			this.scratch = Arrays.copyOf(this.scratch, 2 * this.scratch.length);
			this.bytes = this.scratch;
		}
		this.scratch[this.scratchLength++] = (byte) b;
	}

	void add(int from, int to, boolean isNull) {
		if (this.count == this.from.length) {
			this.from = Arrays.copyOf(this.from, 2 * this.count);
			this.to = Arrays.copyOf(this.to, 2 * this.count);
			this.nulls = Arrays.copyOf(this.nulls, 2 * this.count);
		}
		this.from[this.count] = from;
		this.to[this.count] = to;
		this.nulls[this.count++] = isNull;
	}

	boolean isNull(int index) {
		return this.nulls[index];
	}

	static boolean matches(byte[] bytes, int from, int to, byte[] expected) {
		return Arrays.equals(bytes, from, to, expected, 0, expected.length);
	}

}
