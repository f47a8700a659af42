package io.trunkline.table;

import java.util.List;
import java.util.Map;

import io.trunkline.copy.DuplicateKeys;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * Default implementation of {@link InsertSpec}.
 *
 * @param settings what operations share
 * @param table the table
 * @param plan what it does
 */
record DefaultInsertSpec(TableSettings settings, String table, WritePlan plan) implements InsertSpec {

	private InsertSpec with(WritePlan plan) {
		return new DefaultInsertSpec(this.settings, this.table, plan);
	}

	@Override
	public InsertSpec row(Map<String, ?> row) {
		Assert.notNull(row, "'row' must not be null");
		return with(this.plan.row(row));
	}

	@Override
	public InsertSpec rows(Iterable<? extends Map<String, ?>> rows) {
		Assert.notNull(rows, "'rows' must not be null");
		return with(this.plan.rows(rows));
	}

	@Override
	public InsertSpec rows(Publisher<? extends Map<String, ?>> rows) {
		Assert.notNull(rows, "'rows' must not be null");
		return with(this.plan.rows(rows));
	}

	@Override
	public InsertSpec duplicateKeys(DuplicateKeys duplicateKeys) {
		Assert.notNull(duplicateKeys, "'duplicateKeys' must not be null");
		return with(this.plan.duplicateKeys(duplicateKeys));
	}

	@Override
	public InsertSpec atMost(long rows) {
		return with(this.plan.limit(AffectedRows.atMost(rows)));
	}

	@Override
	public Mono<Long> execute() {
		return this.settings
			.observe("insert", this.table,
					(context) -> RowWrite.counted(this.settings, this.table, this.plan)
						.doOnNext((counts) -> context.addItems(counts.total())))
			.reduce(0L, (sum, counts) -> sum + counts.total());
	}

	@Override
	public Flux<Map<String, @Nullable Object>> returning(String... columns) {
		return this.settings
			.observe("insert", this.table,
					(context) -> RowWrite.returning(this.settings, this.table, this.plan, List.of(columns))
						.doOnNext((row) -> context.addItems(1)))
			.map(UpsertedRow::values);
	}

}
