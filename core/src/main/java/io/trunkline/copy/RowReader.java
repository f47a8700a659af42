package io.trunkline.copy;

/**
 * Makes something of a row.
 *
 * @param <T> what is made of it
 */
interface RowReader<T> {

	T read(RowBuffer row);

}
