package io.trunkline.copy;

import java.util.Objects;

import io.trunkline.connection.PostgresConnections;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The merge of one running load: settles what to do with duplicates in the source,
 * merges, and where rows are bad, goes on without them or stops at the first.
 */
final class LoadMerge {

	private final PostgresConnections connections;

	private final MergePlan plan;

	private final MergeSql sql;

	private final RejectRun rejects;

	private final MergeRun run;

	private final boolean changingTriggers;

	/** Whether an error may come only when all rows have been written. */
	private final boolean failingLate;

	private long skipped;

	private long deleted;

	/**
	 * Create a merge.
	 * @param changingTriggers whether triggers may change rows before they are checked
	 * @param joined whether the transaction is the caller's
	 */
	LoadMerge(PostgresConnections connections, MergePlan plan, StagingTable staging, RejectRun rejects,
			boolean changingTriggers, boolean joined) {
		this.connections = connections;
		this.plan = plan;
		this.sql = new MergeSql(plan, staging);
		this.rejects = rejects;
		this.run = new MergeRun(connections, plan, staging, rejects::reject);
		this.changingTriggers = changingTriggers;
		this.failingLate = plan.mayFailLate(joined);
	}

	/**
	 * Return how many rows of the source were left out for others with their key.
	 */
	long skipped() {
		return this.skipped;
	}

	/**
	 * Return how many rows of the table were deleted as the source does not have them.
	 */
	long deleted() {
		return this.deleted;
	}

	Mono<MergeCounts> run() {
		return settleDuplicates()
			.then(Mono.defer(() -> (this.rejects.isKeeping() && this.failingLate) ? rejecting() : merging()))
			.flatMap((counts) -> this.plan.merge().isDeletingMissing() ? deleteMissing().thenReturn(counts)
					: Mono.just(counts));
	}

	private Mono<MergeCounts> merging() {
		return this.run.attempt()
			.onErrorResume((ex) -> MergeRun.isAboutRows(ex) || MergeRun.isDuplicateInCommand(ex),
					(ex) -> this.rejects.isKeeping() ? rejecting() : stopping(ex));
	}

	/**
	 * Merge without the bad rows. A merge that failed for their sake has mostly failed
	 * soon, so that to look for them only then costs less than to do it always. Where
	 * triggers change the rows, what is in the staging table does not tell.
	 */
	private Mono<MergeCounts> rejecting() {
		Mono<Void> violations = this.changingTriggers ? Mono.empty() : this.rejects.findViolations(this.plan);
		Mono<MergeCounts> again = Mono
			.defer(() -> this.run.attempt().onErrorResume(MergeRun::isAboutRows, this.run::findBadRows));
		return violations.then(Mono.defer(() -> this.rejects.rejectDuplicates(this.plan, this.sql)))
			.then(Mono.defer(() -> this.run.attempt()
				.onErrorResume(MergeRun::isAboutRows, (ex) -> MergeRun.isDuplicateKey(ex) && this.rejects.isNoting()
						? this.rejects.findOtherDuplicates(this.plan).then(again) : this.run.findBadRows(ex))));
	}

	/**
	 * Find the row that a merge failed for. Duplicates come first, also where it was
	 * another one that the server met: they would fail the halves.
	 */
	private Mono<MergeCounts> stopping(Throwable ex) {
		Mono<MergeCounts> duplicate = this.plan.isDuplicateToldByServer()
				? duplicate(MergeRun.isDuplicateInCommand(ex) ? ex : null) : Mono.empty();
		return duplicate.switchIfEmpty(Mono.defer(() -> this.run.findBadRows(ex).then(Mono.error(ex))));
	}

	private Mono<Void> deleteMissing() {
		return this.connections.update(this.sql.deleteMissing()).doOnNext((rows) -> this.deleted = rows).then();
	}

	private Mono<Void> settleDuplicates() {
		DuplicateKeys rule = this.plan.duplicateKeys();
		if (rule == null || this.plan.key().isEmpty()) {
			return Mono.empty();
		}
		if (rule != DuplicateKeys.REJECT) {
			return this.connections.update(this.sql.dropDuplicates()).doOnNext((rows) -> this.skipped = rows).then();
		}
		if (this.plan.isDuplicateToldByServer()) {
			return Mono.empty();
		}
		return this.rejects.isKeeping() ? this.rejects.rejectDuplicates(this.plan, this.sql) : duplicate(null).then();
	}

	/**
	 * Fail with the first duplicate, if there is one.
	 */
	private Mono<MergeCounts> duplicate(@Nullable Throwable cause) {
		return this.connections
			.query(this.sql.firstDuplicate(),
					(row) -> new RejectedRow(Objects.requireNonNull(row.get(0, Long.class)), null,
							"duplicate key in the source; line " + row.get(1, Long.class) + " has it as well", "23505",
							null))
			.next()
			.flatMap((row) -> Mono.<MergeCounts>error(LoadErrors.of(row, cause)))
			.switchIfEmpty((cause != null) ? Mono.error(cause) : Mono.empty());
	}

}
