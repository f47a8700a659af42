package io.trunkline.largeobject;

import io.r2dbc.spi.Readable;
import io.trunkline.connection.SqlIdentifiers;
import org.jspecify.annotations.Nullable;

/**
 * A column that may hold oids of large objects.
 *
 * @param schema the schema
 * @param table the table
 * @param column the column
 * @param array whether its values are arrays of oids
 * @param obstacle why it cannot be read, {@code null} where it can
 */
record ReferencingColumn(String schema, String table, String column, boolean array, @Nullable String obstacle) {

	static ReferencingColumn named(String schema, String table, String column) {
		SqlIdentifiers.quote(schema, "schema");
		SqlIdentifiers.quote(table, "table");
		SqlIdentifiers.quote(column, "column");
		return new ReferencingColumn(schema, table, column, false, null);
	}

	static ReferencingColumn from(Readable row) {
		return new ReferencingColumn(row.get("schema", String.class), row.get("name", String.class),
				row.get("column_name", String.class), Boolean.TRUE.equals(row.get("is_array", Boolean.class)),
				row.get("obstacle", String.class));
	}

	boolean isSameColumn(ReferencingColumn other) {
		return this.schema.equals(other.schema) && this.table.equals(other.table) && this.column.equals(other.column);
	}

	/**
	 * Return the condition that no row refers to {@code lo.oid}.
	 */
	String absentSql() {
		String from = SqlIdentifiers.quoteQualified(this.schema, this.table) + " r";
		String value = "r." + SqlIdentifiers.quote(this.column);
		return this.array
				? "NOT EXISTS (SELECT FROM " + from + ", pg_catalog.unnest(" + value
						+ "::oid[]) AS u(oid) WHERE u.oid = lo.oid)"
				: "NOT EXISTS (SELECT FROM " + from + " WHERE " + value + " = lo.oid)";
	}

	/**
	 * Return the same for a column of another type, which an index on it does not help.
	 */
	String absentSqlWithCast() {
		return "NOT EXISTS (SELECT FROM " + SqlIdentifiers.quoteQualified(this.schema, this.table) + " r WHERE r."
				+ SqlIdentifiers.quote(this.column) + "::text::bigint = lo.oid::bigint)";
	}

	@Override
	public String toString() {
		String name = this.schema + "." + this.table + "." + this.column;
		return (this.obstacle != null) ? name + " (" + this.obstacle + ")" : name;
	}

}
