package io.trunkline.copy;

import java.util.Objects;

import io.trunkline.schema.TableName;

import org.jspecify.annotations.Nullable;

/**
 * What is exported: a table or a query.
 */
final class CopySource {

	private final @Nullable TableName table;

	private final @Nullable SqlText query;

	private CopySource(@Nullable TableName table, @Nullable SqlText query) {
		this.table = table;
		this.query = query;
	}

	static CopySource table(String table) {
		return new CopySource(TableName.parse(table), null);
	}

	static CopySource query(String sql) {
		return new CopySource(null, SqlText.parse(sql, "sql"));
	}

	/**
	 * Return the table of a source that is no query.
	 */
	TableName table() {
		return Objects.requireNonNull(this.table);
	}

	@Nullable SqlText query() {
		return this.query;
	}

	@Override
	public String toString() {
		return (this.table != null) ? this.table.toString() : "a query";
	}

}
