package io.trunkline.copy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Makes maps from column to value.
 */
final class MapRowReader implements RowReader<Map<String, @Nullable Object>> {

	private final String[] names;

	private final FieldReader[] fields;

	private final int capacity;

	MapRowReader(List<FieldReader> fields) {
		this.names = fields.stream().map((field) -> field.column().name()).toArray(String[]::new);
		this.fields = fields.toArray(FieldReader[]::new);
		this.capacity = fields.size() * 4 / 3 + 1;
	}

	@Override
	public Map<String, @Nullable Object> read(RowBuffer row) {
		Map<String, @Nullable Object> values = new LinkedHashMap<>(this.capacity);
		for (int i = 0; i < this.fields.length; i++) {
			values.put(this.names[i], this.fields[i].read(row));
		}
		return values;
	}

}
