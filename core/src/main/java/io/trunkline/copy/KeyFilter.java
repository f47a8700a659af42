package io.trunkline.copy;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Notes which rows may have a key that an earlier one has: those whose fields are the
 * same text. A Bloom filter of fixed size, each key in one word of it: it may note a row
 * too many, which costs a look at the row, and of ten million rows with one key it does
 * so with about every twentieth. It knows nothing of equal values in different words.
 */
final class KeyFilter {

	private static final int WORDS = 1 << 20;

	private static final int BITS = 4;

	private static final int BIT_INDEX = 6;

	private static final long FNV_OFFSET = 0xcbf29ce484222325L;

	private static final long FNV_PRIME = 0x100000001b3L;

	/** For each key the indexes of its columns. */
	private final int[][] keys;

	private long @Nullable [] words;

	/**
	 * Create a filter.
	 * @param keys the columns of each key
	 * @param columns the columns of the source
	 */
	KeyFilter(List<List<String>> keys, List<String> columns) {
		this.keys = keys.stream().map((key) -> key.stream().mapToInt(columns::indexOf).toArray()).toArray(int[][]::new);
	}

	/**
	 * Take a row, and return whether an earlier one may have one of its keys. A key with
	 * a null equals no other.
	 */
	boolean isRepeated(Fields fields) {
		boolean repeated = false;
		for (int i = 0; i < this.keys.length; i++) {
			if (!hasNull(fields, this.keys[i])) {
				repeated |= !add(hash(fields, this.keys[i], i));
			}
		}
		return repeated;
	}

	private static boolean hasNull(Fields fields, int[] key) {
		for (int column : key) {
			if (fields.isNull(column)) {
				return true;
			}
		}
		return false;
	}

	private static long hash(Fields fields, int[] key, int number) {
		long hash = (FNV_OFFSET ^ number) * FNV_PRIME;
		for (int column : key) {
			for (int i = fields.from[column]; i < fields.to[column]; i++) {
				hash = (hash ^ fields.bytes[i]) * FNV_PRIME;
			}
			// No byte of a text is as large.
			hash = (hash ^ 0x100) * FNV_PRIME;
		}
		hash = (hash ^ hash >>> 32) * 0x9E3779B97F4A7C15L;
		return hash ^ hash >>> 29;
	}

	/**
	 * Add a key.
	 * @return whether it was not there
	 */
	private boolean add(long hash) {
		long[] words = this.words;
		if (words == null) {
			words = new long[WORDS];
			this.words = words;
		}
		long bits = 0;
		for (int i = 0; i < BITS; i++) {
			bits |= 1L << (hash >>> i * BIT_INDEX & Long.SIZE - 1);
		}
		int word = (int) (hash >>> BITS * BIT_INDEX) & WORDS - 1;
		boolean isNew = (words[word] & bits) != bits;
		words[word] |= bits;
		return isNew;
	}

}
