package io.trunkline.table;

/**
 * What a {@link DeletionGuard} decides on.
 *
 * @param operation what is to be done
 * @param table the table, as the caller named it
 * @since 0.1.0
 */
public record DeletionRequest(Operation operation, String table) {

	/**
	 * What takes a password.
	 */
	public enum Operation {

		/** {@code DELETE} without a condition. */
		DELETE_ALL,

		/** {@code TRUNCATE}. */
		TRUNCATE,

		/** {@code DROP TABLE}. */
		DROP_TABLE;

		@Override
		public String toString() {
			return switch (this) {
				case DELETE_ALL -> "deleteAll";
				case TRUNCATE -> "truncate";
				case DROP_TABLE -> "dropTable";
			};
		}

	}

}
