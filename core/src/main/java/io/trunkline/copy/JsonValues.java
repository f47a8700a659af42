package io.trunkline.copy;

import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;
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
	 * Refuse what cannot be done without.
	 */
	static JsonValues required(@Nullable JsonValues values) {
		if (values == null) {
			throw new InvalidDataAccessApiUsageException("JSON lines are taken apart by Jackson: put"
					+ " tools.jackson.core:jackson-databind on the class path, or load them into one column of the type"
					+ " json or jsonb");
		}
		return values;
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

	/**
	 * Read a JSON object, with all digits of its numbers.
	 * @param json the JSON in UTF-8
	 * @throws MisfitException if it is anything else
	 */
	Map<String, @Nullable Object> readObject(byte[] json, int offset, int length);

}
