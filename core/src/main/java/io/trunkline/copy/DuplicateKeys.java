package io.trunkline.copy;

/**
 * What becomes of rows of one source that have the same key. Rows with a null in the key
 * have no equals, unless the key's constraint or index is {@code NULLS NOT DISTINCT}.
 *
 * @since 0.1.0
 */
public enum DuplicateKeys {

	/**
	 * The first row is taken, the others are skipped.
	 */
	FIRST,

	/**
	 * The last row is taken, the others are skipped.
	 */
	LAST,

	/**
	 * The first row is taken and the others are rejected, with SQLSTATE 23505; a load
	 * that stops at errors fails.
	 */
	REJECT

}
