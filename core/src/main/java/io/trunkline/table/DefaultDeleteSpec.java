package io.trunkline.table;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.data.relational.core.query.CriteriaDefinition;

/**
 * Default implementation of {@link DeleteSpec}.
 *
 * @param change what it does
 */
record DefaultDeleteSpec(RowChange change) implements DeleteSpec {

	@Override
	public DeleteSpec where(Map<String, ?> condition) {
		return new DefaultDeleteSpec(this.change.where(Where.of(condition)));
	}

	@Override
	public DeleteSpec where(List<? extends Map<String, ?>> alternatives) {
		return new DefaultDeleteSpec(this.change.where(Where.of(alternatives)));
	}

	@Override
	public DeleteSpec where(CriteriaDefinition criteria) {
		return new DefaultDeleteSpec(this.change.where(Where.of(criteria)));
	}

	@Override
	public DeleteSpec atMost(long rows) {
		return new DefaultDeleteSpec(this.change.atMost(rows));
	}

	@Override
	public Mono<Long> execute() {
		return this.change.execute();
	}

	@Override
	public Flux<Map<String, @Nullable Object>> returning(String... columns) {
		return this.change.returning(List.of(columns));
	}

}
