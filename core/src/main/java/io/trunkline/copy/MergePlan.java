package io.trunkline.copy;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

import io.trunkline.copy.Merge.Kind;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.ColumnInfo.Identity;
import io.trunkline.schema.ConstraintInfo;
import io.trunkline.schema.ConstraintInfo.Exclusion;
import io.trunkline.schema.ConstraintInfo.ForeignKey;
import io.trunkline.schema.ConstraintInfo.UniqueKey;
import io.trunkline.schema.TableInfo;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * A merge with what it means for one table.
 *
 * @param merge the merge
 * @param target the table
 * @param columns the columns that the source has
 * @param key the key, empty for none
 * @param arbiter whether a unique constraint or index is the key that ON CONFLICT can use
 * @param equatesNulls whether nulls in the key are equal
 * @param duplicateKeys what becomes of rows with equal keys, {@code null} where the key
 * of the merge makes it plain
 */
record MergePlan(Merge merge, TableInfo target, List<String> columns, List<String> key, boolean arbiter,
		boolean equatesNulls, @Nullable DuplicateKeys duplicateKeys) {

	static MergePlan of(Merge merge, TableInfo target, List<String> columns, @Nullable DuplicateKeys declared) {
		List<String> key = key(merge, target, declared);
		if (key.isEmpty() && merge.kind() == Kind.IGNORE) {
			key = keyToIgnore(target);
		}
		key.forEach(target::column);
		merge.columns().forEach(target::column);
		for (String column : key) {
			require(columns, column, "key");
		}
		for (String column : merge.columns()) {
			require(columns, column, "merge's column");
		}
		List<UniqueKey> matching = matching(target, key);
		boolean arbiter = matching.stream().anyMatch(UniqueKey::isArbiter);
		boolean equatesNulls = matching.stream().anyMatch(UniqueKey::nullsNotDistinct);
		MergePlan plan = new MergePlan(merge, target, columns, key, arbiter, equatesNulls, declared);
		return (declared == null) ? plan.withDuplicateKeys(plan.impliedDuplicateKeys()) : plan;
	}

	/**
	 * Return the unique keys that consist of just these columns.
	 */
	private static List<UniqueKey> matching(TableInfo target, List<String> key) {
		Set<String> columns = Set.copyOf(key);
		return target.uniqueKeys()
			.stream()
			.filter((unique) -> isPlain(unique) && Set.copyOf(unique.columns()).equals(columns))
			.toList();
	}

	private static boolean isPlain(UniqueKey key) {
		return key.valid() && !key.withoutOverlaps() && key.predicate() == null && key.expressions().isEmpty();
	}

	/**
	 * Return the key of an {@code ignore} without one: empty for all that ON CONFLICT
	 * finds by itself. It fails where it finds a deferrable constraint; that one alone
	 * can do as the key.
	 */
	private static List<String> keyToIgnore(TableInfo target) {
		List<UniqueKey> uniques = target.uniqueKeys();
		String deferrable = Stream
			.concat(uniques.stream().filter(UniqueKey::deferrable).map(UniqueKey::name),
					target.constraints()
						.stream()
						.filter((constraint) -> constraint instanceof Exclusion exclusion && exclusion.deferrable())
						.map(ConstraintInfo::name))
			.findFirst()
			.orElse(null);
		if (deferrable == null) {
			return List.of();
		}
		boolean alone = uniques.size() == 1 && isPlain(uniques.get(0))
				&& target.constraints().stream().noneMatch(Exclusion.class::isInstance);
		if (!alone) {
			throw new InvalidDataAccessApiUsageException("The table [" + target.tableName()
					+ "] has the deferrable constraint [" + deferrable
					+ "], which ON CONFLICT does not take, and more than one key: name the columns in 'ignore'");
		}
		return uniques.get(0).columns();
	}

	/**
	 * Where ON CONFLICT ignores rows it also ignores those that the source has twice.
	 */
	private @Nullable DuplicateKeys impliedDuplicateKeys() {
		return switch (this.merge.kind()) {
			case UPDATE -> DuplicateKeys.REJECT;
			case IGNORE -> (this.key.isEmpty() || usesOnConflict()) ? null : DuplicateKeys.FIRST;
			default -> null;
		};
	}

	private MergePlan withDuplicateKeys(@Nullable DuplicateKeys duplicateKeys) {
		return new MergePlan(this.merge, this.target, this.columns, this.key, this.arbiter, this.equatesNulls,
				duplicateKeys);
	}

	/**
	 * Return the same merge of a source that does not have some columns.
	 */
	MergePlan without(List<String> absent) {
		return absent.isEmpty() ? this : of(this.merge, this.target,
				this.columns.stream().filter((column) -> !absent.contains(column)).toList(), this.duplicateKeys);
	}

	private static void require(List<String> columns, String column, String what) {
		if (!columns.contains(column)) {
			throw new InvalidDataAccessApiUsageException(
					"The " + what + " [" + column + "] must be among the columns of the source, which are " + columns);
		}
	}

	/**
	 * Return the key of a merge in a table: its own, or the primary key where one is
	 * needed.
	 */
	static List<String> key(Merge merge, TableInfo target, @Nullable DuplicateKeys duplicates) {
		boolean skipping = duplicates == DuplicateKeys.FIRST || duplicates == DuplicateKeys.LAST;
		if (!merge.key().isEmpty() || (merge.kind() != Kind.UPDATE && !skipping)) {
			return merge.key();
		}
		UniqueKey primary = target.primaryKey();
		if (primary == null) {
			throw new InvalidDataAccessApiUsageException(
					"The table [" + target.tableName() + "] has no primary key: name the key of the merge");
		}
		return primary.columns();
	}

	/**
	 * Whether {@code ON CONFLICT} does the work. It wants a value for every column that
	 * needs one, also of rows that are there already.
	 */
	boolean usesOnConflict() {
		return this.arbiter && this.target.columns()
			.stream()
			.allMatch((column) -> column.isOptional() || this.columns.contains(column.name()));
	}

	/**
	 * Whether a null fails in every column that takes none, of each row that is merged.
	 * The partition of a row is looked for before that.
	 */
	boolean refusesNulls() {
		return this.target.kind() == TableInfo.Kind.TABLE && switch (this.merge.kind()) {
			case INSERT, REPLACE -> true;
			case IGNORE -> this.key.isEmpty() || usesOnConflict();
			case UPDATE -> usesOnConflict();
			case SQL -> false;
		};
	}

	boolean isInserting() {
		return this.merge.kind() == Kind.INSERT || this.merge.kind() == Kind.REPLACE;
	}

	/**
	 * Return the unique keys that rows of the source can violate: those that the merge
	 * does not resolve itself.
	 */
	List<UniqueKey> violableKeys() {
		return this.target.uniqueKeys()
			.stream()
			.filter((unique) -> unique.valid() && !unique.withoutOverlaps()
					&& this.columns.containsAll(unique.columns()))
			.filter((unique) -> isInserting() || (!this.key.isEmpty() && !isKey(unique)))
			.toList();
	}

	private boolean isKey(UniqueKey unique) {
		return unique.expressions().isEmpty() && Set.copyOf(unique.columns()).equals(Set.copyOf(this.key));
	}

	/**
	 * Return the columns of those of them whose repetitions the client can note.
	 */
	List<List<String>> notableKeys() {
		return violableKeys().stream().filter(MergePlan::isNotable).map(UniqueKey::columns).toList();
	}

	static boolean isNotable(UniqueKey unique) {
		return isPlain(unique) && !unique.nullsNotDistinct();
	}

	/**
	 * Whether a null in a column of the key equals another one. A column without nulls is
	 * compared the faster way.
	 */
	boolean equatesNulls(String column) {
		return this.equatesNulls && this.target.column(column).nullable();
	}

	/**
	 * Whether a constraint may fail only when the transaction ends.
	 * @param joined whether that is the caller's, who may have deferred constraints, and
	 * may still add the rows that foreign keys refer to
	 */
	boolean mayFailLate(boolean joined) {
		return this.target.uniqueKeys()
			.stream()
			.anyMatch((unique) -> joined ? unique.deferrable() : unique.initiallyDeferred())
				|| (!joined && this.target.foreignKeys().stream().anyMatch(ForeignKey::initiallyDeferred));
	}

	/**
	 * Whether the merge itself fails where rows of the source have the same key.
	 */
	boolean isDuplicateToldByServer() {
		return this.duplicateKeys == DuplicateKeys.REJECT && this.merge.kind() == Kind.UPDATE && usesOnConflict()
				&& !updatedColumns().isEmpty();
	}

	/**
	 * Return the columns to update.
	 */
	List<String> updatedColumns() {
		List<String> candidates = !this.merge.columns().isEmpty() ? this.merge.columns() : this.columns;
		return candidates.stream()
			.filter((name) -> !this.key.contains(name) && this.target.column(name).identity() != Identity.ALWAYS)
			.toList();
	}

	/**
	 * Whether values are given for a column that makes its own.
	 */
	boolean overridesIdentity() {
		return this.columns.stream()
			.map(this.target::column)
			.map(ColumnInfo::identity)
			.anyMatch((identity) -> identity == Identity.ALWAYS);
	}

}
