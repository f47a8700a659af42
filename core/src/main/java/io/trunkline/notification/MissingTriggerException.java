package io.trunkline.notification;

/**
 * Thrown at the start where a {@link PostgresListener#table()} has no trigger that tells
 * of its changes, or one of another version, and creating it is not allowed.
 *
 * @since 0.1.0
 */
public class MissingTriggerException extends IllegalStateException {

	private static final long serialVersionUID = 1L;

	private final String table;

	private final String ddl;

	MissingTriggerException(String table, String ddl) {
		super("Table " + table + " has no trigger that tells @PostgresListener methods of its changes");
		this.table = table;
		this.ddl = ddl;
	}

	/**
	 * Return the table's name, with its schema, as SQL writes it.
	 */
	public String getTable() {
		return this.table;
	}

	/**
	 * Return the statements that create it; they can be run any number of times.
	 */
	public String getDdl() {
		return this.ddl;
	}

}
