package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

/**
 * Writes the rows of a staging table in one of COPY's formats, in frames of about one
 * size.
 */
interface StagedRows {

	/**
	 * Begin a row.
	 * @param line its line, the first field
	 */
	void begin(long line);

	/**
	 * Write a field that holds text.
	 */
	void text(byte[] bytes, int from, int to);

	/**
	 * Write a field that holds an array.
	 */
	void array(TextArray elements);

	/**
	 * Write a field that holds the number one.
	 */
	void one();

	void nothing();

	/**
	 * Write the value of a column, which the server is certain to take.
	 * @return whether this format can express it; where not, the row has to be begun anew
	 */
	boolean value(int column, byte[] bytes, int from, int to);

	void end();

	/**
	 * End the data.
	 */
	void finish();

	/**
	 * Return the next frame, or {@code null} when none is full.
	 */
	@Nullable Chunk poll();

}
