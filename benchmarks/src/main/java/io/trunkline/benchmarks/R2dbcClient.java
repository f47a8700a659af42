package io.trunkline.benchmarks;

import java.util.function.Function;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * The reactive side of a comparison: a pool, warm from its first use.
 */
final class R2dbcClient {

	private final ConnectionPool pool;

	private R2dbcClient(ConnectionPool pool) {
		this.pool = pool;
	}

	static R2dbcClient create(Database database, int connections) {
		ConnectionPool pool = new ConnectionPool(ConnectionPoolConfiguration.builder(database.connectionFactory())
			.initialSize(connections)
			.maxSize(connections)
			.build());
		pool.warmup().block();
		return new R2dbcClient(pool);
	}

	ConnectionFactory connectionFactory() {
		return this.pool;
	}

	/**
	 * Run work of the driver's own, between a begin and a commit.
	 */
	<T> Flux<T> inTransaction(Function<PostgresqlConnection, Publisher<T>> work) {
		return Flux.usingWhen(this.pool.create(),
				(connection) -> Mono.from(connection.beginTransaction())
					.thenMany(work.apply(PostgresConnections.unwrap(connection)))
					.concatWith(Mono.from(connection.commitTransaction()).then(Mono.empty())),
				Connection::close);
	}

	void close() {
		this.pool.dispose();
	}

}
