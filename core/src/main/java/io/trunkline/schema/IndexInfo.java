package io.trunkline.schema;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * An index of a table, also one behind a constraint.
 *
 * @param name its name, in the schema of the table
 * @param method the access method, such as {@code btree}
 * @param parts what it indexes, in order
 * @param includedColumns the columns it carries without indexing them
 * @param predicate the SQL of the condition that the rows it covers meet, {@code null}
 * for all rows
 * @param unique whether it refuses duplicates
 * @param valid whether queries may use it: it is not while it is built concurrently, nor
 * after that failed
 * @param comment the comment, {@code null} for none
 * @since 0.1.0
 */
public record IndexInfo(String name, String method, List<Part> parts, List<String> includedColumns,
		@Nullable String predicate, boolean unique, boolean valid, @Nullable String comment) {

	public IndexInfo {
		parts = List.copyOf(parts);
		includedColumns = List.copyOf(includedColumns);
	}

	/**
	 * A column or an expression that is indexed.
	 *
	 * @param column the column, {@code null} for an expression
	 * @param expression the SQL of the expression, {@code null} for a column
	 * @param descending whether it is in descending order
	 * @param nullsFirst whether nulls come first
	 */
	public record Part(@Nullable String column, @Nullable String expression, boolean descending, boolean nullsFirst) {
	}

}
