package io.trunkline.table;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.IncorrectResultSizeDataAccessException;
import org.springframework.data.domain.KeysetScrollPosition;
import org.springframework.data.domain.Page;
import org.springframework.data.domain.Pageable;
import org.springframework.data.domain.Sort;
import org.springframework.data.domain.Window;
import org.springframework.data.relational.core.query.CriteriaDefinition;
import org.springframework.data.support.ReactivePageableExecutionUtils;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link SelectSpec}.
 *
 * @param <T> the type of the results
 */
final class DefaultSelectSpec<T> implements SelectSpec<T> {

	private static final long NONE = -1;

	private final TableSettings settings;

	private final String table;

	private final Function<Map<String, @Nullable Object>, T> mapper;

	private List<String> columns = List.of();

	private Where where = Where.NONE;

	private Sort sort = Sort.unsorted();

	private long limit = NONE;

	private long offset;

	private int fetchSize;

	DefaultSelectSpec(TableSettings settings, String table, Function<Map<String, @Nullable Object>, T> mapper) {
		this.settings = settings;
		this.table = table;
		this.mapper = mapper;
		this.fetchSize = settings.fetchSize();
	}

	private DefaultSelectSpec<T> with(Consumer<DefaultSelectSpec<T>> change) {
		DefaultSelectSpec<T> copy = copy(this.mapper);
		change.accept(copy);
		return copy;
	}

	private <R> DefaultSelectSpec<R> copy(Function<Map<String, @Nullable Object>, R> mapper) {
		DefaultSelectSpec<R> copy = new DefaultSelectSpec<>(this.settings, this.table, mapper);
		copy.columns = this.columns;
		copy.where = this.where;
		copy.sort = this.sort;
		copy.limit = this.limit;
		copy.offset = this.offset;
		copy.fetchSize = this.fetchSize;
		return copy;
	}

	@Override
	public SelectSpec<T> columns(String... columns) {
		List<String> names = List.of(columns);
		return with((spec) -> spec.columns = names);
	}

	@Override
	public SelectSpec<T> where(Map<String, ?> condition) {
		Where where = Where.of(condition);
		return with((spec) -> spec.where = where);
	}

	@Override
	public SelectSpec<T> where(List<? extends Map<String, ?>> alternatives) {
		Where where = Where.of(alternatives);
		return with((spec) -> spec.where = where);
	}

	@Override
	public SelectSpec<T> where(CriteriaDefinition criteria) {
		Where where = Where.of(criteria);
		return with((spec) -> spec.where = where);
	}

	@Override
	public SelectSpec<T> orderBy(String... columns) {
		return orderBy(Sort.by(columns));
	}

	@Override
	public SelectSpec<T> orderBy(Sort sort) {
		Assert.notNull(sort, "'sort' must not be null");
		return with((spec) -> spec.sort = sort);
	}

	@Override
	public SelectSpec<T> limit(long rows) {
		Assert.isTrue(rows >= 0, () -> "'limit' must not be negative, and is " + rows);
		return with((spec) -> spec.limit = rows);
	}

	@Override
	public SelectSpec<T> offset(long rows) {
		Assert.isTrue(rows >= 0, () -> "'offset' must not be negative, and is " + rows);
		return with((spec) -> spec.offset = rows);
	}

	@Override
	public SelectSpec<T> fetchSize(int rows) {
		Assert.isTrue(rows >= 0, () -> "'fetchSize' must not be negative, and is " + rows);
		return with((spec) -> spec.fetchSize = rows);
	}

	@Override
	public <R> SelectSpec<R> as(Class<R> type) {
		Assert.notNull(type, "'type' must not be null");
		return copy((row) -> this.settings.values().toObject(type, row));
	}

	@Override
	public Flux<T> all() {
		return rows();
	}

	private Flux<T> rows() {
		return this.settings.observe("select", this.table,
				(context) -> this.settings.<T>withTable(this.table, (table) -> {
					RowMaps maps = table.maps(this.columns);
					boolean inParts = this.limit == NONE || this.limit > this.fetchSize;
					return this.settings.<T>query(statement(table, maps), inParts ? this.fetchSize : 0,
							(row) -> this.mapper.apply(maps.read(row)));
				}).doOnNext((row) -> context.addItems(1)));
	}

	private SqlStatement statement(TableColumns table, RowMaps maps) {
		SqlStatement sql = new SqlStatement().append("SELECT ").append(maps.selected(""));
		condition(from(sql, table), table);
		OrderBy.of(this.sort, table).render(sql, false);
		if (this.limit == 1 || this.limit == 2) {
			// These are asked for all the time, and the planner makes good use of them.
			sql.append(" LIMIT " + this.limit);
		}
		else if (this.limit != NONE) {
			sql.append(" LIMIT ").number(this.limit);
		}
		if (this.offset > 0) {
			sql.append(" OFFSET ").number(this.offset);
		}
		return sql;
	}

	private static SqlStatement from(SqlStatement sql, TableColumns table) {
		return sql.append(" FROM ").append(table.quotedName());
	}

	private SqlStatement condition(SqlStatement sql, TableColumns table) {
		Condition condition = this.where.on(table);
		if (!condition.equals(Condition.TRUE)) {
			condition.render(sql.append(" WHERE "), table);
		}
		return sql;
	}

	@Override
	public Mono<T> one() {
		if (this.limit != NONE && this.limit < 2) {
			return first();
		}
		return with((spec) -> spec.limit = 2).rows().collectList().flatMap((rows) -> {
			if (rows.size() > 1) {
				return Mono.error(new IncorrectResultSizeDataAccessException(
						"The select from [" + this.table
								+ "] has more than one row: give a condition that only one meets, or ask for the first",
						1));
			}
			return rows.isEmpty() ? Mono.empty() : Mono.just(rows.get(0));
		});
	}

	@Override
	public Mono<T> first() {
		return with((spec) -> spec.limit = (this.limit == 0) ? 0 : 1).rows().singleOrEmpty();
	}

	@Override
	public Mono<Long> count() {
		return this.settings.observe("count", this.table,
				(context) -> this.settings.<Long>withTable(this.table,
						(table) -> this.settings.query(
								condition(from(new SqlStatement().append("SELECT count(*)"), table), table), 0,
								(row) -> Objects.requireNonNull(row.get(0, Long.class)))))
			.singleOrEmpty();
	}

	@Override
	public Mono<Boolean> exists() {
		return this.settings.observe("exists", this.table,
				(context) -> this.settings.<Boolean>withTable(this.table, (table) -> this.settings.query(
						condition(from(new SqlStatement().append("SELECT EXISTS (SELECT"), table), table).append(")"),
						0, (row) -> Objects.requireNonNull(row.get(0, Boolean.class)))))
			.singleOrEmpty();
	}

	@Override
	public Mono<Page<T>> page(Pageable pageable) {
		Assert.notNull(pageable, "'pageable' must not be null");
		DefaultSelectSpec<T> page = with((spec) -> {
			spec.limit = pageable.isPaged() ? pageable.getPageSize() : NONE;
			spec.offset = pageable.isPaged() ? pageable.getOffset() : 0;
			spec.sort = pageable.getSortOr(this.sort);
		});
		return page.rows()
			.collectList()
			.flatMap((rows) -> ReactivePageableExecutionUtils.getPage(rows, pageable, count()));
	}

	@Override
	public Mono<Window<T>> scroll(KeysetScrollPosition position) {
		Assert.notNull(position, "'position' must not be null");
		Keyset.Request<T> request = new Keyset.Request<>(this.table, this.columns, this.where, this.sort,
				(int) Math.min(this.limit, Integer.MAX_VALUE - 1), this.mapper);
		return Keyset.scroll(this.settings, request, position);
	}

}
