package io.trunkline.table;

import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.ConstraintInfo;
import io.trunkline.schema.ConstraintInfo.Exclusion;
import io.trunkline.schema.ConstraintInfo.UniqueKey;
import io.trunkline.schema.TableInfo;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * What tells that a row is there already.
 *
 * @param target the conflict target, empty for none
 * @param key the columns that tell, empty where they are not known
 * @param equatesNulls whether nulls are equal
 */
record Conflict(String target, List<TableColumn> key, boolean equatesNulls) {

	static Conflict of(WritePlan plan, TableColumns table) {
		TableInfo info = table.info();
		if (plan.constraint() != null) {
			return ofConstraint(plan, plan.constraint(), table);
		}
		List<String> columns = plan.conflictColumns();
		columns.forEach(table::column);
		boolean keyNeeded = plan.isUpdating() || plan.isDroppingDuplicates() || plan.isCheckingDuplicates();
		if (columns.isEmpty() && keyNeeded) {
			UniqueKey primary = info.primaryKey();
			if (primary == null) {
				throw new InvalidDataAccessApiUsageException("The table [" + info.tableName()
						+ "] has no primary key: name the columns that tell equal" + " rows with onConflict(…)");
			}
			columns = primary.columns();
		}
		else if (columns.isEmpty()) {
			return new Conflict("", List.of(), false);
		}
		List<String> wanted = columns;
		UniqueKey key = info.uniqueKeys()
			.stream()
			.filter((candidate) -> candidate.isArbiter() && candidate.columns().size() == wanted.size()
					&& new HashSet<>(candidate.columns()).equals(new HashSet<>(wanted)))
			.findFirst()
			.orElse(null);
		if (key == null && plan.kind() != WritePlan.Kind.INSERT && info.kind() != TableInfo.Kind.VIEW) {
			throw new InvalidDataAccessApiUsageException("The table [" + info.tableName()
					+ "] has no unique constraint or index that is not deferrable over just the columns " + wanted
					+ ": name those of one of " + names(info));
		}
		boolean onAny = plan.kind() == WritePlan.Kind.IGNORE && plan.conflictColumns().isEmpty();
		return new Conflict(onAny ? "" : "(" + list(table.columns(wanted)) + ")", table.columns(wanted),
				key != null && key.nullsNotDistinct());
	}

	private static Conflict ofConstraint(WritePlan plan, String name, TableColumns table) {
		ConstraintInfo constraint = table.info()
			.constraints()
			.stream()
			.filter((candidate) -> candidate.name().equals(name))
			.findFirst()
			.orElse(null);
		if (constraint instanceof UniqueKey key && !key.deferrable()) {
			List<TableColumn> columns = key.columns().isEmpty() ? List.of() : table.columns(key.columns());
			if (key.origin() != UniqueKey.Origin.INDEX) {
				return new Conflict("ON CONSTRAINT " + SqlIdentifiers.quote(name, "constraint"), columns,
						key.nullsNotDistinct());
			}
			if (key.isArbiter()) {
				return new Conflict("(" + list(columns) + ")", columns, key.nullsNotDistinct());
			}
		}
		if (constraint instanceof Exclusion exclusion && !exclusion.deferrable() && !plan.isUpdating()
				&& !plan.isDroppingDuplicates() && !plan.isCheckingDuplicates()) {
			return new Conflict("ON CONSTRAINT " + SqlIdentifiers.quote(name, "constraint"), List.of(), false);
		}
		throw new InvalidDataAccessApiUsageException("The table [" + table.info().tableName() + "] has no constraint ["
				+ name + "] that can tell equal rows: name one of " + names(table.info()));
	}

	private static List<String> names(TableInfo info) {
		return info.uniqueKeys()
			.stream()
			.filter((key) -> !key.deferrable())
			.map((key) -> key.name() + key.columns())
			.toList();
	}

	static String list(List<TableColumn> columns) {
		return columns.stream().map(TableColumn::quoted).collect(Collectors.joining(", "));
	}

	/**
	 * Return the condition that two relations have the same key.
	 */
	String sameKey(String left, String right) {
		String operator = this.equatesNulls ? " IS NOT DISTINCT FROM " : " = ";
		return this.key.stream()
			.map((column) -> left + column.quoted() + operator + right + column.quoted())
			.collect(Collectors.joining(" AND "));
	}

	/**
	 * Return the condition that no column of the key is null, so that it can have equals.
	 */
	String comparable(String alias) {
		return this.equatesNulls ? "TRUE"
				: this.key.stream()
					.map((column) -> alias + column.quoted() + " IS NOT NULL")
					.collect(Collectors.joining(" AND "));
	}

	boolean hasKeyIn(List<TableColumn> columns) {
		return !this.key.isEmpty() && columns.containsAll(this.key);
	}

}
