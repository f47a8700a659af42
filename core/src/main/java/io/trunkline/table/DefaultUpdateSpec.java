package io.trunkline.table;

import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.data.relational.core.query.CriteriaDefinition;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link UpdateSpec}.
 *
 * @param change what it does
 */
record DefaultUpdateSpec(RowChange change) implements UpdateSpec {

	@Override
	public UpdateSpec where(Map<String, ?> condition) {
		return new DefaultUpdateSpec(this.change.where(Where.of(condition)));
	}

	@Override
	public UpdateSpec where(List<? extends Map<String, ?>> alternatives) {
		return new DefaultUpdateSpec(this.change.where(Where.of(alternatives)));
	}

	@Override
	public UpdateSpec where(CriteriaDefinition criteria) {
		return new DefaultUpdateSpec(this.change.where(Where.of(criteria)));
	}

	@Override
	public UpdateSpec set(Map<String, ?> values) {
		Assert.notNull(values, "'values' must not be null");
		return new DefaultUpdateSpec(this.change.values(values));
	}

	@Override
	public UpdateSpec atMost(long rows) {
		return new DefaultUpdateSpec(this.change.atMost(rows));
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
