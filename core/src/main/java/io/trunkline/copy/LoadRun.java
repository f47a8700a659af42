package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;

import io.micrometer.common.KeyValues;
import io.netty.buffer.ByteBuf;
import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.copy.CopyFormat.Kind;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.ColumnInfo.Identity;
import io.trunkline.schema.TableInfo;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * One running load.
 */
final class LoadRun {

	private static final Log logger = LogFactory.getLog(BulkCopyService.class);

	private final DefaultLoadSpec spec;

	private final LoadSource source;

	private final CopyMeter meter;

	/** Whether the transaction is the caller's, so that what is left behind stays. */
	private final boolean joined;

	private final PostgresConnections connections;

	private final Rejection rejection;

	private @Nullable CopyTable target;

	private @Nullable LoadFacts facts;

	private @Nullable RejectRun rejects;

	/** Reads lines of the source again, {@code null} where their text is staged. */
	private @Nullable Function<long[], Flux<Chunk>> rawLines;

	private final AbsentColumns absent = new AbsentColumns();

	/** The rows in the staging table, and those that were rejected from it. */
	private long staged;

	private long skipped;

	private long deleted;

	private MergeCounts merged = MergeCounts.NONE;

	private LoadRun(DefaultLoadSpec spec, LoadSource source, CopyMeter meter, boolean joined) {
		this.spec = spec;
		this.source = source;
		this.meter = meter;
		this.joined = joined;
		this.connections = spec.settings.connections();
		this.rejection = new Rejection(spec.rejects);
	}

	/**
	 * Make the load of a source.
	 */
	static Mono<LoadReport> of(DefaultLoadSpec spec, String format, LoadSource source) {
		spec.check();
		CopySettings settings = spec.settings;
		Long size = (spec.total != null || !(source instanceof LoadSource.Bytes bytes)) ? spec.total : bytes.size();
		KeyValues keyValues = KeyValues.of("table", spec.table.toString(), "format", format, "merge",
				spec.merge.toString());
		return OperationObservations.create(settings.observationRegistry())
			.observe("trunkline.copy.load", keyValues, (context) -> {
				CopyMeter meter = new CopyMeter(context, spec.listener, size);
				return settings.connections()
					.isTransactionActive()
					.flatMapMany((active) -> settings.connections()
						.inTransaction((connection) -> new LoadRun(spec, source, meter, active).run()));
			})
			.singleOrEmpty();
	}

	private Mono<LoadReport> run() {
		return findTarget().then(Mono.defer(() -> isDirect() ? direct() : staged()))
			.then(runAll(this.spec.after))
			.then(Mono.fromSupplier(this::report));
	}

	private Mono<Void> findTarget() {
		if (!this.spec.stagingColumns.isEmpty()) {
			return LoadFacts.find(this.connections, 0).doOnNext((found) -> this.facts = found).then();
		}
		return CopyTable.find(this.spec.settings, this.spec.table).doOnNext((found) -> {
			this.target = found;
			this.spec.format.checkVersion(found.serverVersion());
			found.checkColumns(this.spec.columns);
		})
			.flatMap((found) -> LoadFacts.find(this.connections, found.info().oid()))
			.doOnNext((found) -> this.facts = found)
			.then();
	}

	private TableInfo target() {
		return Objects.requireNonNull(this.target).info();
	}

	private LoadFacts facts() {
		return Objects.requireNonNull(this.facts);
	}

	private boolean isDirect() {
		Merge.Kind kind = this.spec.merge.kind();
		boolean inserting = kind == Merge.Kind.INSERT || kind == Merge.Kind.REPLACE;
		return inserting && this.spec.rejects == null && this.spec.before.isEmpty() && this.spec.staging == null
				&& this.spec.duplicateKeys == null && this.spec.format.kind() != Kind.JSON_LINES
				&& target().kind() != TableInfo.Kind.VIEW;
	}

	private Mono<Void> direct() {
		return deleteAll().then(Mono.defer(() -> this.source.direct().apply(this.spec.directCopy())))
			.doOnNext((result) -> {
				this.staged = result.rows();
				this.merged = new MergeCounts(result.rows(), 0);
				this.meter.count(result.bytes());
			})
			.then();
	}

	private Mono<Void> deleteAll() {
		if (this.spec.merge.kind() != Merge.Kind.REPLACE) {
			return Mono.empty();
		}
		return this.connections.update("DELETE FROM " + target().quotedName())
			.doOnNext((rows) -> this.deleted = rows)
			.then();
	}

	private Mono<Void> staged() {
		facts().check(this.rejection.isKept());
		return (this.source instanceof LoadSource.Rows<?> rows) ? rows(rows) : bytes((LoadSource.Bytes) this.source);
	}

	private <T> Mono<Void> rows(LoadSource.Rows<T> source) {
		return source.rows().switchOnFirst((first, all) -> {
			if (first.isOnError()) {
				return all.then();
			}
			List<String> columns = writable(source.columns().apply(first.get()));
			return load(columns, (staging) -> {
				RowEncoding<T> encoding = source.encoding()
					.apply(new StagedEncoding(staging.columns(), this.rejection));
				CopyFormat format = encoding.isBinary() ? CopyFormat.binary() : CopyFormat.text();
				Flux<ByteBuf> frames = encoding.encode(all)
					.doOnNext((frame) -> this.meter.passed(frame.readableBytes()));
				return this.connections.copyIn(staging.copyNumbered(format), frames);
			});
		}).then();
	}

	private List<String> writable(List<String> names) {
		if (this.target == null || !this.spec.columns.isEmpty() || names.isEmpty()) {
			return names;
		}
		List<String> key = keyIfAny();
		return names.stream()
			.filter((name) -> !target().column(name).isGenerated()
					&& (target().column(name).identity() != Identity.ALWAYS || key.contains(name)))
			.toList();
	}

	private Mono<Void> bytes(LoadSource.Bytes source) {
		CopyFormat format = this.spec.format;
		Flux<Chunk> frames = Flux.defer(() -> source.frames().apply(this.meter::passed));
		if (format.kind() == Kind.BINARY) {
			Flux<Chunk> followed = RecordScanner.follow(frames, format, CsvScanner.NO_END_OF_DATA_LINE, this.meter);
			return load(List.of(),
					(staging) -> this.connections.copyIn(staging.copy(format), followed.map(Chunk::toByteBuf))
						.onErrorMap((ex) -> CopyErrors.located(ex, 0)));
		}
		SourceEncodings.required(format.encoding());
		Flux<Chunk> text = decoded(frames);
		if (!this.spec.columnsFromHeader) {
			return load(List.of(), (staging) -> copy(staging, format, text, source));
		}
		return HeaderLine.first(text, format.inUtf8())
			.switchOnFirst((first, all) -> first.isOnError() ? all.then()
					: load(HeaderLine.read(first.get(), format.inUtf8()),
							(staging) -> copy(staging, format.hasHeader() ? format : format.header(), all, source)))
			.then();
	}

	private Flux<Chunk> decoded(Flux<Chunk> frames) {
		return ByteStage.apply(frames, () -> TextDecoding.toUtf8(this.spec.format, this.spec.settings.frameSize()));
	}

	private Mono<Long> copy(StagingTable staging, CopyFormat format, Flux<Chunk> text, LoadSource.Bytes source) {
		int frameSize = this.spec.settings.frameSize();
		boolean rawNeeded = this.rejection.rawLength() > 0 && this.spec.merge.kind() != Merge.Kind.SQL;
		if (rawNeeded && source.repeatable()) {
			this.rawLines = (lines) -> ByteStage.apply(decoded(source.frames().apply((bytes) -> {
			})), () -> new RawLines(format, staging.columns(), lines, this.rejection, frameSize));
		}
		boolean rawKept = rawNeeded && !source.repeatable();
		Flux<Chunk> rows = ByteStage.apply(text, () -> new StagingRows(format, staging, this.rejection, rawKept,
				this.absent, frameSize, this.meter::rows));
		return rows
			.switchOnFirst((first, all) -> this.connections.copyIn(staging.copyNoted(StagingRows.format(first.get())),
					all.map(Chunk::toByteBuf)))
			.singleOrEmpty();
	}

	/**
	 * Run the steps.
	 * @param found the columns that the source has as it says itself, empty where it does
	 * not
	 */
	private Mono<Void> load(List<String> found, Function<StagingTable, Mono<Long>> copy) {
		String name = (this.spec.staging != null) ? this.spec.staging : StagingTable.DEFAULT_NAME;
		if (this.target == null) {
			return createDeclared(name).flatMap((staging) -> load(staging, null, copy));
		}
		List<String> columns = columns(found);
		MergePlan plan = (this.spec.merge.kind() != Merge.Kind.SQL)
				? MergePlan.of(this.spec.merge, target(), columns, this.spec.duplicateKeys) : null;
		// What the client finds must be what the server would find.
		MergePlan known = (this.spec.before.isEmpty() && !facts().changingTriggers()) ? plan : null;
		boolean nullsRefused = known != null && known.refusesNulls() && columnsTold();
		// Only a merge that fails tells that the notes of keys are not complete.
		List<List<String>> keys = (known != null && this.rejection.isKept() && !known.mayFailLate(this.joined))
				? known.notableKeys() : List.of();
		StagingTable staging = new StagingTable(name,
				columns.stream().map((column) -> staged(target().column(column), nullsRefused)).toList(), keys);
		return this.connections.execute(staging.create()).then(load(staging, plan, copy));
	}

	/**
	 * Whether the columns are known before the records are.
	 */
	private boolean columnsTold() {
		return this.spec.format.kind() != Kind.JSON_LINES || !this.spec.columns.isEmpty();
	}

	private StagedColumn staged(ColumnInfo column, boolean nullsRefused) {
		StagedColumn staged = StagedColumn.of(column);
		return (nullsRefused && !column.nullable()) ? staged.notNull(target().name()) : staged;
	}

	private List<String> columns(List<String> found) {
		if (!this.spec.columns.isEmpty()) {
			return this.spec.columns;
		}
		if (!found.isEmpty()) {
			Objects.requireNonNull(this.target).checkColumns(found);
			return found;
		}
		List<String> key = keyIfAny();
		return target().columns()
			.stream()
			.filter((column) -> !column.isGenerated()
					&& (column.identity() != Identity.ALWAYS || key.contains(column.name())))
			.map((column) -> column.name())
			.toList();
	}

	private List<String> keyIfAny() {
		return (this.spec.merge.kind() != Merge.Kind.SQL)
				? MergePlan.key(this.spec.merge, target(), this.spec.duplicateKeys) : List.of();
	}

	/**
	 * Create the staging table with its declared columns, and read back what their types
	 * are.
	 */
	private Mono<StagingTable> createDeclared(String name) {
		List<StagedColumn> declared = new ArrayList<>();
		this.spec.stagingColumns.forEach((column, type) -> declared.add(StagedColumn.declared(column, type)));
		StagingTable staging = new StagingTable(name, declared, List.of());
		return this.connections.execute(staging.create())
			.then(Mono.defer(() -> this.spec.settings.catalog().table(staging.catalogName())))
			.map((info) -> staging
				.withColumns(declared.stream().map((column) -> StagedColumn.of(info.column(column.name()))).toList()));
	}

	private Mono<Void> load(StagingTable staging, @Nullable MergePlan plan, Function<StagingTable, Mono<Long>> copy) {
		RejectRun rejects = new RejectRun(this.spec.settings, this.spec.rejects, this.rejection, staging,
				() -> this.rawLines);
		this.rejects = rejects;
		String rowType = ((this.target != null) ? target().quotedName() : staging.quoted()) + "%ROWTYPE";
		return copy.apply(staging)
			.doOnNext((rows) -> this.staged = rows)
			.then(Mono.defer(() -> rejects.settle(rowType)))
			.then(runAll(this.spec.before))
			.then(Mono.defer(() -> recount(staging, rejects)))
			.then(Mono.defer(() -> (plan != null)
					? withoutAbsent(plan, staging).flatMap((used) -> merge(staging, used, rejects)) : ownSql(staging)))
			.then(Mono.defer(() -> rejects.deliver()))
			.then(Mono.defer(() -> this.joined
					? this.connections.execute(staging.drop()).then(facts().restore(this.connections)) : Mono.empty()));
	}

	private Mono<MergePlan> withoutAbsent(MergePlan plan, StagingTable staging) {
		return columnsTold() ? Mono.just(plan)
				: this.absent.leaveOut(plan, staging, !this.spec.before.isEmpty(), this.connections);
	}

	private Mono<Void> runAll(List<BoundSql> statements) {
		return Flux.fromIterable(statements)
			.concatMap((statement) -> this.connections.execute(statement.sql(), statement.values()))
			.then();
	}

	private Mono<Void> recount(StagingTable staging, RejectRun rejects) {
		return this.spec.before.isEmpty() ? Mono.empty() : this.connections
			.query("SELECT count(*) FROM " + staging.quoted(), (row) -> Objects.requireNonNull(row.get(0, Long.class)))
			.doOnNext((rows) -> this.staged = rows + rejects.rejected())
			.then();
	}

	private Mono<Void> ownSql(StagingTable staging) {
		return this.connections.execute(staging.dropExtraColumns())
			.thenMany(Flux.fromIterable(this.spec.merge.statements())
				.concatMap((statement) -> this.connections.update(statement.sql(), statement.values())))
			.reduce(0L, Long::sum)
			.doOnNext((rows) -> this.merged = new MergeCounts(rows, 0))
			.then();
	}

	private Mono<Void> merge(StagingTable staging, MergePlan plan, RejectRun rejects) {
		LoadMerge merge = new LoadMerge(this.connections, plan, staging, rejects, facts().changingTriggers(),
				this.joined);
		return deleteAll().then(Mono.defer(merge::run)).doOnNext((counts) -> {
			this.merged = counts;
			this.skipped = merge.skipped();
			this.deleted += merge.deleted();
		}).then();
	}

	private LoadReport report() {
		long rejected = (this.rejects != null) ? this.rejects.rejected() : 0;
		long staged = this.staged - rejected;
		long rest = staged - this.skipped - this.merged.inserted() - this.merged.updated();
		boolean updating = this.spec.merge.kind() == Merge.Kind.UPDATE;
		boolean ownSql = this.spec.merge.kind() == Merge.Kind.SQL;
		CopyResult result = this.meter.complete(this.merged.inserted() + this.merged.updated());
		LoadReport report = new LoadReport(this.spec.table.toString(), staged, this.merged.inserted(),
				this.merged.updated(), updating ? rest : 0, this.skipped + ((updating || ownSql) ? 0 : rest),
				this.deleted, rejected, (this.rejects != null) ? this.rejects.listed() : List.of(), result.bytes(),
				result.duration());
		logger.info(LogMessage.format(
				"Load into %s: %d staged, %d inserted, %d updated, %d unchanged, %d skipped, %d deleted, %d rejected in %d ms",
				report.table(), report.staged(), report.inserted(), report.updated(), report.unchanged(),
				report.skipped(), report.deleted(), report.rejected(), report.duration().toMillis()));
		return report;
	}

}
