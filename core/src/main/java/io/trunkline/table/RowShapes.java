package io.trunkline.table;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.trunkline.schema.ColumnInfo.Identity;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * Tells which columns rows name. Rows of the same columns go into one statement, so that
 * the columns that they do not name get their defaults.
 */
final class RowShapes {

	private final TableColumns table;

	private final Map<Set<String>, Shape> shapes = new LinkedHashMap<>();

	private @Nullable Set<String> lastNames;

	private @Nullable Shape last;

	RowShapes(TableColumns table) {
		this.table = table;
	}

	/**
	 * Return the shape of a row.
	 */
	Shape of(Map<String, ?> row) {
		Assert.notNull(row, "A row must not be null");
		Set<String> names = row.keySet();
		Shape last = this.last;
		if (last != null && names.equals(this.lastNames)) {
			return last;
		}
		Shape shape = this.shapes.get(names);
		if (shape == null) {
			shape = create(names);
			this.shapes.put(Set.copyOf(names), shape);
		}
		this.last = shape;
		this.lastNames = Set.copyOf(names);
		return shape;
	}

	private Shape create(Set<String> names) {
		List<TableColumn> columns = new ArrayList<>();
		for (String name : names) {
			TableColumn column = this.table.column(name);
			if (column.info().isGenerated()) {
				throw new InvalidDataAccessApiUsageException("The column [" + name + "] of ["
						+ this.table.info().tableName() + "] is computed from others: leave it out");
			}
			columns.add(column);
		}
		return new Shape(this.shapes.size(), columns);
	}

	/**
	 * Return the shapes in the order in which they came.
	 */
	List<Shape> all() {
		return List.copyOf(this.shapes.values());
	}

	/**
	 * The columns that some rows name.
	 *
	 * @param number the number among the shapes
	 * @param columns the columns
	 */
	record Shape(int number, List<TableColumn> columns) {

		boolean overridesIdentity() {
			return this.columns.stream().anyMatch((column) -> column.info().identity() == Identity.ALWAYS);
		}

	}

}
