package io.trunkline.sample.tables;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.temporal.Temporal;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

import io.trunkline.copy.ColumnCodec;
import io.trunkline.copy.ColumnValues;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.TableInfo;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/**
 * Makes rows of what JSON has or writes as text that can be sent back, and takes them
 * back. All other values, such as ranges and bytes, become the text that PostgreSQL has
 * for them; those of JSON columns are JSON themselves.
 */
final class JsonRows {

	private static final ColumnValues VALUES = ColumnValues.create(null);

	private static final Set<String> JSON_TYPES = Set.of("json", "jsonb");

	/** What stands for {@code infinity}, which ISO does not know. */
	private static final Set<Temporal> INFINITE = Set.of(LocalDate.MIN, LocalDate.MAX, LocalDateTime.MIN,
			LocalDateTime.MAX, OffsetDateTime.MIN, OffsetDateTime.MAX);

	private final Map<String, ColumnCodec> codecs = new HashMap<>();

	private final Set<String> jsonColumns = new HashSet<>();

	private final JsonMapper json;

	JsonRows(TableInfo table, JsonMapper json) {
		this.json = json;
		for (ColumnInfo column : table.columns()) {
			this.codecs.put(column.name(), VALUES.codec(column));
			if (JSON_TYPES.contains(column.type().withoutDomains().name())) {
				this.jsonColumns.add(column.name());
			}
		}
	}

	Map<String, @Nullable Object> fromColumns(Map<String, @Nullable Object> row) {
		row.replaceAll((column, value) -> isPlain(value) ? value : text(column, value));
		return row;
	}

	/**
	 * Write the values of JSON columns, where text would be taken for JSON already.
	 */
	Map<String, Object> toColumns(Map<String, Object> row) {
		Map<String, Object> values = new LinkedHashMap<>(row);
		this.jsonColumns
			.forEach((column) -> values.computeIfPresent(column, (name, value) -> this.json.writeValueAsString(value)));
		return values;
	}

	private @Nullable Object text(String column, @Nullable Object value) {
		ColumnCodec codec = this.codecs.get(column);
		return (codec != null && value != null) ? codec.toText(value) : value;
	}

	private static boolean isPlain(@Nullable Object value) {
		if (value instanceof Collection<?> elements) {
			return elements.stream().allMatch(JsonRows::isPlain);
		}
		if (value instanceof Map<?, ?> entries) {
			return entries.values().stream().allMatch(JsonRows::isPlain);
		}
		return value == null || value instanceof String || value instanceof Number || value instanceof Boolean
				|| value instanceof UUID || (value instanceof Temporal && !INFINITE.contains(value));
	}

}
