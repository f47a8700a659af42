package io.trunkline.copy;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Writes maps from column to value. A column that a map does not name is NULL, and a map
 * must not name others.
 */
final class MapRowWriter implements RowWriter<Map<String, ?>> {

	private final String[] names;

	private final FieldWriter[] fields;

	MapRowWriter(List<RowColumn> columns, List<FieldWriter> fields) {
		this.names = columns.stream().map(RowColumn::name).toArray(String[]::new);
		this.fields = fields.toArray(FieldWriter[]::new);
	}

	@Override
	public void write(Map<String, ?> row, CopyBuffer out) {
		int found = 0;
		for (int i = 0; i < this.fields.length; i++) {
			Object value = row.get(this.names[i]);
			if (value != null || row.containsKey(this.names[i])) {
				found++;
			}
			this.fields[i].write(value, out);
		}
		if (found != row.size()) {
			throw unknownColumn(row);
		}
	}

	private FieldException unknownColumn(Map<String, ?> row) {
		Set<String> known = Set.of(this.names);
		String unknown = row.keySet()
			.stream()
			.filter((name) -> !known.contains(name))
			.map(String::valueOf)
			.collect(Collectors.joining(", "));
		return FieldException.ofUnknownColumn(unknown,
				"the load has no such column; its columns are " + String.join(", ", this.names));
	}

}
