package io.trunkline.copy;

import java.util.List;
import java.util.Objects;
import java.util.function.BiFunction;

import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.PostgresError;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.copy.Merge.Kind;
import io.trunkline.schema.ConstraintInfo;
import io.trunkline.schema.ConstraintInfo.Check;
import io.trunkline.schema.ConstraintInfo.ForeignKey;
import io.trunkline.schema.ConstraintInfo.UniqueKey;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Brings the staged rows into the table: all at once, and where that fails for a row's
 * sake, in halves, until the bad rows are found.
 */
final class MergeRun {

	private static final String DUPLICATE_KEY = "23505";

	private static final String DUPLICATE_IN_COMMAND = "21000";

	private final PostgresConnections connections;

	private final MergePlan plan;

	private final MergeSql sql;

	private final StagingTable staging;

	/** Takes a bad row and its error. */
	private final BiFunction<RejectedRow, Throwable, Mono<Void>> badRow;

	MergeRun(PostgresConnections connections, MergePlan plan, StagingTable staging,
			BiFunction<RejectedRow, Throwable, Mono<Void>> badRow) {
		this.connections = connections;
		this.plan = plan;
		this.sql = new MergeSql(plan, staging);
		this.staging = staging;
		this.badRow = badRow;
	}

	/**
	 * Whether an error is about the data, and not about the statement or the server.
	 */
	static boolean isAboutRows(Throwable ex) {
		String state = PostgresErrors.sqlState(ex).orElse("");
		return state.startsWith("22") || state.startsWith("23") || state.startsWith("44") || state.startsWith("P0");
	}

	static boolean isDuplicateKey(Throwable ex) {
		return PostgresErrors.sqlState(ex).filter(DUPLICATE_KEY::equals).isPresent();
	}

	static boolean isDuplicateInCommand(Throwable ex) {
		return PostgresErrors.sqlState(ex).filter(DUPLICATE_IN_COMMAND::equals).isPresent();
	}

	/**
	 * Merge all rows, and go back to before on an error.
	 */
	Mono<MergeCounts> attempt() {
		return attempt(LineRange.ALL);
	}

	private Mono<MergeCounts> attempt(LineRange lines) {
		return this.connections.inTransaction((connection) -> merge(lines)).singleOrEmpty();
	}

	/**
	 * Merge the rows that can be, after all of them could not.
	 * @param known why not
	 */
	Mono<MergeCounts> findBadRows(Throwable known) {
		String bounds = "SELECT min(" + StagingTable.LINE + "), max(" + StagingTable.LINE + ") FROM "
				+ this.staging.quoted();
		return this.connections
			.execute("CREATE INDEX ON " + this.staging.quoted() + " (" + StagingTable.LINE + "); ANALYZE "
					+ this.staging.quoted())
			.then(this.connections
				.query(bounds,
						(row) -> new LineRange(Objects.requireNonNull(row.get(0, Long.class)),
								Objects.requireNonNull(row.get(1, Long.class))))
				.singleOrEmpty())
			.flatMap((lines) -> halve(lines, known));
	}

	private Mono<MergeCounts> halve(LineRange lines, Throwable known) {
		if (lines.isOne()) {
			return this.badRow.apply(rejected(lines.first(), known), known).thenReturn(MergeCounts.NONE);
		}
		return half(lines.firstHalf()).flatMap((first) -> half(lines.secondHalf()).map(first::plus));
	}

	private Mono<MergeCounts> half(LineRange lines) {
		return Mono
			.defer(() -> attempt(lines).onErrorResume(MergeRun::isAboutRows, (failure) -> halve(lines, failure)));
	}

	private Mono<MergeCounts> merge(LineRange lines) {
		Kind kind = this.plan.merge().kind();
		if (kind == Kind.IGNORE || (kind == Kind.UPDATE && this.plan.updatedColumns().isEmpty())) {
			boolean onConflict = this.plan.key().isEmpty() || this.plan.usesOnConflict();
			return inserted(onConflict ? this.sql.insertIgnoring(lines) : this.sql.insertMissing(lines));
		}
		return (kind == Kind.UPDATE) ? update(lines) : inserted(this.sql.insert(lines));
	}

	private Mono<MergeCounts> inserted(String statement) {
		return this.connections.update(statement).map((rows) -> new MergeCounts(rows, 0));
	}

	private Mono<MergeCounts> update(LineRange lines) {
		if (!this.plan.usesOnConflict()) {
			return this.connections.update(this.sql.update(lines))
				.flatMap((updated) -> this.connections.update(this.sql.insertMissing(lines))
					.map((inserted) -> new MergeCounts(inserted, updated)));
		}
		if (this.sql.canTellInserted()) {
			return this.connections
				.query(this.sql.counted(this.sql.upsert(lines)),
						(row) -> new MergeCounts(Objects.requireNonNull(row.get(0, Long.class)),
								Objects.requireNonNull(row.get(1, Long.class))))
				.singleOrEmpty();
		}
		return this.connections
			.query(this.sql.countMissing(lines), (row) -> Objects.requireNonNull(row.get(0, Long.class)))
			.singleOrEmpty()
			.flatMap((inserted) -> this.connections.update(this.sql.upsert(lines))
				.map((written) -> new MergeCounts(inserted, Math.max(0, written - inserted))));
	}

	/**
	 * Describe the error of a line as a rejected row.
	 */
	RejectedRow rejected(long line, Throwable ex) {
		PostgresError error = PostgresErrors.find(ex).orElseThrow();
		String column = (error.column() != null) ? error.column() : columnOf(error.constraint());
		return new RejectedRow(line, column, error.message(), error.sqlState(), null);
	}

	private @Nullable String columnOf(@Nullable String constraint) {
		for (ConstraintInfo candidate : this.plan.target().constraints()) {
			if (candidate.name().equals(constraint)) {
				List<String> columns = (candidate instanceof Check check) ? check.columns()
						: (candidate instanceof ForeignKey key) ? key.columns()
								: (candidate instanceof UniqueKey unique && unique.expressions().isEmpty())
										? unique.columns() : List.of();
				return (columns.size() == 1) ? columns.get(0) : null;
			}
		}
		return null;
	}

}
