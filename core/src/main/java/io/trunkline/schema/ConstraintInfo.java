package io.trunkline.schema;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A rule that the rows of a table keep to.
 *
 * @since 0.1.0
 */
public sealed interface ConstraintInfo {

	/**
	 * The constraint's name, the one that an error of the server carries; the index's
	 * name for a unique index without a constraint.
	 */
	String name();

	/**
	 * A primary key, a unique constraint, or a unique index that stands alone.
	 *
	 * @param name its name
	 * @param origin what it was made as
	 * @param columns its columns in their order, without included ones and expressions
	 * @param expressions the SQL of the expressions among what it indexes
	 * @param predicate the SQL of the condition that the rows it covers meet,
	 * {@code null} for all rows
	 * @param deferrable whether the check can wait until the commit; then it cannot be
	 * the arbiter of an {@code ON CONFLICT}
	 * @param initiallyDeferred whether it waits without being told to
	 * @param nullsNotDistinct whether two nulls are equal, so that null conflicts; from
	 * PostgreSQL 15 on
	 * @param withoutOverlaps whether its last column is a period, which conflicts where
	 * it overlaps, from PostgreSQL 18 on
	 * @param valid whether the index is complete, so that it holds for all rows
	 */
	record UniqueKey(String name, Origin origin, List<String> columns, List<String> expressions,
			@Nullable String predicate, boolean deferrable, boolean initiallyDeferred, boolean nullsNotDistinct,
			boolean withoutOverlaps, boolean valid) implements ConstraintInfo {

		public UniqueKey {
			columns = List.copyOf(columns);
			expressions = List.copyOf(expressions);
		}

		/**
		 * Whether {@code ON CONFLICT (columns)} without anything else infers this key.
		 */
		public boolean isArbiter() {
			return this.valid && !this.deferrable && !this.withoutOverlaps && this.predicate == null
					&& this.expressions.isEmpty();
		}

		/**
		 * What a key was made as.
		 */
		public enum Origin {

			/** {@code PRIMARY KEY}. */
			PRIMARY_KEY,

			/** A {@code UNIQUE} constraint. */
			CONSTRAINT,

			/** {@code CREATE UNIQUE INDEX}. */
			INDEX

		}

	}

	/**
	 * A foreign key.
	 *
	 * @param name its name
	 * @param columns the columns that refer
	 * @param referencedTable the table they refer to, with its schema
	 * @param referencedColumns the columns there, in the order of {@code columns}
	 * @param onUpdate what happens when the row there changes its key
	 * @param onDelete what happens when the row there is deleted
	 * @param matchFull whether a key of several columns is null as a whole or not at all
	 * @param deferrable whether the check can wait until the commit
	 * @param initiallyDeferred whether it waits without being told to
	 * @param validated whether the rows that were there before it are known to keep to it
	 */
	record ForeignKey(String name, List<String> columns, TableName referencedTable, List<String> referencedColumns,
			Action onUpdate, Action onDelete, boolean matchFull, boolean deferrable, boolean initiallyDeferred,
			boolean validated) implements ConstraintInfo {

		public ForeignKey {
			columns = List.copyOf(columns);
			referencedColumns = List.copyOf(referencedColumns);
		}

		/**
		 * What happens to a row when the one it refers to changes.
		 */
		public enum Action {

			/** Refused, at the end of the statement or of the transaction. */
			NO_ACTION,

			/** Refused at once. */
			RESTRICT,

			/** Changed or deleted as well. */
			CASCADE,

			/** Its columns become null. */
			SET_NULL,

			/** Its columns get their defaults. */
			SET_DEFAULT

		}

	}

	/**
	 * A check.
	 *
	 * @param name its name
	 * @param columns the columns it looks at
	 * @param expression the SQL of the condition
	 * @param validated whether the rows that were there before it are known to keep to it
	 */
	record Check(String name, List<String> columns, String expression, boolean validated) implements ConstraintInfo {

		public Check {
			columns = List.copyOf(columns);
		}

	}

	/**
	 * An exclusion constraint.
	 *
	 * @param name its name
	 * @param columns the columns it compares, without expressions
	 * @param definition its SQL
	 * @param deferrable whether the check can wait until the commit
	 * @param initiallyDeferred whether it waits without being told to
	 */
	record Exclusion(String name, List<String> columns, String definition, boolean deferrable,
			boolean initiallyDeferred) implements ConstraintInfo {

		public Exclusion {
			columns = List.copyOf(columns);
		}

	}

}
