package io.trunkline.connection;

import io.r2dbc.postgresql.api.ErrorDetails;
import org.jspecify.annotations.Nullable;

/**
 * What the server said about an error. Everything but the SQLSTATE and the message is
 * {@code null} where the server did not send it; which fields it sends depends on the
 * error (see "Error and Notice Message Fields" in PostgreSQL's protocol documentation).
 * <p>
 * {@code detail} and {@code where} can hold values of rows: the detail of a duplicate key
 * quotes the key, the context of a failed COPY quotes the line. Neither is part of
 * {@link #toString()}, nor of the messages of {@link PostgresExceptionTranslator}; take
 * care where you log or return them.
 *
 * @param sqlState the SQLSTATE, five characters
 * @param message the primary message, in the server's language
 * @param severity {@code ERROR}, {@code FATAL} or {@code PANIC}, never translated where
 * the server sends it so (PostgreSQL 9.6 and later)
 * @param detail more on the problem; can quote values of rows
 * @param hint a suggestion what to do
 * @param where the context, such as the function's or COPY's line; can quote values
 * @param schema the schema of the object that the error is about
 * @param table the table's name
 * @param column the column's name
 * @param constraint the constraint's name; the index's name for a unique index
 * @param dataType the data type's name
 * @param position where in the statement the error is, in characters from 1
 * @since 0.1.0
 * @see PostgresErrors#find(Throwable)
 */
public record PostgresError(String sqlState, String message, @Nullable String severity, @Nullable String detail,
		@Nullable String hint, @Nullable String where, @Nullable String schema, @Nullable String table,
		@Nullable String column, @Nullable String constraint, @Nullable String dataType, @Nullable Integer position) {

	static PostgresError of(ErrorDetails details) {
		String severity = details.getSeverityNonLocalized();
		return new PostgresError(details.getCode(), textOf(details.getMessage()),
				(severity != null) ? severity : details.getSeverityLocalized(), details.getDetail().orElse(null),
				details.getHint().orElse(null), details.getWhere().orElse(null), details.getSchemaName().orElse(null),
				details.getTableName().orElse(null), details.getColumnName().orElse(null),
				details.getConstraintName().orElse(null), details.getDataTypeName().orElse(null),
				details.getPosition().map(PostgresError::parse).orElse(null));
	}

	static PostgresError of(String sqlState, @Nullable String message) {
		return new PostgresError(sqlState, textOf(message), null, null, null, null, null, null, null, null, null, null);
	}

	/**
	 * Return whether the server ended the session with this error.
	 * @return {@code true} for the severities {@code FATAL} and {@code PANIC}
	 */
	public boolean isFatal() {
		return "FATAL".equals(this.severity) || "PANIC".equals(this.severity);
	}

	boolean isOfClass(String sqlStateClass) {
		return this.sqlState.startsWith(sqlStateClass);
	}

	@Override
	public String toString() {
		StringBuilder text = new StringBuilder("PostgresError[sqlState=").append(this.sqlState)
			.append(", message=")
			.append(this.message);
		append(text, "severity", this.severity);
		append(text, "hint", this.hint);
		append(text, "schema", this.schema);
		append(text, "table", this.table);
		append(text, "column", this.column);
		append(text, "constraint", this.constraint);
		append(text, "dataType", this.dataType);
		append(text, "position", this.position);
		return text.append(']').toString();
	}

	private static void append(StringBuilder text, String name, @Nullable Object value) {
		if (value != null) {
			text.append(", ").append(name).append('=').append(value);
		}
	}

	private static String textOf(@Nullable String message) {
		return (message != null) ? message : "";
	}

	private static @Nullable Integer parse(String position) {
		try {
			return Integer.valueOf(position);
		}
		catch (NumberFormatException ex) {
			return null;
		}
	}

}
