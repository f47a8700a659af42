package io.trunkline.client;

import java.util.function.Function;

import io.micrometer.common.KeyValue;
import io.micrometer.common.KeyValues;
import io.micrometer.observation.ObservationRegistry;
import io.trunkline.connection.ConnectionStatus;
import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;
import org.springframework.util.ConcurrentLruCache;

/**
 * Default implementation of {@link PostgresClient}.
 */
final class DefaultPostgresClient implements PostgresClient {

	private static final int REMEMBERED_STATEMENTS = 256;

	/** Longer ones are not worth their memory. */
	private static final int LONGEST_REMEMBERED = 10_000;

	private final PostgresConnections connections;

	private final OperationObservations observations;

	private final int fetchSize;

	private final TransactionRuns transactions;

	private final RowMappers mappers = new RowMappers();

	private final ConcurrentLruCache<String, SqlTemplate> templates = new ConcurrentLruCache<>(REMEMBERED_STATEMENTS,
			SqlTemplate::parse);

	DefaultPostgresClient(PostgresConnections connections, ObservationRegistry observationRegistry, int fetchSize,
			TransactionRetry retry) {
		this.connections = connections;
		this.observations = OperationObservations.create(observationRegistry);
		this.fetchSize = fetchSize;
		this.transactions = new TransactionRuns(connections, retry);
	}

	@Override
	public QuerySpec sql(String sql) {
		Assert.hasText(sql, "'sql' must not be empty");
		return new DefaultQuerySpec(this, sql);
	}

	@Override
	public <T> Flux<T> inTransaction(Function<? super PostgresClient, ? extends Publisher<? extends T>> work) {
		return inTransaction(TransactionOptions.defaults(), work);
	}

	@Override
	public <T> Flux<T> inTransaction(TransactionOptions options,
			Function<? super PostgresClient, ? extends Publisher<? extends T>> work) {
		Assert.notNull(options, "'options' must not be null");
		Assert.notNull(work, "'work' must not be null");
		String name = options.mode().name();
		KeyValues keyValues = KeyValues.of("name", (name != null) ? name : KeyValue.NONE_VALUE);
		return this.observations.observe("trunkline.transaction", keyValues,
				(context) -> this.transactions.run(options, () -> work.apply(this)));
	}

	@Override
	public Mono<ConnectionStatus> status() {
		return this.connections.status();
	}

	SqlTemplate template(String sql) {
		return (sql.length() > LONGEST_REMEMBERED) ? SqlTemplate.parse(sql) : this.templates.get(sql);
	}

	PostgresConnections connections() {
		return this.connections;
	}

	OperationObservations observations() {
		return this.observations;
	}

	RowMappers mappers() {
		return this.mappers;
	}

	int fetchSize() {
		return this.fetchSize;
	}

}
