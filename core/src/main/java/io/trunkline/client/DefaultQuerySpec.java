package io.trunkline.client;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

import io.micrometer.common.KeyValues;
import io.r2dbc.spi.Readable;
import io.trunkline.client.PostgresClient.QuerySpec;
import io.trunkline.connection.OperationContext;
import io.trunkline.connection.PostgresNotice;
import io.trunkline.connection.StatementRequest;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.IncorrectResultSizeDataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link QuerySpec}.
 */
final class DefaultQuerySpec implements QuerySpec {

	/**
	 * Stands for a null, which no stream can hold.
	 */
	private static final Object NULL = new Object();

	private final DefaultPostgresClient client;

	private final String sql;

	private final BoundValues values;

	private final @Nullable Integer fetchSize;

	private final long maxRows;

	private final @Nullable Consumer<? super PostgresNotice> onNotice;

	DefaultQuerySpec(DefaultPostgresClient client, String sql) {
		this(client, sql, BoundValues.NONE, null, 0, null);
	}

	private DefaultQuerySpec(DefaultPostgresClient client, String sql, BoundValues values, @Nullable Integer fetchSize,
			long maxRows, @Nullable Consumer<? super PostgresNotice> onNotice) {
		this.client = client;
		this.sql = sql;
		this.values = values;
		this.fetchSize = fetchSize;
		this.maxRows = maxRows;
		this.onNotice = onNotice;
	}

	@Override
	public QuerySpec bind(String name, @Nullable Object value) {
		Assert.hasText(name, "'name' must not be empty");
		return with(this.values.with(":" + name, value));
	}

	@Override
	public QuerySpec bind(int number, @Nullable Object value) {
		Assert.isTrue(number > 0, () -> "'number' is " + number + ": parameters are numbered from 1");
		return with(this.values.with("$" + number, value));
	}

	@Override
	public QuerySpec bindAll(Map<String, ? extends @Nullable Object> values) {
		Assert.notNull(values, "'values' must not be null");
		Map<String, @Nullable Object> labelled = new LinkedHashMap<>();
		values.forEach((name, value) -> labelled.put(":" + name, value));
		return with(this.values.withAll(labelled));
	}

	@Override
	public QuerySpec params(@Nullable Object... values) {
		Assert.notNull(values, "'values' must not be null");
		Map<String, @Nullable Object> labelled = new LinkedHashMap<>();
		for (int i = 0; i < values.length; i++) {
			labelled.put("$" + (i + 1), values[i]);
		}
		return with(this.values.withAll(labelled));
	}

	private QuerySpec with(BoundValues values) {
		return new DefaultQuerySpec(this.client, this.sql, values, this.fetchSize, this.maxRows, this.onNotice);
	}

	@Override
	public QuerySpec fetchSize(int rows) {
		Assert.isTrue(rows >= 0, () -> "'rows' is " + rows + ": give 0 for all or a number of rows");
		return new DefaultQuerySpec(this.client, this.sql, this.values, rows, this.maxRows, this.onNotice);
	}

	@Override
	public QuerySpec maxRows(long rows) {
		Assert.isTrue(rows >= 0, () -> "'rows' is " + rows + ": give 0 for all or a number of rows");
		return new DefaultQuerySpec(this.client, this.sql, this.values, this.fetchSize, rows, this.onNotice);
	}

	@Override
	public QuerySpec onNotice(Consumer<? super PostgresNotice> notices) {
		Assert.notNull(notices, "'notices' must not be null");
		return new DefaultQuerySpec(this.client, this.sql, this.values, this.fetchSize, this.maxRows, notices);
	}

	@Override
	public Mono<List<Map<String, @Nullable Object>>> fetch() {
		return rows("fetch", 0, this.client.mappers()::maps).collectList();
	}

	@Override
	public <T> Mono<List<@Nullable T>> fetch(Class<T> type) {
		return fetch(mapper(type));
	}

	@Override
	@SuppressWarnings("unchecked")
	public <T> Mono<List<@Nullable T>> fetch(Function<? super Readable, ? extends @Nullable T> mapper) {
		Assert.notNull(mapper, "'mapper' must not be null");
		return rows("fetch", 0, () -> nullable(mapper)).collectList().map((list) -> {
			list.replaceAll((value) -> (value == NULL) ? null : value);
			return (List<@Nullable T>) list;
		});
	}

	@Override
	public Mono<Map<String, @Nullable Object>> fetchOne() {
		return one(rows("fetchOne", 0, this.client.mappers()::maps));
	}

	@Override
	public <T> Mono<T> fetchOne(Class<T> type) {
		return fetchOne(mapper(type));
	}

	@Override
	@SuppressWarnings("unchecked")
	public <T> Mono<T> fetchOne(Function<? super Readable, ? extends @Nullable T> mapper) {
		Assert.notNull(mapper, "'mapper' must not be null");
		return (Mono<T>) one(rows("fetchOne", 0, () -> nullable(mapper))).filter((value) -> value != NULL);
	}

	@Override
	@SuppressWarnings("unchecked")
	public <T> Mono<T> fetchValue(Class<T> type) {
		Assert.notNull(type, "'type' must not be null");
		return (Mono<T>) one(rows("fetchValue", 0, () -> nullable(this.client.mappers().value(type))))
			.filter((value) -> value != NULL);
	}

	@Override
	public Flux<Map<String, @Nullable Object>> stream() {
		return rows("stream", this.client.fetchSize(), this.client.mappers()::maps);
	}

	@Override
	public <T> Flux<T> stream(Class<T> type) {
		return stream(mapper(type));
	}

	@Override
	public <T> Flux<T> stream(Function<? super Readable, ? extends @Nullable T> mapper) {
		Assert.notNull(mapper, "'mapper' must not be null");
		return rows("stream", this.client.fetchSize(), () -> notNull(mapper));
	}

	@Override
	public Mono<Long> execute() {
		return observe("execute", 0,
				(request, context) -> this.client.connections().update(request).doOnNext(context::addItems).flux())
			.singleOrEmpty();
	}

	@Override
	public Flux<PostgresNotice> notices() {
		return observe("notices", 0, (request, context) -> this.client.connections().notices(request));
	}

	private <T> Function<Readable, @Nullable T> mapper(Class<T> type) {
		Assert.notNull(type, "'type' must not be null");
		return this.client.mappers().to(type);
	}

	private <T> Flux<T> rows(String operation, int fetchSize, Supplier<Function<? super Readable, T>> mapper) {
		return observe(operation, fetchSize,
				(request, context) -> this.client.connections()
					.<T>query(request, mapper.get())
					.doOnNext((row) -> context.addItems(1)));
	}

	private <T> Flux<T> observe(String operation, int fetchSize,
			BiFunction<StatementRequest, OperationContext, Flux<T>> work) {
		return this.client.observations()
			.observe("trunkline.query", KeyValues.of("operation", operation),
					(context) -> Flux.defer(() -> work.apply(request(fetchSize), context)));
	}

	private StatementRequest request(int fetchSize) {
		SqlTemplate template = this.client.template(this.sql);
		return new StatementRequest(template.sql(), this.values.fit(template),
				(this.fetchSize != null) ? this.fetchSize : fetchSize, this.maxRows, this.onNotice);
	}

	private static <T> Mono<T> one(Flux<T> rows) {
		return Mono.defer(() -> {
			AtomicBoolean found = new AtomicBoolean();
			return rows.<T>handle((row, sink) -> {
				if (found.compareAndSet(false, true)) {
					sink.next(row);
				}
				else {
					sink.error(new IncorrectResultSizeDataAccessException(
							"The statement gave several rows where one was asked for", 1));
				}
			}).singleOrEmpty();
		});
	}

	private static <T> Function<Readable, Object> nullable(Function<? super Readable, ? extends @Nullable T> mapper) {
		return (row) -> {
			T value = mapper.apply(row);
			return (value != null) ? value : NULL;
		};
	}

	private static <T> Function<Readable, T> notNull(Function<? super Readable, ? extends @Nullable T> mapper) {
		return (row) -> {
			T value = mapper.apply(row);
			if (value == null) {
				throw new InvalidDataAccessApiUsageException("A row gave null, which a stream cannot hold:"
						+ " leave such rows out, or use maps or Optional");
			}
			return value;
		};
	}

}
