package io.trunkline.copy;

import java.util.Map;

import io.trunkline.schema.ColumnInfo;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.ObjectMapper;

import org.springframework.data.relational.core.conversion.RelationalConverter;
import org.springframework.data.relational.domain.RowDocument;

/**
 * Converts between an application's values and those of columns, for statements with
 * parameters: by the same rules as bulk copies, so that a value is the same whichever way
 * it goes.
 *
 * @since 0.1.0
 */
public final class ColumnValues {

	/** Parameters are checked by the server, which may know less than this version. */
	private static final int NEWEST_SERVER = 18;

	private final RelationalConverter converter;

	private final @Nullable JsonValues json;

	private final RowMapping mapping;

	private ColumnValues(RelationalConverter converter, @Nullable JsonValues json) {
		this.converter = converter;
		this.json = json;
		this.mapping = new RowMapping(converter, json, RowMapping.DEFAULT_FRAME_SIZE).forServer(NEWEST_SERVER);
	}

	/**
	 * Create an instance with Jackson's defaults, where Jackson is on the class path.
	 * @param converter the application's converter, {@code null} for Spring Data's
	 * defaults
	 * @return a new instance
	 */
	public static ColumnValues create(@Nullable RelationalConverter converter) {
		return new ColumnValues((converter != null) ? converter : PlainConverter.create(), JsonValues.find());
	}

	/**
	 * Return an instance that reads and writes JSON by another mapper.
	 * @param jsonMapper the mapper
	 * @return a new instance
	 */
	public ColumnValues jsonMapper(ObjectMapper jsonMapper) {
		return new ColumnValues(this.converter, new JacksonValues(jsonMapper));
	}

	/**
	 * Return what converts the values of a column.
	 * @param column the column
	 * @return its codec, to be kept where it is used often
	 */
	public ColumnCodec codec(ColumnInfo column) {
		RowColumn rowColumn = new RowColumn(column.name(), column.type());
		return new ColumnCodec(rowColumn, this.mapping.codec(rowColumn), this.mapping.conversions(), this.json);
	}

	/**
	 * Make a record or a bean of a row, by Spring Data's naming and the application's
	 * converters.
	 * @param type the class
	 * @param row the values by column
	 * @param <T> the type
	 * @return the object
	 */
	public <T> T toObject(Class<T> type, Map<String, @Nullable Object> row) {
		RowDocument document = new RowDocument();
		document.putAll(row);
		return this.converter.read(type, document);
	}

}
