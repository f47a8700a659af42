package io.trunkline.copy;

/**
 * Writes the fields of a row.
 *
 * @param <T> what a row is made of
 */
interface RowWriter<T> {

	/**
	 * Write a field for each column.
	 * @throws FieldException if a value does not fit
	 */
	void write(T row, CopyBuffer out);

}
