package io.trunkline.test.session;

import java.time.Duration;
import java.util.List;
import java.util.function.Function;
import java.util.function.UnaryOperator;

import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.transaction.support.DefaultTransactionDefinition;

/**
 * A session in a database of its own, and what an application reaches it through.
 */
final class SessionFixture implements AutoCloseable {

	static final Duration LONG = Duration.ofSeconds(30);

	private static final PostgresTestServer server = PostgresTestServer.get();

	private final String database = server.createDatabase();

	private final ConnectionFactory real = server.connectionFactoryFor(this.database);

	private final ConnectionFactory shared = new Shared();

	private final DatabaseClient client;

	private TestSession session;

	SessionFixture(String... schema) {
		server.executeIn(this.database, schema);
		this.client = DatabaseClient.create(this.shared);
		open(SessionOptions.DEFAULT);
	}

	void open(SessionOptions options) {
		this.session = TestSession.open(this.real, options).block(LONG);
	}

	/**
	 * Begin anew with a shorter wait, for what has to time out.
	 */
	void reopen(Duration waitTimeout, Duration endTimeout) {
		end();
		open(new SessionOptions(waitTimeout, endTimeout, null));
	}

	TestSession session() {
		return this.session;
	}

	ConnectionFactory factory() {
		return this.shared;
	}

	/**
	 * Return a factory past the session.
	 */
	ConnectionFactory real() {
		return this.real;
	}

	/**
	 * Return a factory of the driver past the session.
	 */
	PostgresqlConnectionFactory configured(UnaryOperator<PostgresqlConnectionConfiguration.Builder> configuration) {
		return new PostgresqlConnectionFactory(configuration
			.apply(PostgresqlConnectionConfiguration.builder()
				.host(server.host())
				.port(server.port())
				.username(server.user())
				.password(server.password())
				.database(this.database))
			.build());
	}

	DatabaseClient client() {
		return this.client;
	}

	PostgresConnections connections() {
		return PostgresConnections.create(this.shared);
	}

	TransactionalOperator transaction() {
		return transaction(TransactionDefinition.PROPAGATION_REQUIRED, false);
	}

	TransactionalOperator requiresNew() {
		return transaction(TransactionDefinition.PROPAGATION_REQUIRES_NEW, false);
	}

	TransactionalOperator transaction(int propagation, boolean readOnly) {
		DefaultTransactionDefinition definition = new DefaultTransactionDefinition(propagation);
		definition.setReadOnly(readOnly);
		definition.setName("of the test");
		return TransactionalOperator.create(new R2dbcTransactionManager(this.shared), definition);
	}

	PostgresqlConnection connect() {
		return (PostgresqlConnection) Mono.from(this.shared.create()).block(LONG);
	}

	Mono<Long> update(String sql) {
		return this.client.sql(sql).fetch().rowsUpdated();
	}

	void execute(String sql) {
		update(sql).block(LONG);
	}

	<T> List<T> list(String sql, Class<T> type) {
		return values(sql, type).collectList().block(LONG);
	}

	<T> Flux<T> values(String sql, Class<T> type) {
		return this.client.sql(sql).map((row) -> row.get(0, type)).all();
	}

	long count(String table) {
		return this.client.sql("SELECT count(*) FROM " + table).map((row) -> row.get(0, Long.class)).one().block(LONG);
	}

	/**
	 * Count what is committed.
	 */
	long committed(String table) {
		return DatabaseClient.create(this.real)
			.sql("SELECT count(*) FROM " + table)
			.map((row) -> row.get(0, Long.class))
			.one()
			.block(LONG);
	}

	<T> List<T> using(Function<PostgresqlConnection, Publisher<T>> work) {
		return Flux
			.usingWhen(this.shared.create(), (connection) -> work.apply((PostgresqlConnection) connection),
					Connection::close)
			.collectList()
			.block(LONG);
	}

	void end() {
		this.session.end(false).block(LONG);
	}

	@Override
	public void close() {
		try {
			if (!this.session.hasEnded()) {
				end();
			}
		}
		finally {
			server.dropDatabase(this.database);
		}
	}

	/**
	 * Always leads to the current session.
	 */
	private final class Shared implements ConnectionFactory {

		@Override
		public Publisher<? extends Connection> create() {
			return Mono.defer(() -> SessionFixture.this.session.connect());
		}

		@Override
		public ConnectionFactoryMetadata getMetadata() {
			return SessionFixture.this.real.getMetadata();
		}

	}

}
