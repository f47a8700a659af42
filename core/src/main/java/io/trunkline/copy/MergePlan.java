package io.trunkline.copy;

import java.util.HashSet;
import java.util.List;

import io.trunkline.copy.Merge.Kind;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.ColumnInfo.Identity;
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
 * @param arbiter the unique constraint or index that is the key, {@code null} for none
 * @param duplicateKeys what becomes of rows with equal keys, {@code null} where the key
 * of the merge makes it plain
 */
record MergePlan(Merge merge, TableInfo target, List<String> columns, List<String> key, @Nullable UniqueKey arbiter,
		@Nullable DuplicateKeys duplicateKeys) {

	static MergePlan of(Merge merge, TableInfo target, List<String> columns, @Nullable DuplicateKeys declared) {
		List<String> key = key(merge, target, declared);
		key.forEach(target::column);
		merge.columns().forEach(target::column);
		for (String column : key) {
			require(columns, column, "key");
		}
		for (String column : merge.columns()) {
			require(columns, column, "merge's column");
		}
		UniqueKey arbiter = target.uniqueKeys()
			.stream()
			.filter((unique) -> unique.isArbiter() && unique.columns().size() == key.size()
					&& new HashSet<>(unique.columns()).equals(new HashSet<>(key)))
			.findFirst()
			.orElse(null);
		DuplicateKeys duplicates = (declared == null && merge.kind() == Kind.UPDATE) ? DuplicateKeys.REJECT : declared;
		return new MergePlan(merge, target, columns, key, arbiter, duplicates);
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
		return this.arbiter != null && this.target.columns()
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
		return unique.expressions().isEmpty() && new HashSet<>(unique.columns()).equals(new HashSet<>(this.key));
	}

	/**
	 * Return the columns of those of them that are nothing but columns.
	 */
	List<List<String>> plainKeys() {
		return violableKeys().stream().filter(MergePlan::isPlain).map(UniqueKey::columns).toList();
	}

	static boolean isPlain(UniqueKey unique) {
		return unique.expressions().isEmpty() && unique.predicate() == null && !unique.nullsNotDistinct();
	}

	boolean equatesNulls() {
		return this.arbiter != null && this.arbiter.nullsNotDistinct();
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
