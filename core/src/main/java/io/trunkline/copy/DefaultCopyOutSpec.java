package io.trunkline.copy;

import java.io.OutputStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;

import io.netty.buffer.ByteBuf;
import io.trunkline.connection.OperationContext;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.copy.CopyFormat.Kind;
import io.trunkline.copy.CopyOption.Direction;
import io.trunkline.copy.RowPacker.RowForm;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link CopyOutSpec}.
 */
final class DefaultCopyOutSpec implements CopyOutSpec {

	/** What observations call the table of a query. */
	private static final String QUERY = "(query)";

	private final CopySettings settings;

	private final CopySource source;

	private List<String> columns = List.of();

	private QueryParameters parameters = QueryParameters.NONE;

	private @Nullable CopyFormat format;

	private @Nullable Compression compression;

	private boolean formulasDefused;

	private @Nullable Consumer<? super CopyProgress> listener;

	DefaultCopyOutSpec(CopySettings settings, CopySource source) {
		this.settings = settings;
		this.source = source;
	}

	private DefaultCopyOutSpec with(Consumer<DefaultCopyOutSpec> change) {
		DefaultCopyOutSpec copy = new DefaultCopyOutSpec(this.settings, this.source);
		copy.columns = this.columns;
		copy.parameters = this.parameters;
		copy.format = this.format;
		copy.compression = this.compression;
		copy.formulasDefused = this.formulasDefused;
		copy.listener = this.listener;
		change.accept(copy);
		return copy;
	}

	@Override
	public CopyOutSpec columns(String... columns) {
		List<String> names = List.of(columns);
		CopyTable.columnList(names);
		if (this.source.query() != null) {
			throw new InvalidDataAccessApiUsageException("A query has its own columns: name them in its SELECT");
		}
		return with((spec) -> spec.columns = names);
	}

	@Override
	public CopyOutSpec bind(String name, Object value) {
		Assert.notNull(value, "'value' must not be null: use bindNull");
		return bind(name, Optional.of(value));
	}

	@Override
	public CopyOutSpec bindNull(String name) {
		return bind(name, Optional.empty());
	}

	private CopyOutSpec bind(String name, Optional<Object> value) {
		QueryParameters parameters = this.parameters.with(name, value);
		if (this.source.query() == null) {
			throw new InvalidDataAccessApiUsageException("A table has no parameters: use copyOutQuery");
		}
		return with((spec) -> spec.parameters = parameters);
	}

	@Override
	public CopyOutSpec format(CopyFormat format) {
		Assert.notNull(format, "'format' must not be null");
		format.minimumVersion(Direction.OUT);
		if (format.utf16() != null) {
			throw new InvalidDataAccessApiUsageException("The server does not write UTF-16: use another 'encoding'");
		}
		return with((spec) -> spec.format = format);
	}

	@Override
	public CopyOutSpec compression(Compression compression) {
		Assert.notNull(compression, "'compression' must not be null");
		return with((spec) -> spec.compression = compression);
	}

	@Override
	public CopyOutSpec defuseFormulas() {
		return with((spec) -> spec.formulasDefused = true);
	}

	@Override
	public CopyOutSpec onProgress(Consumer<? super CopyProgress> listener) {
		Assert.notNull(listener, "'listener' must not be null");
		return with((spec) -> spec.listener = listener);
	}

	@Override
	public Flux<DataBuffer> data() {
		CopyFormat format = format();
		return this
			.<Chunk>observe(format, (export) -> export.frames(compressionOf(null)).doOnComplete(export::complete))
			.map((frame) -> DefaultDataBufferFactory.sharedInstance.wrap(frame.toByteBuffer()));
	}

	@Override
	public Mono<CopyResult> to(Path target) {
		Assert.notNull(target, "'target' must not be null");
		return export(compressionOf(target.toString()), (frames) -> CopyFiles.write(frames, target));
	}

	@Override
	public Mono<CopyResult> to(OutputStream target) {
		Assert.notNull(target, "'target' must not be null");
		return export(compressionOf(null), (frames) -> CopyFiles.write(frames, target));
	}

	private Mono<CopyResult> export(Compression compression, Function<Flux<Chunk>, Mono<Void>> sink) {
		return observe(format(),
				(export) -> sink.apply(export.frames(compression)).then(Mono.fromSupplier(export::complete)))
			.singleOrEmpty();
	}

	@Override
	public Flux<Map<String, @Nullable Object>> maps() {
		return rows(RowMapping::decodeMaps);
	}

	@Override
	public <T> Flux<T> objects(Class<T> type) {
		Assert.notNull(type, "'type' must not be null");
		return rows((mapping, columns) -> mapping.decodeObjects(type, columns));
	}

	private <T> Flux<T> rows(BiFunction<RowMapping, List<RowColumn>, RowDecoding<T>> plan) {
		if (this.format != null || this.compression != null || this.formulasDefused) {
			throw new InvalidDataAccessApiUsageException(
					"Rows are read without 'format', 'compression' and 'defuseFormulas'");
		}
		SqlText query = this.source.query();
		if (query != null) {
			RowSelection.check(query);
		}
		return observe(CopyFormat.binary(), (export) -> export.rows(plan));
	}

	@Override
	public Mono<CopyResult> into(CopyInSpec target) {
		Assert.isInstanceOf(DefaultCopyInSpec.class, target, "'target' must come from a BulkCopyService:");
		DefaultCopyInSpec load = (DefaultCopyInSpec) target;
		CopyFormat declared = (load.declaredFormat() != null) ? load.declaredFormat() : this.format;
		CopyFormat format = (declared != null) ? declared : CopyFormat.text();
		if (format.kind() == Kind.JSON_LINES) {
			throw new InvalidDataAccessApiUsageException(
					"JSON lines go to one column only: copy to another table in the format text, binary or csv");
		}
		Flux<Chunk> frames = observe(format.only(Direction.OUT),
				(export) -> export.frames(Compression.NONE).doOnComplete(export::complete));
		return refuseOneTransaction(load).then(Mono.defer(() -> (load.hasColumns() || this.source.query() != null)
				? Mono.just(List.<String>of()) : CopyTable.find(this.settings, this.source.table()).map(this::columns)))
			.flatMap((columns) -> {
				DefaultCopyInSpec matched = columns.isEmpty() ? load : load.columns(columns.toArray(String[]::new));
				return matched.format(format.only(Direction.IN)).load(frames);
			});
	}

	private Mono<Void> refuseOneTransaction(DefaultCopyInSpec load) {
		PostgresConnections connections = this.settings.connections();
		if (connections.getConnectionFactory() != load.settings().connections().getConnectionFactory()) {
			return Mono.empty();
		}
		return connections.isTransactionActive()
			.flatMap((active) -> active ? Mono.error(new InvalidDataAccessApiUsageException(
					"One transaction cannot copy out and in at the same time: use INSERT … SELECT, or copy outside it"))
					: Mono.empty());
	}

	private CopyFormat format() {
		CopyFormat format = (this.format != null) ? this.format : CopyFormat.csv();
		if (this.formulasDefused) {
			FormulaGuard.check(format);
		}
		return format;
	}

	private Compression compressionOf(@Nullable String fileName) {
		return (this.compression != null) ? this.compression : Compression.ofFileName(fileName);
	}

	private <T> Flux<T> observe(CopyFormat format, Function<Export, ? extends Publisher<T>> work) {
		String table = (this.source.query() != null) ? QUERY : this.source.table().toString();
		return this.settings.observe("out", table, format, (context) -> work.apply(new Export(format, context)));
	}

	private List<String> columns(CopyTable table) {
		table.checkColumns(this.columns);
		return !this.columns.isEmpty() ? this.columns : table.exportedColumns();
	}

	/**
	 * One running export.
	 */
	private final class Export {

		private final CopyFormat format;

		private final CopyMeter meter;

		private final AtomicLong messages = new AtomicLong();

		Export(CopyFormat format, OperationContext context) {
			this.format = format;
			this.meter = new CopyMeter(context, DefaultCopyOutSpec.this.listener, null);
		}

		Flux<Chunk> frames(Compression compression) {
			int frameSize = DefaultCopyOutSpec.this.settings.frameSize();
			Flux<Chunk> packed = statement()
				.flatMapMany((sql) -> new RowPacker(DefaultCopyOutSpec.this.settings.connections().copyOut(sql),
						frameSize, form()));
			Flux<Chunk> frames = switch (compression) {
				case NONE -> packed;
				case GZIP -> ByteStage.apply(packed, () -> new GzipDeflation(frameSize));
				case ZSTD -> ByteStage.apply(packed, ZstdStages.compression(frameSize));
			};
			return frames.doOnNext((frame) -> {
				this.meter.rows(rows());
				this.meter.passed(frame.length());
			});
		}

		<T> Flux<T> rows(BiFunction<RowMapping, List<RowColumn>, RowDecoding<T>> plan) {
			CopySettings settings = DefaultCopyOutSpec.this.settings;
			return selection().flatMapMany((selection) -> {
				RowDecoding<T> decoding = plan.apply(settings.mapping().forServer(selection.serverVersion()),
						selection.columns());
				return decoding
					.decode(settings.connections()
						.copyOut(selection.copyOut(decoding))
						.doOnNext((row) -> this.meter.passedRow(row.readableBytes())))
					.doOnComplete(() -> this.meter.complete(Math.max(0, this.meter.flush() - 1),
							"Exported " + DefaultCopyOutSpec.this.source));
			});
		}

		private Mono<RowSelection> selection() {
			CopySettings settings = DefaultCopyOutSpec.this.settings;
			SqlText query = DefaultCopyOutSpec.this.source.query();
			if (query != null) {
				return RowSelection.ofQuery(settings, query, DefaultCopyOutSpec.this.parameters);
			}
			return CopyTable.find(settings, DefaultCopyOutSpec.this.source.table())
				.map((table) -> RowSelection.ofTable(table, DefaultCopyOutSpec.this.columns));
		}

		CopyResult complete() {
			return this.meter.complete(rows(), "Exported " + DefaultCopyOutSpec.this.source);
		}

		/**
		 * Each row is a message; so is a header line, or the trailer of the binary
		 * format.
		 */
		private long rows() {
			boolean oneMore = this.format.hasHeader() || this.format.kind() == Kind.BINARY
					|| this.format.kind() == Kind.JSON_LINES;
			return Math.max(0, this.messages.get() - (oneMore ? 1 : 0));
		}

		private RowForm form() {
			RowForm form = (this.format.kind() == Kind.JSON_LINES) ? new JsonRows()
					: DefaultCopyOutSpec.this.formulasDefused ? new FormulaGuard(this.format)
							: (row, output) -> output.write(row);
			return (row, output) -> {
				this.messages.lazySet(this.messages.get() + 1);
				form.write(row, output);
			};
		}

		private Mono<String> statement() {
			PostgresConnections connections = DefaultCopyOutSpec.this.settings.connections();
			SqlText query = DefaultCopyOutSpec.this.source.query();
			if (query != null) {
				return DefaultCopyOutSpec.this.parameters.render(connections, query)
					.flatMap((sql) -> checkVersion(connections)
						.thenReturn(statement("(" + sql + "\n)", "(" + sql + "\n)")));
			}
			return CopyTable.find(DefaultCopyOutSpec.this.settings, DefaultCopyOutSpec.this.source.table())
				.map((table) -> {
					this.format.checkVersion(table.serverVersion());
					String names = CopyTable.columnList(columns(table));
					String select = "(SELECT " + names + " FROM " + table.toSql() + ")";
					String whole = table.isPlainTable() ? table.toSql() + " (" + names + ")" : select;
					return statement(whole, select);
				});
		}

		private String statement(String whole, String query) {
			if (this.format.kind() == Kind.JSON_LINES) {
				return "COPY (SELECT pg_catalog.row_to_json(r.*) FROM " + query + " r) TO STDOUT (FORMAT binary)";
			}
			return "COPY " + whole + " TO STDOUT " + this.format.toSql();
		}

		private Mono<Void> checkVersion(PostgresConnections connections) {
			if (this.format.minimumVersion(Direction.OUT) == 0) {
				return Mono.empty();
			}
			return CopyTable.serverVersion(connections).doOnNext(this.format::checkVersion).then();
		}

	}

}
