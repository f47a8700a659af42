package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * Writes values as JSON and reads them; Jackson, where the application has it.
 */
interface JsonValues {

	/**
	 * Return those of Jackson's defaults, {@code null} where the application has no
	 * Jackson.
	 */
	static @Nullable JsonValues find() {
		return ClassUtils.isPresent("tools.jackson.databind.ObjectMapper", JsonValues.class.getClassLoader())
				? JacksonValues.ofDefaults() : null;
	}

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
