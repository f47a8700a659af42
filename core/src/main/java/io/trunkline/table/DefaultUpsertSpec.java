package io.trunkline.table;

import java.util.List;
import java.util.Map;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.copy.DuplicateKeys;
import io.trunkline.table.WritePlan.Kind;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * Default implementation of {@link UpsertSpec}.
 *
 * @param settings what operations share
 * @param table the table
 * @param plan what it does
 */
record DefaultUpsertSpec(TableSettings settings, String table, WritePlan plan) implements UpsertSpec {

	private UpsertSpec with(WritePlan plan) {
		return new DefaultUpsertSpec(this.settings, this.table, plan);
	}

	@Override
	public UpsertSpec onConflict(String... columns) {
		Assert.isTrue(columns.length > 0, "'columns' must not be empty");
		return with(this.plan.conflict(List.of(columns), null));
	}

	@Override
	public UpsertSpec onConstraint(String name) {
		SqlIdentifiers.quote(name, "name");
		return with(this.plan.conflict(List.of(), name));
	}

	@Override
	public UpsertSpec ignore() {
		return with(this.plan.kind(Kind.IGNORE, List.of()));
	}

	@Override
	public UpsertSpec update(String... columns) {
		return with(this.plan.kind(Kind.UPDATE, List.of(columns)));
	}

	@Override
	public UpsertSpec duplicateKeys(DuplicateKeys duplicateKeys) {
		Assert.notNull(duplicateKeys, "'duplicateKeys' must not be null");
		return with(this.plan.duplicateKeys(duplicateKeys));
	}

	@Override
	public UpsertSpec atMost(long rows) {
		return with(this.plan.limit(AffectedRows.atMost(rows)));
	}

	@Override
	public UpsertSpec row(Map<String, ?> row) {
		Assert.notNull(row, "'row' must not be null");
		return with(this.plan.row(row));
	}

	@Override
	public UpsertSpec rows(Iterable<? extends Map<String, ?>> rows) {
		Assert.notNull(rows, "'rows' must not be null");
		return with(this.plan.rows(rows));
	}

	@Override
	public UpsertSpec rows(Publisher<? extends Map<String, ?>> rows) {
		Assert.notNull(rows, "'rows' must not be null");
		return with(this.plan.rows(rows));
	}

	@Override
	public Mono<UpsertResult> execute() {
		return this.settings
			.observe("upsert", this.table,
					(context) -> RowWrite.counted(this.settings, this.table, this.plan)
						.doOnNext((counts) -> context.addItems(counts.total())))
			.reduce(UpsertResult.NONE, UpsertResult::plus);
	}

	@Override
	public Flux<UpsertedRow> returning(String... columns) {
		return this.settings.observe("upsert", this.table,
				(context) -> RowWrite.returning(this.settings, this.table, this.plan, List.of(columns))
					.doOnNext((row) -> context.addItems(1)));
	}

}
