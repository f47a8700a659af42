package io.trunkline.copy;

/**
 * Writes values as JSON and reads them; Jackson, where the application has it.
 */
interface JsonValues {

	/**
	 * Write a value as JSON.
	 * @throws MisfitException if it cannot be written
	 */
	String write(Object value);

	/**
	 * Read a value from JSON.
	 * @throws MisfitException if it cannot be read
	 */
	Object read(String json, Class<?> type);

}
