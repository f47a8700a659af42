package io.trunkline.table;

import java.util.ArrayList;
import java.util.List;

import org.springframework.data.domain.Sort;
import org.springframework.data.domain.Sort.NullHandling;

/**
 * An order of rows.
 *
 * @param parts the columns in their order
 */
record OrderBy(List<Part> parts) {

	static OrderBy of(Sort sort, TableColumns table) {
		List<Part> parts = new ArrayList<>();
		for (Sort.Order order : sort) {
			boolean nullsFirst = (order.getNullHandling() == NullHandling.NATIVE) ? order.isDescending()
					: order.getNullHandling() == NullHandling.NULLS_FIRST;
			parts.add(new Part(table.column(order.getProperty()), order.isDescending(), nullsFirst,
					order.isIgnoreCase()));
		}
		return new OrderBy(parts);
	}

	/**
	 * Append the order to a statement.
	 * @param reversed whether the last row comes first
	 */
	void render(SqlStatement sql, boolean reversed) {
		String separator = " ORDER BY ";
		for (Part part : this.parts) {
			boolean descending = part.descending() != reversed;
			boolean nullsFirst = part.nullsFirst() != reversed;
			sql.append(separator).append(part.expression()).append(descending ? " DESC" : "");
			if (nullsFirst != descending) {
				sql.append(nullsFirst ? " NULLS FIRST" : " NULLS LAST");
			}
			separator = ", ";
		}
	}

	/**
	 * A column of an order.
	 *
	 * @param column the column
	 * @param descending whether the greatest comes first
	 * @param nullsFirst whether nulls come before all others
	 * @param ignoreCase whether upper and lower case are the same
	 */
	record Part(TableColumn column, boolean descending, boolean nullsFirst, boolean ignoreCase) {

		String expression() {
			return this.ignoreCase ? "pg_catalog.lower(" + this.column.quoted() + "::pg_catalog.text)"
					: this.column.quoted();
		}

	}

}
