package io.trunkline.notification;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A change that a trigger tells a {@link PostgresListener} of.
 *
 * @param operation what was done
 * @param schema the table's schema
 * @param table the table's name
 * @param key the columns of the primary key and their values, as JSON has them; after the
 * change, except for a deletion; {@code null} for TRUNCATE, and where the key is too
 * large for a notification
 * @param oldKey the key before an UPDATE that changed it, else {@code null}
 * @since 0.1.0
 */
public record TableChange(Operation operation, String schema, String table, @Nullable Map<String, Object> key,
		@Nullable Map<String, Object> oldKey) {

	/**
	 * What was done.
	 */
	public enum Operation {

		/** A row was inserted. */
		INSERT,

		/** A row was updated. */
		UPDATE,

		/** A row was deleted. */
		DELETE,

		/** The table was emptied. */
		TRUNCATE

	}

}
