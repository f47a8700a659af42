package io.trunkline.schema;

import java.util.List;
import java.util.Optional;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.ConstraintInfo.Check;
import io.trunkline.schema.ConstraintInfo.ForeignKey;
import io.trunkline.schema.ConstraintInfo.UniqueKey;
import org.jspecify.annotations.Nullable;

/**
 * A table, or what is read like one.
 *
 * @param oid its oid
 * @param schema its schema
 * @param name its name inside the schema
 * @param kind what it is
 * @param temporary whether it belongs to one session
 * @param partition whether it is a partition of another table
 * @param columns its columns in order
 * @param constraints its constraints and unique indexes: the primary key first, then by
 * name
 * @param indexes its indexes by name
 * @param comment the comment, {@code null} for none
 * @since 0.1.0
 */
public record TableInfo(long oid, String schema, String name, Kind kind, boolean temporary, boolean partition,
		List<ColumnInfo> columns, List<ConstraintInfo> constraints, List<IndexInfo> indexes, @Nullable String comment) {

	public TableInfo {
		columns = List.copyOf(columns);
		constraints = List.copyOf(constraints);
		indexes = List.copyOf(indexes);
	}

	/**
	 * Return the name with the schema.
	 */
	public TableName tableName() {
		return new TableName(this.schema, this.name);
	}

	/**
	 * Return the name with the schema, quoted for a statement.
	 */
	public String quotedName() {
		return SqlIdentifiers.quoteQualified(this.schema, this.name);
	}

	/**
	 * Find a column.
	 * @param column its name
	 * @return the column, empty when there is none
	 */
	public Optional<ColumnInfo> findColumn(String column) {
		for (ColumnInfo candidate : this.columns) {
			if (candidate.name().equals(column)) {
				return Optional.of(candidate);
			}
		}
		return Optional.empty();
	}

	/**
	 * Return a column.
	 * @param column its name
	 * @return the column
	 * @throws UnknownColumnException when there is none, naming the nearest
	 */
	public ColumnInfo column(String column) {
		return findColumn(column).orElseThrow(() -> new UnknownColumnException(this, column));
	}

	/**
	 * Return the primary key.
	 * @return the key, {@code null} when there is none
	 */
	public @Nullable UniqueKey primaryKey() {
		for (UniqueKey key : uniqueKeys()) {
			if (key.origin() == UniqueKey.Origin.PRIMARY_KEY) {
				return key;
			}
		}
		return null;
	}

	/**
	 * Return all that makes rows unique: the primary key first, unique constraints and
	 * unique indexes.
	 */
	public List<UniqueKey> uniqueKeys() {
		return constraints(UniqueKey.class);
	}

	/**
	 * Return the foreign keys of this table.
	 */
	public List<ForeignKey> foreignKeys() {
		return constraints(ForeignKey.class);
	}

	/**
	 * Return the checks.
	 */
	public List<Check> checks() {
		return constraints(Check.class);
	}

	private <T extends ConstraintInfo> List<T> constraints(Class<T> type) {
		return this.constraints.stream().filter(type::isInstance).map(type::cast).toList();
	}

	/**
	 * What is read like a table.
	 */
	public enum Kind {

		/** An ordinary table. */
		TABLE,

		/** A table that is divided into partitions. */
		PARTITIONED_TABLE,

		/** A table of another server. */
		FOREIGN_TABLE,

		/** A view. */
		VIEW,

		/** A materialized view. */
		MATERIALIZED_VIEW

	}

}
