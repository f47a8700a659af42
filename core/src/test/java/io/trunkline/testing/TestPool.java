package io.trunkline.testing;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Option;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.reactive.TransactionalOperator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A small connection pool, and a superuser's view of what its backends do.
 */
public final class TestPool implements AutoCloseable {

	/**
	 * Ends a test that would wait for ever; nothing is expected to take that long.
	 */
	public static final Duration TIMEOUT = Duration.ofSeconds(40);

	private static final AtomicInteger NAMES = new AtomicInteger();

	private final String name = "trunkline-test-" + ProcessHandle.current().pid() + "-" + NAMES.incrementAndGet();

	private final ConnectionPool pool;

	private final PostgresConnections connections;

	private final TransactionalOperator transaction;

	private final Connection side;

	private TestPool(int size, String user, String password, String database) {
		PostgresTestServer server = PostgresTestServer.get();
		ConnectionFactory driver = ConnectionFactories.get(server.options(user, password, database)
			.mutate()
			.option(Option.valueOf("applicationName"), this.name)
			.build());
		this.pool = new ConnectionPool(
				ConnectionPoolConfiguration.builder(driver).initialSize(0).maxSize(size).build());
		this.connections = PostgresConnections.create(this.pool);
		this.transaction = TransactionalOperator.create(new R2dbcTransactionManager(this.pool));
		try {
			this.side = server.jdbc(database);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Create a pool of one connection, so that whatever holds it stops everybody else.
	 */
	public static TestPool ofOne(String database) {
		return of(1, database);
	}

	public static TestPool of(int size, String database) {
		PostgresTestServer server = PostgresTestServer.get();
		return new TestPool(size, server.user(), server.password(), database);
	}

	public static TestPool ofOne(String database, String user, String password) {
		return new TestPool(1, user, password, database);
	}

	public ConnectionPool connectionFactory() {
		return this.pool;
	}

	public PostgresConnections connections() {
		return this.connections;
	}

	public TransactionalOperator transaction() {
		return this.transaction;
	}

	/**
	 * Run the work in one transaction, or as it is.
	 */
	public <T> Mono<T> within(boolean transaction, Mono<T> work) {
		return transaction ? work.as(this.transaction::transactional) : work;
	}

	public int backendPid() {
		return Objects.requireNonNull(backend("pid"));
	}

	/**
	 * Return the SQL type and name of what the backend waits for, {@code null} when it
	 * runs or does not exist.
	 */
	public @Nullable String waitEvent() {
		return backend("wait_event_type || ':' || wait_event");
	}

	public @Nullable String state() {
		return backend("state");
	}

	@SuppressWarnings("unchecked")
	private <T> @Nullable T backend(String column) {
		return (T) sideQuery("SELECT " + column + " FROM pg_stat_activity WHERE application_name = ?"
				+ " ORDER BY backend_start DESC LIMIT 1", this.name);
	}

	/**
	 * Wait until the backend waits for one of some things, named as in
	 * {@code pg_stat_activity}.
	 */
	public void awaitWaiting(String event) {
		await("the backend waits for " + event, () -> event.equals(waitEvent()));
	}

	public void awaitRunning(String sqlStart) {
		await("the backend runs " + sqlStart, () -> "active".equals(state())
				&& Objects.requireNonNull(this.<String>backend("query")).startsWith(sqlStart));
	}

	/**
	 * Wait until all connections are back in the pool, with no transaction open.
	 */
	public void awaitGivenBack() {
		PoolMetrics metrics = this.pool.getMetrics().orElseThrow();
		// A connection that is still being made does not count as acquired, although it
		// has a taker, who begins with it after that.
		await("all connections are given back",
				() -> metrics.pendingAcquireSize() == 0 && metrics.idleSize() == metrics.allocatedSize());
		// The server tells an error before it rolls back.
		await("no backend is busy or in a transaction",
				() -> Long.valueOf(0)
					.equals(sideQuery(
							"SELECT count(*) FROM pg_stat_activity WHERE application_name = ?" + " AND state <> 'idle'",
							this.name)));
	}

	public void terminateBackend() {
		int pid = backendPid();
		sideQuery("SELECT pg_terminate_backend(" + pid + ")");
	}

	public static void await(String description, Callable<Boolean> condition) {
		awaiting(description).until(condition);
	}

	public static ConditionFactory awaiting(String description) {
		return Awaitility.await(description)
			.atMost(TIMEOUT)
			.pollDelay(Duration.ZERO)
			.pollInterval(Duration.ofMillis(5));
	}

	/**
	 * Hold a lock, taken by the given statement, until the returned handle is closed.
	 */
	public Lock lock(String sql) {
		try {
			Connection holder = PostgresTestServer.get().jdbc(this.side.getCatalog());
			holder.setAutoCommit(false);
			try (Statement statement = holder.createStatement()) {
				statement.execute(sql);
			}
			return holder::close;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Return the first column of the first row that the superuser's own connection gets.
	 */
	public synchronized @Nullable Object sideQuery(String sql, Object... parameters) {
		try (PreparedStatement statement = this.side.prepareStatement(sql)) {
			for (int i = 0; i < parameters.length; i++) {
				statement.setObject(i + 1, parameters[i]);
			}
			if (!statement.execute()) {
				return null;
			}
			ResultSet result = statement.getResultSet();
			return result.next() ? result.getObject(1) : null;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(sql, ex);
		}
	}

	public long sideNumber(String sql, Object... parameters) {
		return ((Number) Objects.requireNonNull(sideQuery(sql, parameters))).longValue();
	}

	/**
	 * Show that the next caller gets a working connection.
	 */
	public void assertUsable() {
		assertThat(next(values(Integer.class, "SELECT 42"))).isEqualTo(42);
		awaitGivenBack();
	}

	/**
	 * Return what the next caller gets.
	 */
	public <T> T next(Flux<T> values) {
		return Objects.requireNonNull(values.single()
			.timeout(TIMEOUT)
			.onErrorMap(TimeoutException.class, (ex) -> new AssertionError("No answer: " + describe(), ex))
			.block());
	}

	private String describe() {
		PoolMetrics metrics = this.pool.getMetrics().orElseThrow();
		return "%d of %d connections in use, %d waiting; the backend is %s, waits for %s, runs %s".formatted(
				metrics.acquiredSize(), metrics.allocatedSize(), metrics.pendingAcquireSize(), state(), waitEvent(),
				this.<String>backend("query"));
	}

	public <T> Flux<T> values(Class<T> type, String sql, Object... parameters) {
		return this.connections.query(sql, (row) -> Objects.requireNonNull(row.get(0, type)), parameters);
	}

	@Override
	public void close() {
		this.pool.disposeLater().block(TIMEOUT);
		try {
			this.side.close();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * A lock that somebody else holds.
	 */
	public interface Lock extends AutoCloseable {

		@Override
		void close() throws SQLException;

	}

}
