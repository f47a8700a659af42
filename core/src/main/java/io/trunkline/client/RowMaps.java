package io.trunkline.client;

import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

import io.r2dbc.spi.ColumnMetadata;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Row;
import io.r2dbc.spi.RowMetadata;
import org.jspecify.annotations.Nullable;

/**
 * Makes a map of each row. One of these serves one statement, whose rows share their
 * metadata.
 */
final class RowMaps implements Function<Readable, Map<String, @Nullable Object>> {

	private @Nullable RowMetadata metadata;

	private String[] keys = {};

	@Override
	public Map<String, @Nullable Object> apply(Readable readable) {
		Row row = (Row) readable;
		String[] keys = keys(row.getMetadata());
		Map<String, @Nullable Object> map = new LinkedHashMap<>(keys.length * 2);
		for (int i = 0; i < keys.length; i++) {
			map.put(keys[i], row.get(i));
		}
		return map;
	}

	private String[] keys(RowMetadata metadata) {
		if (metadata != this.metadata) {
			this.keys = keys(metadata.getColumnMetadatas());
			this.metadata = metadata;
		}
		return this.keys;
	}

	/**
	 * The second column of a name gets the suffix {@code _2}, or the next one that is no
	 * column's name.
	 */
	private static String[] keys(List<? extends ColumnMetadata> columns) {
		Set<String> taken = new HashSet<>();
		columns.forEach((column) -> taken.add(column.getName()));
		Set<String> seen = new HashSet<>();
		String[] keys = new String[columns.size()];
		for (int i = 0; i < keys.length; i++) {
			String name = columns.get(i).getName();
			keys[i] = seen.add(name) ? name : free(name, taken);
		}
		return keys;
	}

	private static String free(String name, Set<String> taken) {
		int number = 2;
		while (!taken.add(name + "_" + number)) {
			number++;
		}
		return name + "_" + number;
	}

}
