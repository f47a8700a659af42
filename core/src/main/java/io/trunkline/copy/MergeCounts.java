package io.trunkline.copy;

/**
 * How many rows of a table a merge has written.
 *
 * @param inserted new rows
 * @param updated changed rows
 */
record MergeCounts(long inserted, long updated) {

	static final MergeCounts NONE = new MergeCounts(0, 0);

	MergeCounts plus(MergeCounts other) {
		return new MergeCounts(this.inserted + other.inserted, this.updated + other.updated);
	}

}
