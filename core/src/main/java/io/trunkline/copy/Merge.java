package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * How staged rows get into a table. Immutable: every method returns a new one.
 * <p>
 * <b>Keys.</b> A key is any list of columns; none is the primary key. Where a unique
 * constraint or index has just these columns, {@code INSERT … ON CONFLICT} does the work,
 * which is safe beside other writers. Everywhere else, views and deferrable constraints
 * among it, rows are updated first and then those inserted that are not there yet; two
 * loads at the same time can both insert a key then. A null in the key equals nothing,
 * unless the key's constraint or index is {@code NULLS NOT DISTINCT}.
 *
 * @since 0.1.0
 */
public final class Merge {

	private final Kind kind;

	private final List<String> key;

	private final List<String> columns;

	private final boolean always;

	private final boolean deletingMissing;

	private final List<BoundSql> statements;

	private Merge(Kind kind, List<String> key, List<String> columns, boolean always, boolean deletingMissing,
			List<BoundSql> statements) {
		this.kind = kind;
		this.key = key;
		this.columns = columns;
		this.always = always;
		this.deletingMissing = deletingMissing;
		this.statements = statements;
	}

	private static Merge of(Kind kind, String... key) {
		CopyTable.columnList(List.of(key));
		return new Merge(kind, List.of(key), List.of(), false, false, List.of());
	}

	/**
	 * Insert all rows. A row that is there already is an error.
	 */
	public static Merge insert() {
		return of(Kind.INSERT);
	}

	/**
	 * Insert the rows that are not there yet, and skip the others, also those whose key
	 * an earlier row of the source has.
	 * @param key the columns that tell; none for any unique constraint or index of the
	 * table, of which none may be deferrable unless it is the only one
	 */
	public static Merge ignore(String... key) {
		return of(Kind.IGNORE, key);
	}

	/**
	 * Insert the rows that are not there yet, and update the others where something
	 * changed: compared are the values as they are stored, so that {@code 1.0} and
	 * {@code 1.00} differ.
	 * @param key the columns that tell; none for the primary key
	 */
	public static Merge update(String... key) {
		return of(Kind.UPDATE, key);
	}

	/**
	 * Delete all rows of the table and insert those of the source.
	 */
	public static Merge replace() {
		return of(Kind.REPLACE);
	}

	/**
	 * Run a statement of the application's own that takes the rows out of the staging
	 * table.
	 * @param sql the statement, with parameters {@code $1}, {@code $2}, …
	 * @param parameters the values to bind, none of them {@code null}
	 * @see LoadSpec#staging(String)
	 */
	public static Merge sql(String sql, Object... parameters) {
		return new Merge(Kind.SQL, List.of(), List.of(), false, false, List.of(BoundSql.of(sql, parameters)));
	}

	/**
	 * Run a further statement, behind those of {@link #sql(String, Object...)}.
	 * @param sql the statement, with parameters {@code $1}, {@code $2}, …
	 * @param parameters the values to bind, none of them {@code null}
	 */
	public Merge andSql(String sql, Object... parameters) {
		require(Kind.SQL, "andSql");
		List<BoundSql> statements = new ArrayList<>(this.statements);
		statements.add(BoundSql.of(sql, parameters));
		return new Merge(this.kind, this.key, this.columns, this.always, this.deletingMissing, statements);
	}

	/**
	 * Update only some columns of rows that are there already, by default all that the
	 * source has but the key.
	 * @param columns the names
	 */
	public Merge columns(String... columns) {
		require(Kind.UPDATE, "columns");
		Assert.isTrue(columns.length > 0, "'columns' must not be empty");
		CopyTable.columnList(List.of(columns));
		return new Merge(this.kind, this.key, List.of(columns), this.always, this.deletingMissing, this.statements);
	}

	/**
	 * Update rows that are there already also when nothing changed.
	 */
	public Merge always() {
		require(Kind.UPDATE, "always");
		return new Merge(this.kind, this.key, this.columns, true, this.deletingMissing, this.statements);
	}

	/**
	 * Delete the rows of the table whose key the source does not have. Not for loads that
	 * go on behind bad rows: those would count as missing.
	 */
	public Merge deletingMissing() {
		require(Kind.UPDATE, "deletingMissing");
		return new Merge(this.kind, this.key, this.columns, this.always, true, this.statements);
	}

	private void require(Kind kind, String method) {
		if (this.kind != kind) {
			throw new InvalidDataAccessApiUsageException(
					"'" + method + "' is no option of the merge " + this + ", but of " + kind);
		}
	}

	Kind kind() {
		return this.kind;
	}

	List<String> key() {
		return this.key;
	}

	List<String> columns() {
		return this.columns;
	}

	boolean isAlways() {
		return this.always;
	}

	boolean isDeletingMissing() {
		return this.deletingMissing;
	}

	List<BoundSql> statements() {
		return this.statements;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof Merge merge && this.kind == merge.kind && this.key.equals(merge.key)
				&& this.columns.equals(merge.columns) && this.always == merge.always
				&& this.deletingMissing == merge.deletingMissing && this.statements.equals(merge.statements);
	}

	@Override
	public int hashCode() {
		return this.kind.hashCode() * 31 + this.key.hashCode();
	}

	/**
	 * Return the kind of merge: {@code insert}, {@code ignore}, {@code update},
	 * {@code replace} or {@code sql}.
	 */
	@Override
	public String toString() {
		return this.kind.toString();
	}

	enum Kind {

		INSERT, IGNORE, UPDATE, REPLACE, SQL;

		@Override
		public String toString() {
			return name().toLowerCase(java.util.Locale.ROOT);
		}

	}

}
