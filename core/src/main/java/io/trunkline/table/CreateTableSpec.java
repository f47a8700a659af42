package io.trunkline.table;

import reactor.core.publisher.Mono;

/**
 * A new table. Immutable: every method returns a new one.
 *
 * @since 0.1.0
 */
public interface CreateTableSpec {

	/**
	 * Do nothing where something of that name is there already, whatever it looks like.
	 */
	CreateTableSpec ifNotExists();

	/**
	 * Set the primary key, also one of several columns; by default it is made of the
	 * columns that say so themselves.
	 * @param columns the names, at least one
	 */
	CreateTableSpec primaryKey(String... columns);

	/**
	 * Add a unique constraint.
	 * @param columns the names, at least one
	 */
	CreateTableSpec unique(String... columns);

	/**
	 * Add an index.
	 * @param columns the names, at least one
	 */
	CreateTableSpec index(String... columns);

	/**
	 * Add a check.
	 * @param expression an SQL condition over the columns
	 */
	CreateTableSpec check(String expression);

	/**
	 * Set the comment of the table.
	 * @param comment the comment
	 */
	CreateTableSpec comment(String comment);

	/**
	 * Create the table with its indexes and comments, all or nothing.
	 * @return whether it was created: {@code false} only with {@link #ifNotExists()}
	 */
	Mono<Boolean> execute();

}
