package io.trunkline.table;

import java.util.Map;

import io.trunkline.copy.DuplicateKeys;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An insert of any number of rows into one table. Immutable: every method returns a new
 * one.
 * <p>
 * <b>Rows</b> are maps from column to value. A column that a row does not name gets its
 * default; rows may differ in that. A name that no column has is an
 * {@link io.trunkline.schema.UnknownColumnException}. Values are converted to the
 * column's type as bulk copies do: from the natural Java types, from text that looks like
 * the type's values, from maps and lists to JSON, arrays and composite types.
 * <p>
 * <b>All or nothing.</b> One row is one statement, a few thousand rows are one statement
 * of arrays, and more go by COPY through a temporary table, in a transaction or in a
 * savepoint of the caller's. A publisher is asked for that few thousand first; it must
 * not need the transaction's connection. Rows of different columns go through a temporary
 * table as well, for which the role needs the privilege {@code TEMPORARY}.
 *
 * @since 0.1.0
 */
public interface InsertSpec {

	/**
	 * Insert one row.
	 * @param row the row, empty for one of defaults
	 */
	InsertSpec row(Map<String, ?> row);

	/**
	 * Insert rows.
	 * @param rows the rows
	 */
	InsertSpec rows(Iterable<? extends Map<String, ?>> rows);

	/**
	 * Insert rows.
	 * @param rows the rows, subscribed to once for each execution
	 */
	InsertSpec rows(Publisher<? extends Map<String, ?>> rows);

	/**
	 * Set what becomes of rows that have the same primary key as another of them.
	 * @param duplicateKeys the rule; by default the server refuses all rows
	 */
	InsertSpec duplicateKeys(DuplicateKeys duplicateKeys);

	/**
	 * Fail and roll back where more rows are inserted.
	 * @param rows how many rows may be
	 */
	InsertSpec atMost(long rows);

	/**
	 * Run the insert.
	 * @return how many rows were inserted; an {@link AffectedRowsExceededException} where
	 * they are more than allowed
	 */
	Mono<Long> execute();

	/**
	 * Run the insert and return the rows as they were stored. Rows of the same columns
	 * come in their order. With a limit they come before it is known to be kept.
	 * @param columns the names, none for all columns
	 */
	Flux<Map<String, @Nullable Object>> returning(String... columns);

}
