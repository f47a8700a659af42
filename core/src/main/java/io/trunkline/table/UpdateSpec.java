package io.trunkline.table;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.relational.core.query.CriteriaDefinition;

/**
 * An update of rows of one table. Immutable: every method returns a new one.
 * <p>
 * Conditions are those of {@link SelectSpec}. One that is missing, empty, or holds for
 * every row as a matter of logic is an {@link InvalidDataAccessApiUsageException}, before
 * anything is sent; so is one of so many alternatives that this cannot be told.
 *
 * @since 0.1.0
 */
public interface UpdateSpec {

	/**
	 * Set the condition.
	 * @param condition from column to value, all of which must hold
	 */
	UpdateSpec where(Map<String, ?> condition);

	/**
	 * Set the condition.
	 * @param alternatives maps from column to value, one of which must hold
	 */
	UpdateSpec where(List<? extends Map<String, ?>> alternatives);

	/**
	 * Set the condition.
	 * @param criteria the condition, over names of columns
	 */
	UpdateSpec where(CriteriaDefinition criteria);

	/**
	 * Set the new values.
	 * @param values from column to value, at least one
	 */
	UpdateSpec set(Map<String, ?> values);

	/**
	 * Fail and roll back where more rows are hit.
	 * @param rows how many rows may be
	 */
	UpdateSpec atMost(long rows);

	/**
	 * Run the update.
	 * @return how many rows were updated; an {@link AffectedRowsExceededException} where
	 * they are more than allowed
	 */
	Mono<Long> execute();

	/**
	 * Run the update and return the rows as they are now. With a limit they come before
	 * it is known to be kept.
	 * @param columns the names, none for all columns
	 */
	Flux<Map<String, @Nullable Object>> returning(String... columns);

}
