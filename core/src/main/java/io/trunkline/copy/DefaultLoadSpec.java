package io.trunkline.copy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Pattern;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.copy.CopyOption.Direction;
import io.trunkline.schema.TableName;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.Resource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link LoadSpec}.
 */
final class DefaultLoadSpec implements LoadSpec {

	private static final List<CopyOption> REFUSED = List.of(CopyOption.FREEZE, CopyOption.DEFAULT, CopyOption.ON_ERROR,
			CopyOption.REJECT_LIMIT, CopyOption.LOG_VERBOSITY);

	private static final Pattern TYPE = Pattern
		.compile("[\\p{L}_\"][\\p{L}\\p{N}_$ .\"]*(\\([\\d ,]*\\))?[\\w ]*(\\[\\d*])*");

	final CopySettings settings;

	final TableName table;

	List<String> columns = List.of();

	boolean columnsFromHeader;

	CopyFormat format = CopyFormat.csv();

	@Nullable Compression compression;

	@Nullable Long total;

	@Nullable Consumer<? super CopyProgress> listener;

	@Nullable String staging;

	Map<String, String> stagingColumns = Map.of();

	List<BoundSql> before = List.of();

	List<BoundSql> after = List.of();

	Merge merge = Merge.insert();

	@Nullable DuplicateKeys duplicateKeys;

	@Nullable Rejects rejects;

	DefaultLoadSpec(CopySettings settings, TableName table) {
		this.settings = settings;
		this.table = table;
	}

	private DefaultLoadSpec with(Consumer<DefaultLoadSpec> change) {
		DefaultLoadSpec copy = new DefaultLoadSpec(this.settings, this.table);
		copy.columns = this.columns;
		copy.columnsFromHeader = this.columnsFromHeader;
		copy.format = this.format;
		copy.compression = this.compression;
		copy.total = this.total;
		copy.listener = this.listener;
		copy.staging = this.staging;
		copy.stagingColumns = this.stagingColumns;
		copy.before = this.before;
		copy.after = this.after;
		copy.merge = this.merge;
		copy.duplicateKeys = this.duplicateKeys;
		copy.rejects = this.rejects;
		change.accept(copy);
		return copy;
	}

	@Override
	public LoadSpec columns(String... columns) {
		List<String> names = List.of(columns);
		CopyTable.columnList(names);
		return with((spec) -> spec.columns = names);
	}

	@Override
	public LoadSpec columnsFromHeader() {
		return with((spec) -> spec.columnsFromHeader = true);
	}

	@Override
	public LoadSpec format(CopyFormat format) {
		Assert.notNull(format, "'format' must not be null");
		format.minimumVersion(Direction.IN);
		for (CopyOption option : REFUSED) {
			if (format.has(option)) {
				throw new InvalidDataAccessApiUsageException("'" + option.method()
						+ "' does not go with a load by way of a staging table: use copyIn, or reject(…) for bad rows");
			}
		}
		return with((spec) -> spec.format = format);
	}

	@Override
	public LoadSpec compression(Compression compression) {
		Assert.notNull(compression, "'compression' must not be null");
		return with((spec) -> spec.compression = compression);
	}

	@Override
	public LoadSpec total(long bytes) {
		Assert.isTrue(bytes >= 0, () -> "'bytes' must not be negative, and is " + bytes);
		return with((spec) -> spec.total = bytes);
	}

	@Override
	public LoadSpec onProgress(Consumer<? super CopyProgress> listener) {
		Assert.notNull(listener, "'listener' must not be null");
		return with((spec) -> spec.listener = listener);
	}

	@Override
	public LoadSpec staging(String name) {
		SqlIdentifiers.quote(name, "name");
		return with((spec) -> spec.staging = name);
	}

	@Override
	public LoadSpec stagingColumn(String name, String type) {
		SqlIdentifiers.quote(name, "name");
		Assert.isTrue(TYPE.matcher(type).matches(), () -> "'type' [" + type + "] is not the name of a type");
		Map<String, String> columns = new LinkedHashMap<>(this.stagingColumns);
		columns.put(name, type);
		return with((spec) -> spec.stagingColumns = columns);
	}

	@Override
	public LoadSpec beforeMerge(String sql, Object... parameters) {
		List<BoundSql> statements = appended(this.before, BoundSql.of(sql, parameters));
		return with((spec) -> spec.before = statements);
	}

	@Override
	public LoadSpec afterMerge(String sql, Object... parameters) {
		List<BoundSql> statements = appended(this.after, BoundSql.of(sql, parameters));
		return with((spec) -> spec.after = statements);
	}

	private static List<BoundSql> appended(List<BoundSql> statements, BoundSql further) {
		List<BoundSql> all = new ArrayList<>(statements);
		all.add(further);
		return List.copyOf(all);
	}

	@Override
	public LoadSpec merge(Merge merge) {
		Assert.notNull(merge, "'merge' must not be null");
		return with((spec) -> spec.merge = merge);
	}

	@Override
	public LoadSpec duplicateKeys(DuplicateKeys duplicateKeys) {
		Assert.notNull(duplicateKeys, "'duplicateKeys' must not be null");
		return with((spec) -> spec.duplicateKeys = duplicateKeys);
	}

	@Override
	public LoadSpec reject(Rejects rejects) {
		Assert.notNull(rejects, "'rejects' must not be null");
		return with((spec) -> spec.rejects = rejects);
	}

	@Override
	public Mono<LoadReport> from(Path source) {
		Assert.notNull(source, "'source' must not be null");
		Flux<DataBuffer> content = DataBufferUtils.read(source, DefaultDataBufferFactory.sharedInstance,
				this.settings.frameSize());
		return CopyFiles.blocking(() -> Files.size(source))
			.flatMap((size) -> load(content, source.toString(), size, true, (copy) -> copy.from(source)));
	}

	@Override
	public Mono<LoadReport> from(Resource source) {
		Assert.notNull(source, "'source' must not be null");
		Flux<DataBuffer> content = DataBufferUtils
			.read(source, DefaultDataBufferFactory.sharedInstance, this.settings.frameSize())
			.subscribeOn(Schedulers.boundedElastic());
		return CopyFiles.blocking(() -> source.isFile() ? source.contentLength() : -1)
			.flatMap((size) -> load(content, source.getFilename(), (size >= 0) ? size : null, size >= 0,
					(copy) -> copy.from(source)));
	}

	@Override
	public Mono<LoadReport> from(Publisher<? extends DataBuffer> source) {
		Assert.notNull(source, "'source' must not be null");
		return load(source, null, null, false, (copy) -> copy.from(source));
	}

	private Mono<LoadReport> load(Publisher<? extends DataBuffer> source, @Nullable String fileName,
			@Nullable Long size, boolean repeatable, Function<CopyInSpec, Mono<CopyResult>> direct) {
		Compression compression = (this.compression != null) ? this.compression : Compression.ofFileName(fileName);
		int frameSize = this.settings.frameSize();
		return LoadRun.of(this, this.format.toString(), new LoadSource.Bytes((passed) -> {
			Flux<Chunk> frames = Framer.frames(source, frameSize, passed);
			return switch (compression) {
				case NONE -> frames;
				case GZIP -> ByteStage.apply(frames, () -> new GzipInflation(frameSize));
				case ZSTD -> ByteStage.apply(frames, ZstdStages.decompression(frameSize));
			};
		}, size, repeatable, direct));
	}

	@Override
	public Mono<LoadReport> fromMaps(Publisher<? extends Map<String, ?>> rows) {
		Assert.notNull(rows, "'rows' must not be null");
		checkRows();
		Flux<Map<String, ?>> maps = Flux.<Map<String, ?>>from(rows);
		return LoadRun.of(this, "maps",
				new LoadSource.Rows<Map<String, ?>>(maps,
						(first) -> (first != null) ? List.copyOf(first.keySet()) : List.of(),
						(staged) -> this.settings.mapping().encodeMaps(staged), (copy) -> copy.fromMaps(rows)));
	}

	@Override
	public <T> Mono<LoadReport> fromObjects(Publisher<? extends T> rows, Class<T> type) {
		Assert.notNull(rows, "'rows' must not be null");
		Assert.notNull(type, "'type' must not be null");
		checkRows();
		Flux<T> objects = Flux.<T>from(rows);
		return LoadRun.of(this, "objects",
				new LoadSource.Rows<T>(objects, (first) -> this.settings.mapping().writableColumns(type),
						(staged) -> this.settings.mapping().encodeObjects(type, staged),
						(copy) -> copy.fromObjects(rows, type)));
	}

	private void checkRows() {
		if (!this.format.equals(CopyFormat.csv()) || this.compression != null || this.columnsFromHeader) {
			throw new InvalidDataAccessApiUsageException("'format', 'compression' and 'columnsFromHeader'"
					+ " are for loads of bytes: leave them out for rows");
		}
	}

	/**
	 * Refuse what does not go together.
	 */
	void check() {
		boolean ownSql = this.merge.kind() == Merge.Kind.SQL;
		if (this.columnsFromHeader && (!this.columns.isEmpty() || !this.stagingColumns.isEmpty())) {
			throw new InvalidDataAccessApiUsageException("'columnsFromHeader' and declared columns exclude each other");
		}
		if (this.columnsFromHeader && this.format.kind() != CopyFormat.Kind.CSV
				&& this.format.kind() != CopyFormat.Kind.TEXT) {
			throw new InvalidDataAccessApiUsageException(
					"'columnsFromHeader' needs a format with a header line, CSV or text, and not " + this.format);
		}
		if (!this.stagingColumns.isEmpty() && !ownSql) {
			throw new InvalidDataAccessApiUsageException("'stagingColumn' needs a merge that knows what to do with"
					+ " it: use Merge.sql(…), or leave it out");
		}
		if (ownSql && this.duplicateKeys != null) {
			throw new InvalidDataAccessApiUsageException("'duplicateKeys' does not go with Merge.sql(…)");
		}
		if (this.rejects != null && this.format.kind() == CopyFormat.Kind.BINARY) {
			throw new InvalidDataAccessApiUsageException(
					"'reject' does not go with the format binary, in which no row can be skipped");
		}
		if (this.rejects != null && this.merge.isDeletingMissing()) {
			throw new InvalidDataAccessApiUsageException("'reject' does not go with 'deletingMissing':"
					+ " rows that are only bad in the source would be deleted");
		}
		if (this.rejects != null) {
			SourceEncodings.required(this.format.encoding());
		}
	}

	/**
	 * Return the copy that does the same without a staging table.
	 */
	CopyInSpec directCopy() {
		CopyInSpec copy = new DefaultCopyInSpec(this.settings, this.table);
		if (!this.columns.isEmpty()) {
			copy = copy.columns(this.columns.toArray(String[]::new));
		}
		if (this.columnsFromHeader) {
			copy = copy.columnsFromHeader();
		}
		if (!this.format.equals(CopyFormat.csv())) {
			copy = copy.format(this.format);
		}
		if (this.compression != null) {
			copy = copy.compression(this.compression);
		}
		if (this.total != null) {
			copy = copy.total(this.total);
		}
		return (this.listener != null) ? copy.onProgress(this.listener) : copy;
	}

}
