package io.trunkline.copy;

import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.LongStream;

import io.r2dbc.spi.Parameters;
import io.r2dbc.spi.Readable;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.PostgresErrors;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * Moves the bad rows of one running load away, counts them, and hands them over.
 */
final class RejectRun {

	/**
	 * How many lines are looked for in one reading of the source.
	 */
	private static final int LINES_AT_ONCE = 500_000;

	private final PostgresConnections connections;

	private final int frameSize;

	private final @Nullable Rejects rejects;

	private final Rejection rejection;

	private final StagingTable staging;

	private final Supplier<@Nullable Function<long[], Flux<Chunk>>> rawLines;

	private final RejectSql sql;

	private long rejected;

	private List<RejectedRow> listed = List.of();

	/**
	 * Create a run.
	 * @param rejects where rejected rows go, {@code null} to fail with the first
	 * @param rejection what the client has found
	 * @param staging the tables of the load
	 * @param rawLines returns what reads lines of the source again, and writes them as
	 * rows with the line's number and its text; {@code null} where the text was staged
	 */
	RejectRun(CopySettings settings, @Nullable Rejects rejects, Rejection rejection, StagingTable staging,
			Supplier<@Nullable Function<long[], Flux<Chunk>>> rawLines) {
		this.connections = settings.connections();
		this.frameSize = settings.frameSize();
		this.rejects = rejects;
		this.rejection = rejection;
		this.staging = staging;
		this.rawLines = rawLines;
		this.sql = new RejectSql(staging);
	}

	/**
	 * Return how many rows were moved so far.
	 */
	long rejected() {
		return this.rejected;
	}

	/**
	 * Return the first of them, in the order of the source.
	 */
	List<RejectedRow> listed() {
		return this.listed;
	}

	/**
	 * Move the malformed rows away, and have the doubtful ones judged.
	 * @param rowType a type with the columns as they are in the end
	 */
	Mono<Void> settle(String rowType) {
		if (this.rejection.malformedRows() + this.rejection.doubtfulRows() == 0) {
			return Mono.empty();
		}
		return this.connections.execute(this.sql.judge(rowType))
			.then(this.connections
				.query("SELECT count(*) FROM " + this.staging.rejects(),
						(row) -> Objects.requireNonNull(row.get(0, Long.class)))
				.singleOrEmpty())
			.flatMap(this::count);
	}

	/**
	 * Take note of rows that were moved to the rejects.
	 */
	private Mono<Void> count(long rows) {
		this.rejected += rows;
		if (this.rejected == 0 || (this.rejects != null && this.rejected <= this.rejects.limit())) {
			return Mono.empty();
		}
		return list(Rejects.LISTED).flatMap((first) -> Mono.error((this.rejects != null)
				? new RejectLimitExceededException(this.rejects.limit(), first) : LoadErrors.of(first.get(0), null)));
	}

	private Mono<List<RejectedRow>> list(int limit) {
		return this.connections.query(this.sql.list(limit), RejectRun::rejectedRow).collectList();
	}

	private static RejectedRow rejectedRow(Readable row) {
		return new RejectedRow(Objects.requireNonNull(row.get(0, Long.class)), row.get(1, String.class),
				Objects.requireNonNull(row.get(2, String.class)), Objects.requireNonNull(row.get(3, String.class)),
				row.get(4, String.class));
	}

	/**
	 * Look for violations of constraints. A statement that fails is left out: the merge
	 * finds what it would have found.
	 */
	Mono<Void> findViolations(MergePlan plan) {
		return move(sql(plan).violations(plan));
	}

	/**
	 * Whether the load goes on without bad rows.
	 */
	boolean isKeeping() {
		return this.rejection.isKept();
	}

	/**
	 * Whether rows were noted as possible duplicates by the client.
	 */
	boolean isNoting() {
		return !this.staging.keys().isEmpty();
	}

	/**
	 * Look for duplicates in the source that {@link #findViolations} has missed.
	 */
	Mono<Void> findOtherDuplicates(MergePlan plan) {
		return move(sql(plan).otherDuplicates(plan));
	}

	private RejectSql sql(MergePlan plan) {
		return new RejectSql(this.staging.only(plan.columns()));
	}

	private Mono<Void> move(List<String> statements) {
		return Flux.fromIterable(statements)
			.concatMap((statement) -> this.connections.inTransaction((connection) -> this.connections.update(statement))
				.singleOrEmpty()
				.onErrorResume(
						(ex) -> PostgresErrors.sqlState(ex).filter((state) -> state.matches("(22|42).*")).isPresent(),
						(ex) -> Mono.just(0L))
				.flatMap(this::count))
			.then();
	}

	/**
	 * Move the rows that a merge cannot take as others have their key.
	 */
	Mono<Void> rejectDuplicates(MergePlan plan, MergeSql mergeSql) {
		if (plan.duplicateKeys() != DuplicateKeys.REJECT || plan.key().isEmpty()) {
			return Mono.empty();
		}
		return this.connections.update(this.sql.duplicateKeys(mergeSql, plan.key())).flatMap(this::count);
	}

	/**
	 * Move one row.
	 */
	Mono<Void> reject(RejectedRow row, Throwable ex) {
		if (!this.rejection.isKept()) {
			return Mono.error(LoadErrors.of(row, ex));
		}
		Object column = (row.column() != null) ? row.column() : Parameters.in(String.class);
		return this.connections.update(this.sql.one(), row.line(), column, row.reason(), row.sqlState())
			.flatMap((rows) -> {
				if (rows != 1) {
					throw new InvalidDataAccessApiUsageException(
							"A row that a statement before the merge has added cannot be loaded", ex);
				}
				return count(rows);
			});
	}

	/**
	 * Hand the rejects over.
	 */
	Mono<Void> deliver() {
		Rejects rejects = this.rejects;
		if (rejects == null) {
			return Mono.empty();
		}
		Mono<Void> list = list(rejects.listed()).doOnNext((rows) -> this.listed = rows).then();
		Mono<Void> table = (rejects.table() != null) ? store(rejects.table().quoted()) : Mono.empty();
		Mono<Void> file = (rejects.file() == null) ? Mono.empty()
				: CopyFiles.write(Flux.defer(() -> new RowPacker(this.connections.copyOut(this.sql.copyOut()),
						this.frameSize, (row, output) -> output.write(row))), rejects.file());
		return addRaw().then(list).then(table).then(file);
	}

	/**
	 * Add the text to the rows that do not have it.
	 */
	private Mono<Void> addRaw() {
		Function<long[], Flux<Chunk>> rawLines = this.rawLines.get();
		return (rawLines != null && this.rejected > 0) ? addRaw(rawLines, 0) : Mono.empty();
	}

	/**
	 * Add the text to the rows that do not have it.
	 * @param last the line to look behind
	 */
	private Mono<Void> addRaw(Function<long[], Flux<Chunk>> rawLines, long last) {
		return this.connections
			.query(this.sql.withoutRaw(LINES_AT_ONCE), (row) -> Objects.requireNonNull(row.get(0, Long.class)), last)
			.collect(LongStream::builder, LongStream.Builder::add)
			.map((builder) -> builder.build().toArray())
			.filter((lines) -> lines.length > 0)
			.flatMap((lines) -> this.connections.execute(this.sql.createRaw())
				.then(this.connections.copyIn(this.sql.copyRaw(), rawLines.apply(lines).map(Chunk::toByteBuf)))
				.then(this.connections.execute(this.sql.addRaw()))
				.then(Mono.defer(() -> (lines.length == LINES_AT_ONCE) ? addRaw(rawLines, lines[lines.length - 1])
						: Mono.empty())));
	}

	private Mono<Void> store(String table) {
		return this.connections
			.query("SELECT pg_catalog.to_regclass($1) IS NOT NULL",
					(row) -> Boolean.TRUE.equals(row.get(0, Boolean.class)), table)
			.singleOrEmpty()
			.flatMap((exists) -> exists ? Mono.empty() : this.connections.execute(this.sql.createTable(table)))
			.then(this.connections.execute(this.sql.store(table)));
	}

}
