package io.trunkline.copy;

import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.core.TypeInformation;
import org.springframework.data.relational.core.conversion.RelationalConverter;
import org.springframework.data.relational.domain.RowDocument;
import org.springframework.util.ConcurrentLruCache;

/**
 * How rows of columns and an application's objects become one another: by Spring Data's
 * naming and the application's converters.
 */
final class RowMapping {

	static final int DEFAULT_FRAME_SIZE = 64 * 1024;

	private static final int OLDEST_SERVER = 14;

	/** Of combinations of a class and columns, each of which is a few kilobytes. */
	private static final int KEPT = 256;

	private final RelationalConverter converter;

	private final @Nullable JsonValues json;

	private final TypeCodecs codecs;

	private final ValueConversions conversions;

	private final int frameSize;

	private final Map<Class<?>, Optional<ObjectMapping>> objects;

	private final Map<Integer, RowMapping> versions = new ConcurrentHashMap<>();

	/** Kept, as the compiler has to compile each one anew. */
	private final ConcurrentLruCache<WrittenObject, ObjectRowWriter<Object>> writers = new ConcurrentLruCache<>(KEPT,
			this::writer);

	/** Kept for the same reason; empty for a class that needs Spring Data's converter. */
	private final ConcurrentLruCache<ReadObject, Optional<MethodHandle>> readers = new ConcurrentLruCache<>(KEPT,
			this::reader);

	/**
	 * Create a mapping.
	 * @param converter the application's converter, with its naming strategy
	 * @param json reads and writes JSON; {@code null} if the application cannot
	 * @param frameSize how many bytes of rows are sent at once, about
	 */
	RowMapping(RelationalConverter converter, @Nullable JsonValues json, int frameSize) {
		this(converter, json, new ValueConversions(converter), new ConcurrentHashMap<>(), frameSize, OLDEST_SERVER);
	}

	private RowMapping(RelationalConverter converter, @Nullable JsonValues json, ValueConversions conversions,
			Map<Class<?>, Optional<ObjectMapping>> objects, int frameSize, int majorVersion) {
		this.converter = converter;
		this.json = json;
		this.conversions = conversions;
		this.objects = objects;
		this.codecs = new TypeCodecs(majorVersion, json, this.conversions::toDatabase, this::toMap);
		this.frameSize = frameSize;
	}

	private @Nullable Map<String, ?> toMap(Object value) {
		return this.objects.computeIfAbsent(value.getClass(), (type) -> ObjectMapping.of(type, this.converter))
			.map((mapping) -> mapping.toMap(value))
			.orElse(null);
	}

	/**
	 * Return a mapping for a server of a certain version, where that knows more than the
	 * oldest one that is supported.
	 */
	RowMapping forServer(int majorVersion) {
		return this.versions.computeIfAbsent(majorVersion, (version) -> new RowMapping(this.converter, this.json,
				this.conversions, this.objects, this.frameSize, version));
	}

	/**
	 * Create a mapping with Spring Data's defaults.
	 */
	static RowMapping ofDefaults() {
		return new RowMapping(PlainConverter.create(), JsonValues.find(), DEFAULT_FRAME_SIZE);
	}

	/**
	 * Plan a load from maps.
	 * @param columns the columns to load; one that a map does not name is NULL
	 */
	RowEncoding<Map<String, ?>> encodeMaps(List<RowColumn> columns) {
		return new RowEncoding<>(columns, this.codecs, this.conversions, this.frameSize,
				(fields) -> new MapRowWriter(columns, fields));
	}

	/**
	 * Plan a load from lines of JSON, each of which is an object.
	 * @param columns the columns to load; one that a line does not name is NULL
	 */
	RowEncoding<JsonLine> encodeJsonLines(List<RowColumn> columns) {
		JsonValues json = JsonValues.required(this.json);
		return new RowEncoding<>(columns, this.codecs, this.conversions, this.frameSize,
				(fields) -> new JsonLineWriter(columns, new MapRowWriter(columns, fields), json));
	}

	/**
	 * Refuse lines of JSON where nothing can read them.
	 */
	void requireJson() {
		JsonValues.required(this.json);
	}

	/**
	 * Return the keys of a line of JSON.
	 */
	List<String> columns(JsonLine line) {
		return List.copyOf(line.read(JsonValues.required(this.json)).keySet());
	}

	/**
	 * Plan a load from maps into a staging table.
	 */
	RowEncoding<Map<String, ?>> encodeMaps(StagedEncoding staged) {
		return new RowEncoding<>(staged.allColumns(), this.codecs, this.conversions, this.frameSize,
				(fields) -> staged.writer(fields, new MapRowWriter(staged.rowColumns(), staged.rowFields(fields))));
	}

	/**
	 * Plan a load from records or beans into a staging table.
	 */
	<T> RowEncoding<T> encodeObjects(Class<T> type, StagedEncoding staged) {
		return new RowEncoding<>(staged.allColumns(), this.codecs, this.conversions, this.frameSize, (fields) -> staged
			.<Object>writer(fields, this.writers.get(new WrittenObject(type, staged.rowFields(fields)))));
	}

	/**
	 * Plan a load from records or beans.
	 * @param columns the columns to load, each of which a property has to be mapped to
	 */
	<T> RowEncoding<T> encodeObjects(Class<T> type, List<RowColumn> columns) {
		return new RowEncoding<>(columns, this.codecs, this.conversions, this.frameSize,
				(fields) -> this.writers.get(new WrittenObject(type, fields)));
	}

	/**
	 * Plan to read maps.
	 * @param columns the columns that the rows consist of
	 */
	RowDecoding<Map<String, @Nullable Object>> decodeMaps(List<RowColumn> columns) {
		return new RowDecoding<>(columns, this.codecs, mapReader(columns));
	}

	private MapRowReader mapReader(List<RowColumn> columns) {
		List<FieldReader> fields = new ArrayList<>();
		for (int i = 0; i < columns.size(); i++) {
			fields.add(FieldReader.of(columns.get(i), i, this.codecs.readingCodec(columns.get(i).type()),
					TypeInformation.OBJECT, this.conversions));
		}
		return new MapRowReader(fields);
	}

	/**
	 * Plan to read records or beans. A column that no property is mapped to is left out
	 * of them, and a property without a column keeps its default.
	 * @param columns the columns that the rows consist of
	 */
	<T> RowDecoding<T> decodeObjects(Class<T> type, List<RowColumn> columns) {
		MethodHandle instance = this.readers.get(new ReadObject(type, columns)).orElse(null);
		if (instance != null) {
			return new RowDecoding<>(columns, this.codecs, new ObjectRowReader<>(type, instance));
		}
		RowReader<Map<String, @Nullable Object>> maps = mapReader(columns);
		return new RowDecoding<>(columns, this.codecs,
				(row) -> this.converter.read(type, new RowDocument(maps.read(row))));
	}

	private ObjectRowWriter<Object> writer(WrittenObject object) {
		return new ObjectRowWriter<>(
				mapping(object.type()).accessors(object.fields().stream().map(FieldWriter::column).toList()),
				object.fields());
	}

	private Optional<MethodHandle> reader(ReadObject object) {
		mapping(object.type());
		List<RowColumn> columns = object.columns();
		Map<String, Integer> indexes = new HashMap<>();
		for (int i = 0; i < columns.size(); i++) {
			indexes.putIfAbsent(columns.get(i).name(), i);
		}
		List<TypeCodec> codecs = columns.stream().map((column) -> this.codecs.readingCodec(column.type())).toList();
		return Optional.ofNullable(
				new InstanceFactory(this.converter.getMappingContext(), indexes, columns, codecs, this.conversions)
					.create(object.type()));
	}

	/**
	 * Return the columns that the properties of a class are mapped to, but for those that
	 * are only read.
	 */
	List<String> writableColumns(Class<?> type) {
		return mapping(type).writableColumns();
	}

	/**
	 * Return the codec of a column.
	 */
	TypeCodec codec(RowColumn column) {
		return this.codecs.codec(column.type());
	}

	ValueConversions conversions() {
		return this.conversions;
	}

	private ObjectMapping mapping(Class<?> type) {
		return this.objects.computeIfAbsent(type, (key) -> ObjectMapping.of(key, this.converter))
			.orElseThrow(() -> new InvalidDataAccessApiUsageException(
					"Rows are mapped to records, beans or maps, not to " + type.getTypeName()));
	}

	/**
	 * A class whose objects are written.
	 *
	 * @param type the class
	 * @param fields what writes the columns
	 */
	private record WrittenObject(Class<?> type, List<FieldWriter> fields) {

		WrittenObject {
			fields = List.copyOf(fields);
		}

	}

	/**
	 * A class whose objects are read.
	 *
	 * @param type the class
	 * @param columns the columns of a row
	 */
	private record ReadObject(Class<?> type, List<RowColumn> columns) {

		ReadObject {
			columns = List.copyOf(columns);
		}

	}

}
