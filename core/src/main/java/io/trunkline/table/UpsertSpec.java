package io.trunkline.table;

import java.util.Map;

import io.trunkline.copy.DuplicateKeys;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * An insert of any number of rows into one table that updates or skips those that are
 * there already, by {@code INSERT … ON CONFLICT}. Immutable: every method returns a new
 * one. Rows, routes and transactions are those of {@link InsertSpec}.
 * <p>
 * A row that is there already gets the values that the new one names: a column that it
 * does not name stays as it is.
 *
 * @since 0.1.0
 */
public interface UpsertSpec {

	/**
	 * Set which columns tell that a row is there already.
	 * @param columns the columns of a unique constraint or index; by default those of the
	 * primary key, and for {@link #ignore()} those of any
	 */
	UpsertSpec onConflict(String... columns);

	/**
	 * Set which constraint tells that a row is there already.
	 * @param name the constraint's name
	 */
	UpsertSpec onConstraint(String name);

	/**
	 * Skip rows that are there already.
	 */
	UpsertSpec ignore();

	/**
	 * Update rows that are there already.
	 * @param columns which of the columns that the row names, none for all of them
	 */
	UpsertSpec update(String... columns);

	/**
	 * Set what becomes of rows that have the same key as another of them. A null in the
	 * key equals nothing.
	 * @param duplicateKeys the rule; by default {@link DuplicateKeys#REJECT} with
	 * {@link #update}, which is a {@link org.springframework.dao.DuplicateKeyException},
	 * and {@link DuplicateKeys#FIRST} with {@link #ignore}
	 */
	UpsertSpec duplicateKeys(DuplicateKeys duplicateKeys);

	/**
	 * Fail and roll back where more rows are inserted or updated.
	 * @param rows how many rows may be
	 */
	UpsertSpec atMost(long rows);

	/**
	 * Upsert one row.
	 * @param row the row
	 */
	UpsertSpec row(Map<String, ?> row);

	/**
	 * Upsert rows.
	 * @param rows the rows
	 */
	UpsertSpec rows(Iterable<? extends Map<String, ?>> rows);

	/**
	 * Upsert rows.
	 * @param rows the rows, subscribed to once for each execution
	 */
	UpsertSpec rows(Publisher<? extends Map<String, ?>> rows);

	/**
	 * Run the upsert.
	 * @return how many rows were inserted and updated; an
	 * {@link AffectedRowsExceededException} where they are more than allowed
	 */
	Mono<UpsertResult> execute();

	/**
	 * Run the upsert and return the rows that were inserted or updated, as they are now.
	 * With a limit they come before it is known to be kept.
	 * @param columns the names, none for all columns
	 */
	Flux<UpsertedRow> returning(String... columns);

}
