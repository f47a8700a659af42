package io.trunkline.table;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.trunkline.copy.ColumnValues;
import io.trunkline.schema.TableInfo;
import io.trunkline.schema.UnknownColumnException;

import org.springframework.util.Assert;

/**
 * A table with what converts the values of its columns.
 */
final class TableColumns {

	private final TableInfo info;

	private final String quotedName;

	private final Map<String, TableColumn> columns = new LinkedHashMap<>();

	private final RowMaps allMaps;

	TableColumns(TableInfo info, ColumnValues values) {
		this.info = info;
		this.quotedName = info.quotedName();
		info.columns()
			.forEach((column) -> this.columns.put(column.name(), TableColumn.of(column, values.codec(column))));
		this.allMaps = new RowMaps(List.copyOf(this.columns.values()));
	}

	TableInfo info() {
		return this.info;
	}

	String quotedName() {
		return this.quotedName;
	}

	/**
	 * Return a column.
	 * @throws UnknownColumnException when there is none, naming the nearest
	 */
	TableColumn column(String name) {
		Assert.notNull(name, "The name of a column must not be null");
		TableColumn column = this.columns.get(name);
		if (column == null) {
			throw new UnknownColumnException(this.info, name);
		}
		return column;
	}

	/**
	 * Return columns by name.
	 * @param names the names, none for all columns
	 */
	List<TableColumn> columns(List<String> names) {
		return names.isEmpty() ? List.copyOf(this.columns.values()) : names.stream().map(this::column).toList();
	}

	/**
	 * Return what makes maps of columns.
	 * @param names the names, none for all columns
	 */
	RowMaps maps(List<String> names) {
		return names.isEmpty() ? this.allMaps : new RowMaps(columns(names));
	}

}
