package io.trunkline.table;

import java.util.List;
import java.util.Map;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.IncorrectResultSizeDataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.domain.KeysetScrollPosition;
import org.springframework.data.domain.Page;
import org.springframework.data.domain.Pageable;
import org.springframework.data.domain.Sort;
import org.springframework.data.domain.Window;
import org.springframework.data.relational.core.query.CriteriaDefinition;

/**
 * A select from one table or view. Immutable: every method returns a new one.
 * <p>
 * <b>Conditions.</b> In a map all entries must hold: a {@code null} is {@code IS NULL}, a
 * collection or an array {@code IN} (of a column of arrays, the array itself), and
 * anything else equality. In a list of maps one of them must hold. Anything else is a
 * {@code Criteria}. A later condition replaces an earlier one.
 * <p>
 * <b>Rows</b> are maps from column to value in the columns' order, with the natural Java
 * types: those that bulk copies read, {@code byte[]} for {@code bytea}, and for JSON what
 * Jackson makes of it, maps and lists.
 * <p>
 * <b>Errors.</b> A column that the table does not have is an
 * {@link io.trunkline.schema.UnknownColumnException}, which names the nearest; a value
 * that does not fit its column is a
 * {@link org.springframework.dao.DataIntegrityViolationException}.
 *
 * @param <T> the type of the results
 * @since 0.1.0
 */
public interface SelectSpec<T> {

	/**
	 * Set the columns.
	 * @param columns the names, none for all columns
	 */
	SelectSpec<T> columns(String... columns);

	/**
	 * Set the condition.
	 * @param condition from column to value, all of which must hold; an empty map for all
	 * rows
	 */
	SelectSpec<T> where(Map<String, ?> condition);

	/**
	 * Set the condition.
	 * @param alternatives maps from column to value, one of which must hold
	 * @throws InvalidDataAccessApiUsageException when the list is empty
	 */
	SelectSpec<T> where(List<? extends Map<String, ?>> alternatives);

	/**
	 * Set the condition.
	 * @param criteria the condition, over names of columns
	 */
	SelectSpec<T> where(CriteriaDefinition criteria);

	/**
	 * Set the order.
	 * @param columns the names of columns, all ascending
	 */
	SelectSpec<T> orderBy(String... columns);

	/**
	 * Set the order.
	 * @param sort the order, by names of columns
	 */
	SelectSpec<T> orderBy(Sort sort);

	/**
	 * Set how many rows there are at most.
	 * @param rows the number, 0 or more
	 */
	SelectSpec<T> limit(long rows);

	/**
	 * Set how many rows are left out at the beginning.
	 * @param rows the number, 0 or more
	 */
	SelectSpec<T> offset(long rows);

	/**
	 * Set how many rows of a stream the server makes and the client holds at once.
	 * @param rows the number; 0 for all of them in one go
	 */
	SelectSpec<T> fetchSize(int rows);

	/**
	 * Make records or beans of the rows, by Spring Data's naming and the application's
	 * converters.
	 * @param type the class
	 * @param <R> the type
	 */
	<R> SelectSpec<R> as(Class<R> type);

	/**
	 * Stream the rows. A slow subscriber stops the server after a part of
	 * {@link #fetchSize}; a cancellation stops it at once. Inside a transaction its
	 * connection is in use until the end of the stream.
	 */
	Flux<T> all();

	/**
	 * Return the only row.
	 * @return the row, empty when there is none; an
	 * {@link IncorrectResultSizeDataAccessException} when there are several
	 */
	Mono<T> one();

	/**
	 * Return the first row.
	 * @return the row, empty when there is none
	 */
	Mono<T> first();

	/**
	 * Count the rows that meet the condition, whatever limit and offset say.
	 */
	Mono<Long> count();

	/**
	 * Find out whether a row meets the condition.
	 */
	Mono<Boolean> exists();

	/**
	 * Return one page, with the number of all rows. The page has its own limit, offset
	 * and, where it is sorted, order. The total is counted where the page does not tell
	 * it, by a statement of its own.
	 * @param pageable the page
	 */
	Mono<Page<T>> page(Pageable pageable);

	/**
	 * Return the rows behind a position, as many as {@link #limit} says: unlike an
	 * offset, that costs the same anywhere. The order is made complete by the primary
	 * key.
	 * @param position where to go on;
	 * {@link org.springframework.data.domain.ScrollPosition#keyset()
	 * ScrollPosition.keyset()} to begin
	 * @return the rows, and the positions of each; an
	 * {@link InvalidDataAccessApiUsageException} without a limit or a complete order
	 */
	Mono<Window<T>> scroll(KeysetScrollPosition position);

}
