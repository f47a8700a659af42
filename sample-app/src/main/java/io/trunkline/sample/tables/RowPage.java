package io.trunkline.sample.tables;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A page of rows.
 *
 * @param total how many rows meet the condition, {@code null} where they were not to be
 * counted
 * @param rows the rows
 * @param next the address of the next page, {@code null} on the last one
 */
record RowPage(@Nullable Long total, List<Map<String, @Nullable Object>> rows, @Nullable String next) {

	RowPage withTotal(long total) {
		return new RowPage(total, this.rows, this.next);
	}

}
