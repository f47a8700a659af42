package io.trunkline.copy;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Writes lines of JSON as maps. The value for a column of JSON is written as JSON again,
 * as a String there would be taken for JSON already.
 */
final class JsonLineWriter implements RowWriter<JsonLine> {

	private final MapRowWriter maps;

	private final JsonValues json;

	private final List<String> jsonColumns;

	JsonLineWriter(List<RowColumn> columns, MapRowWriter maps, JsonValues json) {
		this.maps = maps;
		this.json = json;
		this.jsonColumns = columns.stream().filter(RowColumn::isJson).map(RowColumn::name).toList();
	}

	@Override
	public void write(JsonLine line, CopyBuffer out) {
		Map<String, @Nullable Object> row = line.read(this.json);
		for (String column : this.jsonColumns) {
			row.computeIfPresent(column, (name, value) -> this.json.write(value));
		}
		try {
			this.maps.write(row, out);
		}
		catch (FieldException ex) {
			throw line.failure(ex.describeWithColumn(), ex.column(), null);
		}
	}

}
