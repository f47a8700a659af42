package io.trunkline.table;

import java.util.AbstractMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;
import io.trunkline.table.RowShapes.Shape;
import org.jspecify.annotations.Nullable;

/**
 * A temporary table that takes the rows before they go into theirs, with the shape and
 * the number of each.
 *
 * @param columns the columns of the table that take values
 */
record RowStaging(List<TableColumn> columns) {

	static final String SHAPE = "trunkline_shape";

	static final String ROW = "trunkline_row";

	private static final String NAME = "trunkline_rows";

	static RowStaging of(TableColumns table) {
		return new RowStaging(
				table.columns(List.of()).stream().filter((column) -> !column.info().isGenerated()).toList());
	}

	String quoted() {
		return SqlIdentifiers.quoteQualified("pg_temp", NAME);
	}

	/**
	 * Return the name that the catalogue finds it by.
	 */
	String catalogName() {
		return "pg_temp." + NAME;
	}

	String create() {
		StringBuilder sql = new StringBuilder("CREATE TEMPORARY TABLE " + NAME + " (");
		for (TableColumn column : this.columns) {
			ColumnInfo info = column.info();
			sql.append(column.quoted()).append(' ').append(type(info));
			sql.append((info.collation() != null) ? " COLLATE " + info.collation() : "").append(", ");
		}
		return sql.append(SHAPE + " int4, " + ROW + " int8) ON COMMIT DROP").toString();
	}

	/**
	 * The rules of a domain are for the table itself.
	 */
	private static String type(ColumnInfo column) {
		if (column.type().kind() != Kind.DOMAIN) {
			return column.formattedType();
		}
		TypeInfo base = column.type().withoutDomains();
		return SqlIdentifiers.quoteQualified(base.schema(), base.name());
	}

	String drop() {
		return "DROP TABLE " + quoted();
	}

	String[] names() {
		List<String> names = new ArrayList<>(this.columns.stream().map(TableColumn::name).toList());
		names.addAll(List.of(SHAPE, ROW));
		return names.toArray(String[]::new);
	}

	/**
	 * Return a row with its shape and its number.
	 */
	static Map<String, ?> numbered(Map<String, ?> row, Shape shape, long number) {
		return new NumberedRow(row, shape.number(), number);
	}

	/**
	 * A row with two more columns, without a copy of it.
	 */
	private static final class NumberedRow extends AbstractMap<String, @Nullable Object> {

		private final Map<String, ?> row;

		private final Integer shape;

		private final Long number;

		NumberedRow(Map<String, ?> row, int shape, long number) {
			this.row = row;
			this.shape = shape;
			this.number = number;
		}

		@Override
		public int size() {
			return this.row.size() + 2;
		}

		@Override
		public boolean containsKey(Object key) {
			return this.row.containsKey(key) || SHAPE.equals(key) || ROW.equals(key);
		}

		@Override
		public @Nullable Object get(Object key) {
			if (SHAPE.equals(key)) {
				return this.shape;
			}
			return ROW.equals(key) ? this.number : this.row.get(key);
		}

		@Override
		public Set<Entry<String, @Nullable Object>> entrySet() {
			Map<String, @Nullable Object> all = new LinkedHashMap<>(this.row);
			all.put(SHAPE, this.shape);
			all.put(ROW, this.number);
			return all.entrySet();
		}

	}

}
