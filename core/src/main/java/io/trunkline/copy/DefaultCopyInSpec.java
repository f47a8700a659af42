package io.trunkline.copy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

import io.trunkline.copy.CopyFormat.Kind;
import io.trunkline.copy.CopyOption.Direction;
import io.trunkline.schema.TableName;
import io.trunkline.schema.UnknownColumnException;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.Resource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;
import reactor.core.scheduler.Schedulers;

/**
 * Default implementation of {@link CopyInSpec}.
 */
final class DefaultCopyInSpec implements CopyInSpec {

	private final CopySettings settings;

	private final TableName table;

	private List<String> columns = List.of();

	private boolean columnsFromHeader;

	private @Nullable CopyFormat format;

	private @Nullable Compression compression;

	private @Nullable String condition;

	private @Nullable Long total;

	private @Nullable Consumer<? super CopyProgress> listener;

	private int parallel = 1;

	DefaultCopyInSpec(CopySettings settings, TableName table) {
		this.settings = settings;
		this.table = table;
	}

	private DefaultCopyInSpec(DefaultCopyInSpec other) {
		this.settings = other.settings;
		this.table = other.table;
		this.columns = other.columns;
		this.columnsFromHeader = other.columnsFromHeader;
		this.format = other.format;
		this.compression = other.compression;
		this.condition = other.condition;
		this.total = other.total;
		this.listener = other.listener;
		this.parallel = other.parallel;
	}

	private DefaultCopyInSpec with(Consumer<DefaultCopyInSpec> change) {
		DefaultCopyInSpec copy = new DefaultCopyInSpec(this);
		change.accept(copy);
		return copy;
	}

	@Override
	public DefaultCopyInSpec columns(String... columns) {
		List<String> names = List.of(columns);
		CopyTable.columnList(names);
		return with((spec) -> spec.columns = names);
	}

	@Override
	public CopyInSpec columnsFromHeader() {
		return with((spec) -> spec.columnsFromHeader = true);
	}

	@Override
	public DefaultCopyInSpec format(CopyFormat format) {
		Assert.notNull(format, "'format' must not be null");
		format.minimumVersion(Direction.IN);
		return with((spec) -> spec.format = format);
	}

	@Override
	public CopyInSpec compression(Compression compression) {
		Assert.notNull(compression, "'compression' must not be null");
		return with((spec) -> spec.compression = compression);
	}

	@Override
	public CopyInSpec where(String condition) {
		SqlText.checkComplete(condition, "condition");
		return with((spec) -> spec.condition = condition);
	}

	@Override
	public CopyInSpec total(long bytes) {
		Assert.isTrue(bytes >= 0, () -> "'bytes' must not be negative, and is " + bytes);
		return with((spec) -> spec.total = bytes);
	}

	@Override
	public CopyInSpec onProgress(Consumer<? super CopyProgress> listener) {
		Assert.notNull(listener, "'listener' must not be null");
		return with((spec) -> spec.listener = listener);
	}

	@Override
	public CopyInSpec parallel(int connections) {
		Assert.isTrue(connections > 0, () -> "'connections' must be positive, and is " + connections);
		return with((spec) -> spec.parallel = connections);
	}

	@Override
	public Mono<CopyResult> from(Path source) {
		Assert.notNull(source, "'source' must not be null");
		Flux<DataBuffer> content = DataBufferUtils.read(source, DefaultDataBufferFactory.sharedInstance,
				this.settings.frameSize());
		return CopyFiles.blocking(() -> Files.size(source))
			.flatMap((size) -> load(content, compressionOf(source.toString()), size));
	}

	@Override
	public Mono<CopyResult> from(Resource source) {
		Assert.notNull(source, "'source' must not be null");
		Flux<DataBuffer> content = DataBufferUtils
			.read(source, DefaultDataBufferFactory.sharedInstance, this.settings.frameSize())
			.subscribeOn(Schedulers.boundedElastic());
		return CopyFiles.blocking(() -> source.isFile() ? source.contentLength() : -1)
			.flatMap((size) -> load(content, compressionOf(source.getFilename()), (size >= 0) ? size : null));
	}

	@Override
	public Mono<CopyResult> from(Publisher<? extends DataBuffer> source) {
		Assert.notNull(source, "'source' must not be null");
		return load(source, compressionOf(null), null);
	}

	private Compression compressionOf(@Nullable String fileName) {
		return (this.compression != null) ? this.compression : Compression.ofFileName(fileName);
	}

	private Mono<CopyResult> load(Publisher<? extends DataBuffer> source, Compression compression,
			@Nullable Long size) {
		return load((meter) -> {
			Flux<Chunk> frames = Framer.frames(source, this.settings.frameSize(), meter::passed);
			return switch (compression) {
				case NONE -> frames;
				case GZIP -> ByteStage.apply(frames, () -> new GzipInflation(this.settings.frameSize()));
				case ZSTD -> ByteStage.apply(frames, ZstdStages.decompression(this.settings.frameSize()));
			};
		}, format(), size);
	}

	/**
	 * Load what another copy sends.
	 */
	Mono<CopyResult> load(Flux<Chunk> frames) {
		return load((meter) -> frames.doOnNext((frame) -> meter.passed(frame.length())), format(), null);
	}

	private Mono<CopyResult> load(Function<CopyMeter, Flux<Chunk>> source, CopyFormat format, @Nullable Long size) {
		checkCombination(format);
		return Mono.defer(() -> this.settings.observe("in", this.table.toString(), format, (context) -> {
			CopyMeter meter = new CopyMeter(context, this.listener, (this.total != null) ? this.total : size);
			return CopyTable.find(this.settings, this.table).flatMap((table) -> {
				format.checkVersion(table.serverVersion());
				table.checkColumns(this.columns);
				Flux<Chunk> data = Flux.defer(() -> decoded(source.apply(meter), format));
				if (isByKey(table, format)) {
					return loadByKey(table, data, format, meter);
				}
				CopyLoad load = new CopyLoad(this.settings, table, format, this.condition, meter, this.parallel);
				return !this.columnsFromHeader ? load.run(data, columns(table))
						: load.run(HeaderLine.first(data, format), (first) -> headerColumns(table, first, format));
			}).map((rows) -> meter.complete(rows, "Loaded into " + this.table));
		}).singleOrEmpty());
	}

	@Override
	public Mono<CopyResult> fromMaps(Publisher<? extends Map<String, ?>> rows) {
		Assert.notNull(rows, "'rows' must not be null");
		return loadRows((load, table) -> Flux.from(rows).<Map<String, ?>>cast(mapType()).switchOnFirst((first, all) -> {
			Map<String, ?> map = first.get();
			if (map == null) {
				return all.cast(Long.class).defaultIfEmpty(0L);
			}
			List<String> columns = !this.columns.isEmpty() ? this.columns : List.copyOf(map.keySet());
			return load.run(all, mapping(table).encodeMaps(table.rowColumns(columns)));
		}).singleOrEmpty());
	}

	@SuppressWarnings("unchecked")
	private static Class<Map<String, ?>> mapType() {
		return (Class<Map<String, ?>>) (Class<?>) Map.class;
	}

	@Override
	public <T> Mono<CopyResult> fromObjects(Publisher<? extends T> rows, Class<T> type) {
		Assert.notNull(rows, "'rows' must not be null");
		Assert.notNull(type, "'type' must not be null");
		return loadRows((load, table) -> {
			RowMapping mapping = mapping(table);
			List<String> columns = !this.columns.isEmpty() ? this.columns
					: table.writable(mapping.writableColumns(type));
			return load.run(Flux.<T>from(rows), mapping.encodeObjects(type, table.rowColumns(columns)));
		});
	}

	private Mono<CopyResult> loadRows(BiFunction<CopyLoad, CopyTable, Mono<Long>> work) {
		if (this.format != null || this.compression != null || this.columnsFromHeader) {
			throw new InvalidDataAccessApiUsageException(
					"'format', 'compression' and 'columnsFromHeader' are for loads of bytes: leave them out for rows");
		}
		CopyFormat binary = CopyFormat.binary();
		return Mono.defer(() -> this.settings.observe("in", this.table.toString(), binary, (context) -> {
			CopyMeter meter = new CopyMeter(context, this.listener, this.total);
			return CopyTable.find(this.settings, this.table)
				.flatMap((table) -> work
					.apply(new CopyLoad(this.settings, table, binary, this.condition, meter, this.parallel), table))
				.map((rows) -> meter.complete(rows, "Loaded into " + this.table));
		}).singleOrEmpty());
	}

	private Flux<Chunk> decoded(Flux<Chunk> data, CopyFormat format) {
		return (format.kind() != Kind.BINARY)
				? ByteStage.apply(data, () -> TextDecoding.forServer(format, this.settings.frameSize())) : data;
	}

	private void checkCombination(CopyFormat format) {
		if (this.columnsFromHeader && format.kind() != Kind.CSV && format.kind() != Kind.TEXT) {
			throw new InvalidDataAccessApiUsageException(
					"'columnsFromHeader' needs a format with a header line, CSV or text, and not " + format);
		}
		if (this.columnsFromHeader && !this.columns.isEmpty()) {
			throw new InvalidDataAccessApiUsageException("'columns' and 'columnsFromHeader' exclude each other");
		}
		if (this.parallel > 1 && (format.has(CopyOption.FREEZE) || !RecordScanner.canSplit(format))) {
			throw new InvalidDataAccessApiUsageException(format.has(CopyOption.FREEZE)
					? "'freeze' needs the transaction that created the table: a parallel load runs in several"
					: "A source in " + format.encoding() + " cannot be cut for a parallel load: convert it to UTF-8");
		}
	}

	private List<String> headerColumns(CopyTable table, @Nullable Chunk first, CopyFormat format) {
		List<String> names = HeaderLine.read(first, format);
		table.checkColumns(names);
		return names;
	}

	private List<String> columns(CopyTable table) {
		return !this.columns.isEmpty() ? this.columns : table.loadedColumns();
	}

	/**
	 * Whether lines of JSON are taken apart, rather than stored whole in the one column
	 * that there is for them.
	 */
	private boolean isByKey(CopyTable table, CopyFormat format) {
		if (format.kind() != Kind.JSON_LINES) {
			return false;
		}
		List<String> columns = columns(table);
		return columns.size() != 1 || !table.isJson(columns.get(0));
	}

	private Mono<Long> loadByKey(CopyTable table, Flux<Chunk> data, CopyFormat format, CopyMeter meter) {
		if (!format.equals(CopyFormat.jsonLines())) {
			throw new InvalidDataAccessApiUsageException(
					"JSON lines that are taken apart by their keys have no options of the server: load them into one"
							+ " column of the type json or jsonb for " + format + ", and name it with 'columns'");
		}
		RowMapping mapping = mapping(table);
		mapping.requireJson();
		CopyLoad load = new CopyLoad(this.settings, table, CopyFormat.binary(), this.condition, meter, this.parallel);
		return Mono.defer(() -> {
			JsonLines lines = new JsonLines();
			return lines.of(data).switchOnFirst((first, all) -> {
				JsonLine line = first.get();
				if (line == null) {
					return all.cast(Long.class).defaultIfEmpty(0L);
				}
				List<RowColumn> columns = !this.columns.isEmpty() ? table.rowColumns(this.columns)
						: keys(table, line, mapping);
				return load.run(all, mapping.encodeJsonLines(columns), lines);
			}).singleOrEmpty();
		});
	}

	private static List<RowColumn> keys(CopyTable table, JsonLine line, RowMapping mapping) {
		List<String> keys = mapping.columns(line);
		if (keys.isEmpty()) {
			throw line.failure("The first line tells the columns by its keys, and has none: name them with 'columns'",
					null, null);
		}
		try {
			return table.rowColumns(keys);
		}
		catch (UnknownColumnException ex) {
			throw line.failure(String.valueOf(ex.getMessage()), null, ex);
		}
	}

	private RowMapping mapping(CopyTable table) {
		return this.settings.mapping().forServer(table.serverVersion());
	}

	CopyFormat format() {
		return (this.format != null) ? this.format : CopyFormat.csv();
	}

	@Nullable CopyFormat declaredFormat() {
		return this.format;
	}

	boolean hasColumns() {
		return !this.columns.isEmpty();
	}

	CopySettings settings() {
		return this.settings;
	}

}
