package io.trunkline.schema;

import java.util.List;

import org.springframework.dao.InvalidDataAccessResourceUsageException;

/**
 * Thrown when a table has no column of a name. The message offers the nearest names.
 *
 * @since 0.1.0
 */
public class UnknownColumnException extends InvalidDataAccessResourceUsageException {

	private static final long serialVersionUID = 1L;

	private final String column;

	private final String table;

	/**
	 * Create an exception.
	 * @param table the table
	 * @param column the name that none of its columns has
	 */
	public UnknownColumnException(TableInfo table, String column) {
		super("%s has no column [%s]: %s".formatted(table.tableName(), NearestNames.shorten(column),
				advice(table, column)));
		this.table = table.tableName().toString();
		this.column = column;
	}

	private static String advice(TableInfo table, String column) {
		List<String> names = table.columns().stream().map(ColumnInfo::name).toList();
		List<String> nearest = NearestNames.of(column, names);
		return nearest.isEmpty() ? "it has " + names : "did you mean " + NearestNames.join(nearest) + "?";
	}

	/**
	 * Return the name that no column has.
	 */
	public String getColumn() {
		return this.column;
	}

	/**
	 * Return the table, with its schema.
	 */
	public String getTable() {
		return this.table;
	}

}
