package io.trunkline.table;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.r2dbc.spi.Readable;
import io.trunkline.copy.ColumnCodec;
import org.jspecify.annotations.Nullable;

/**
 * Makes maps from column to value of rows.
 */
final class RowMaps {

	private final String[] names;

	private final ColumnCodec[] codecs;

	private final String[] references;

	private final int capacity;

	private final String selected;

	RowMaps(List<TableColumn> columns) {
		this.names = columns.stream().map(TableColumn::name).toArray(String[]::new);
		this.codecs = columns.stream().map(TableColumn::codec).toArray(ColumnCodec[]::new);
		this.references = columns.stream().map(TableColumn::quoted).toArray(String[]::new);
		this.capacity = columns.size() * 4 / 3 + 1;
		this.selected = list("");
	}

	/**
	 * Return the expressions to select or return, each under a name of its own.
	 * @param alias what stands before the columns' names, with a dot, or empty
	 */
	String selected(String alias) {
		return alias.isEmpty() ? this.selected : list(alias);
	}

	private String list(String alias) {
		StringBuilder list = new StringBuilder();
		for (int i = 0; i < this.codecs.length; i++) {
			list.append((i > 0) ? ", " : "").append(this.codecs[i].selected(alias + this.references[i]));
			list.append(" AS c").append(i);
		}
		return list.toString();
	}

	/**
	 * Return the names that {@link #selected} gives.
	 */
	String aliases(String prefix) {
		return IntStream.range(0, this.codecs.length)
			.mapToObj((i) -> prefix + "c" + i)
			.collect(Collectors.joining(", "));
	}

	int size() {
		return this.codecs.length;
	}

	Map<String, @Nullable Object> read(Readable row) {
		Map<String, @Nullable Object> values = new LinkedHashMap<>(this.capacity);
		for (int i = 0; i < this.codecs.length; i++) {
			values.put(this.names[i], this.codecs[i].read(row, i));
		}
		return values;
	}

}
