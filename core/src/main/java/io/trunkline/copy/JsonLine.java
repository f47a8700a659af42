package io.trunkline.copy;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A line of JSON.
 *
 * @param number counts the lines of the source from 1
 * @param text the line in UTF-8
 */
record JsonLine(long number, Chunk text) {

	/**
	 * Read the object that the line is.
	 * @throws CopyDataException if it is none
	 */
	Map<String, @Nullable Object> read(JsonValues json) {
		try {
			return json.readObject(this.text.array(), this.text.offset(), this.text.length());
		}
		catch (MisfitException ex) {
			throw failure("The line cannot be loaded: " + ex.reason(), null, null);
		}
	}

	CopyDataException failure(String message, @Nullable String column, @Nullable Throwable cause) {
		return new CopyDataException(message, new CopyLocation(this.number, column), cause);
	}

}
