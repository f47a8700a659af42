package io.trunkline.connection;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.ValidationDepth;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.testing.TestPool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.r2dbc.BadSqlGrammarException;
import org.springframework.r2dbc.UncategorizedR2dbcException;
import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class PostgresErrorsIntegrationTests {

	private static final Duration TIMEOUT = Duration.ofSeconds(20);

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static final String database = server.createDatabase();

	private final List<Connection> connections = new ArrayList<>();

	@BeforeAll
	static void createTables() {
		server.executeIn(database, "CREATE SCHEMA app", """
				CREATE TABLE app.users (
					id integer CONSTRAINT users_pkey PRIMARY KEY,
					email text NOT NULL,
					age integer CONSTRAINT adult CHECK (age >= 18))""", """
				CREATE TABLE app.orders (
					id integer PRIMARY KEY,
					user_id integer CONSTRAINT orders_user REFERENCES app.users,
					later_id integer CONSTRAINT orders_later REFERENCES app.users DEFERRABLE INITIALLY DEFERRED)""");
	}

	@AfterAll
	static void dropDatabase() {
		server.dropDatabase(database);
	}

	@BeforeEach
	void fillTables() {
		server.executeIn(database, "TRUNCATE app.users, app.orders",
				"INSERT INTO app.users VALUES (1, 'one@example.org', 30), (2, 'two@example.org', 40)");
	}

	@AfterEach
	void closeConnections() {
		Flux.fromIterable(this.connections).flatMap(Connection::close).blockLast(TIMEOUT);
	}

	@Test
	void namesConstraintTableAndSchemaOfADuplicateKey() {
		DataAccessException failure = failure(connect(), "INSERT INTO app.users VALUES (1, 'x', 20)");
		assertThat(failure).isInstanceOf(DuplicateKeyException.class)
			.hasMessageContaining("(SQLSTATE 23505, constraint users_pkey, table app.users)")
			.hasMessageNotContaining("(1)");
		PostgresError error = errorOf(failure);
		assertThat(error.constraint()).isEqualTo("users_pkey");
		assertThat(error.schema()).isEqualTo("app");
		assertThat(error.table()).isEqualTo("users");
		assertThat(error.detail()).contains("(id)=(1)");
		assertThat(error.severity()).isEqualTo("ERROR");
		assertThat(PostgresErrors.isRecoverable(failure)).isTrue();
		assertThat(PostgresErrors.isRetryable(failure)).isFalse();
	}

	@Test
	void namesTheColumnOfAMissingValue() {
		DataAccessException failure = failure(connect(), "INSERT INTO app.users VALUES (3, NULL, 20)");
		assertThat(failure).isExactlyInstanceOf(DataIntegrityViolationException.class);
		assertThat(errorOf(failure).sqlState()).isEqualTo("23502");
		assertThat(errorOf(failure).column()).isEqualTo("email");
	}

	@Test
	void namesTheCheckThatFailed() {
		DataAccessException failure = failure(connect(), "INSERT INTO app.users VALUES (3, 'x', 17)");
		assertThat(failure).isExactlyInstanceOf(DataIntegrityViolationException.class);
		assertThat(PostgresErrors.constraint(failure)).hasValue("adult");
	}

	@Test
	void namesTheForeignKeyThatFailed() {
		DataAccessException failure = failure(connect(), "INSERT INTO app.orders VALUES (1, 99)");
		assertThat(failure).isExactlyInstanceOf(DataIntegrityViolationException.class);
		assertThat(PostgresErrors.sqlState(failure)).hasValue("23503");
		assertThat(PostgresErrors.constraint(failure)).hasValue("orders_user");
	}

	@Test
	void namesTheDeferredConstraintThatFailsTheCommit() {
		Connection connection = connect();
		run(connection.beginTransaction());
		run(execute(connection, "INSERT INTO app.orders VALUES (1, 1, 99)"));
		DataAccessException failure = failure(connection.commitTransaction(), null);
		assertThat(failure).isExactlyInstanceOf(DataIntegrityViolationException.class);
		assertThat(PostgresErrors.constraint(failure)).hasValue("orders_later");
		assertThat(PostgresErrors.isRecoverable(failure)).isTrue();
		run(execute(connection, "SELECT 1"));
	}

	@Test
	void tellsADeadlockFromOtherFailures() {
		Connection first = connect();
		Connection second = connect();
		for (Connection connection : List.of(first, second)) {
			run(execute(connection, "SET deadlock_timeout = '100ms'"));
			run(connection.beginTransaction());
		}
		run(execute(first, "UPDATE app.users SET age = 50 WHERE id = 1"));
		run(execute(second, "UPDATE app.users SET age = 50 WHERE id = 2"));
		List<Throwable> failures = Flux
			.merge(updateOrRollBack(first, "UPDATE app.users SET age = 60 WHERE id = 2"),
					updateOrRollBack(second, "UPDATE app.users SET age = 60 WHERE id = 1"))
			.collectList()
			.block(TIMEOUT);
		assertThat(failures).singleElement().satisfies((failure) -> {
			assertThat(failure).isExactlyInstanceOf(PessimisticLockingFailureException.class)
				.hasMessageContaining("SQLSTATE 40P01")
				.hasMessageContaining("deadlock");
			assertThat(PostgresErrors.isRetryable(failure)).isTrue();
			assertThat(PostgresErrors.isRecoverable(failure)).isTrue();
		});
	}

	@Test
	void takesASerializationFailureForRetryable() {
		Connection connection = connect();
		run(connection.beginTransaction(IsolationLevel.REPEATABLE_READ));
		run(execute(connection, "SELECT * FROM app.users"));
		server.executeIn(database, "UPDATE app.users SET age = 70");
		DataAccessException failure = failure(connection, "UPDATE app.users SET age = 80");
		assertThat(failure).isExactlyInstanceOf(CannotAcquireLockException.class)
			.hasMessageContaining("SQLSTATE 40001");
		assertThat(PostgresErrors.isRetryable(failure)).isTrue();
	}

	@Test
	void takesALockTimeoutForRetryable() {
		Connection holder = connect();
		run(holder.beginTransaction());
		run(execute(holder, "SELECT * FROM app.users WHERE id = 1 FOR UPDATE"));
		Connection other = connect();
		run(execute(other, "SET lock_timeout = '50ms'"));
		DataAccessException failure = failure(other, "SELECT * FROM app.users WHERE id = 1 FOR UPDATE");
		assertThat(failure).isExactlyInstanceOf(CannotAcquireLockException.class)
			.hasMessageContaining("SQLSTATE 55P03");
		assertThat(PostgresErrors.isRetryable(failure)).isTrue();
	}

	@Test
	void takesAStatementTimeoutForAQueryTimeoutOnAUsableConnection() {
		Connection connection = connect();
		run(execute(connection, "SET statement_timeout = '50ms'"));
		DataAccessException failure = failure(connection, "SELECT pg_sleep(10)");
		assertThat(failure).isExactlyInstanceOf(QueryTimeoutException.class).hasMessageContaining("SQLSTATE 57014");
		assertThat(PostgresErrors.isRecoverable(failure)).isTrue();
		run(execute(connection, "SELECT 1"));
	}

	@Test
	void takesATerminatedBackendForALostConnection() {
		Connection connection = connect();
		Integer pid = Flux.from(connection.createStatement("SELECT pg_backend_pid()").execute())
			.flatMap((result) -> result.map((row) -> row.get(0, Integer.class)))
			.blockLast(TIMEOUT);
		Mono<Void> terminated = Mono.delay(Duration.ofMillis(200))
			.doOnNext((tick) -> server.execute("SELECT pg_terminate_backend(%d)".formatted(pid)))
			.then();
		DataAccessException failure = failure(Mono.when(execute(connection, "SELECT pg_sleep(10)"), terminated),
				"SELECT pg_sleep(10)");
		assertThat(failure).isExactlyInstanceOf(DataAccessResourceFailureException.class);
		assertThat(PostgresErrors.isRecoverable(failure)).isFalse();
		assertThat(PostgresErrors.isRetryable(failure)).isFalse();
		// The driver may leak a statement that meets a socket about to be closed.
		TestPool.await("the connection is closed",
				() -> Boolean.FALSE.equals(Mono.from(connection.validate(ValidationDepth.LOCAL)).block(TIMEOUT)));
		DataAccessException next = failure(connection, "SELECT 1");
		assertThat(next).isExactlyInstanceOf(DataAccessResourceFailureException.class);
		assertThat(PostgresErrors.isRecoverable(next)).isFalse();
	}

	@Test
	void takesAServerThatIsNotThereForALostConnection() {
		ConnectionFactoryOptions nobodyListens = server.options()
			.mutate()
			.option(ConnectionFactoryOptions.PORT, 1)
			.build();
		DataAccessException failure = failure(ConnectionFactories.get(nobodyListens).create(), null);
		assertThat(failure).isExactlyInstanceOf(DataAccessResourceFailureException.class);
		assertThat(PostgresErrors.isRecoverable(failure)).isFalse();
	}

	@Test
	void takesADatabaseThatIsNotThereForALostConnection() {
		DataAccessException failure = failure(server.connectionFactoryFor("trunkline_no_such_database").create(), null);
		assertThat(failure).isExactlyInstanceOf(DataAccessResourceFailureException.class)
			.hasMessageContaining("SQLSTATE 3D000");
		assertThat(PostgresErrors.isRecoverable(failure)).isFalse();
	}

	@Test
	void tellsDeniedPermission() {
		String role = server.createRole("secret");
		try {
			Connection connection = connect(server.options(role, "secret", database));
			DataAccessException failure = failure(connection, "SELECT * FROM app.users");
			assertThat(failure).isExactlyInstanceOf(PermissionDeniedDataAccessException.class)
				.hasMessageContaining("SQLSTATE 42501");
			closeConnections();
		}
		finally {
			server.dropRole(role);
		}
	}

	@Test
	void tellsWhereTheSyntaxIsWrong() {
		DataAccessException failure = failure(connect(), "SELECT FRM app.users");
		assertThat(failure).isInstanceOf(BadSqlGrammarException.class)
			.hasMessageContaining("SQL [SELECT FRM app.users]; syntax error at or near \".\"")
			.hasMessageContaining("SQLSTATE 42601");
		assertThat(errorOf(failure).position()).isEqualTo(15);
	}

	@Test
	void tellsTheHintForAnUnknownColumn() {
		assertThat(failure(connect(), "SELECT emial FROM app.users")).isInstanceOf(BadSqlGrammarException.class)
			.hasMessageContaining("; hint: Perhaps you meant to reference the column");
	}

	@Test
	void tellsADivisionByZero() {
		DataAccessException failure = failure(connect(), "SELECT 1 / 0");
		assertThat(failure).isExactlyInstanceOf(DataIntegrityViolationException.class)
			.hasMessageContaining("SQLSTATE 22012");
	}

	@Test
	void leavesARaisedExceptionUncategorized() {
		assertThat(failure(connect(), "DO $$ BEGIN RAISE EXCEPTION 'not on sundays' USING HINT = 'come back'; END $$"))
			.isInstanceOf(UncategorizedR2dbcException.class)
			.hasMessageEndingWith("not on sundays (SQLSTATE P0001); hint: come back");
	}

	@Test
	void saysThatAnEarlierStatementFailed() {
		Connection connection = connect();
		run(connection.beginTransaction());
		failure(connection, "SELECT 1 / 0");
		DataAccessException failure = failure(connection, "SELECT 1");
		assertThat(failure).isExactlyInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("SQLSTATE 25P02")
			.hasMessageContaining("an earlier statement of this transaction failed");
		assertThat(PostgresErrors.isRecoverable(failure)).isTrue();
		run(connection.rollbackTransaction());
		run(execute(connection, "SELECT 1"));
	}

	@Test
	void saysThatAnEarlierStatementFailedWhereTheCommitRollsBack() {
		Connection connection = connect();
		run(connection.beginTransaction());
		failure(connection, "SELECT 1 / 0");
		DataAccessException failure = failure(connection.commitTransaction(), null);
		assertThat(failure).isExactlyInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("an earlier statement of this transaction failed");
		assertThat(PostgresErrors.isRetryable(failure)).isFalse();
	}

	@Test
	void findsTheErrorBehindSpringAndAPool() {
		ConnectionPool pool = new ConnectionPool(
				ConnectionPoolConfiguration.builder(server.connectionFactoryFor(database)).maxSize(1).build());
		Throwable failure = catchThrowable(() -> DatabaseClient.create(pool)
			.sql("INSERT INTO app.users VALUES (:id, 'x', 20)")
			.bind("id", 1)
			.then()
			.block(TIMEOUT));
		assertThat(PostgresErrors.constraint(failure)).hasValue("users_pkey");
		pool.disposeLater().block(TIMEOUT);
	}

	@Test
	void keepsAnyQuotedName() {
		Connection connection = connect();
		for (String name : List.of("a \"quoted\" Name", "select", "größe_🐘", "x".repeat(63), "a;b--c", "$1:id?")) {
			String table = SqlIdentifiers.quoteQualified("app", name);
			run(execute(connection, "CREATE TABLE " + table + " (id integer)"));
			List<String> found = Flux
				.from(connection.createStatement("SELECT relname FROM pg_class WHERE relname = $1")
					.bind("$1", name)
					.execute())
				.flatMap((result) -> result.map((row) -> row.get(0, String.class)))
				.collectList()
				.block(TIMEOUT);
			assertThat(found).containsExactly(name);
			run(execute(connection, "DROP TABLE " + table));
		}
	}

	private Connection connect() {
		return connect(server.options(server.user(), server.password(), database));
	}

	private Connection connect(ConnectionFactoryOptions options) {
		Connection connection = Objects
			.requireNonNull(Mono.<Connection>from(ConnectionFactories.get(options).create()).block(TIMEOUT));
		this.connections.add(connection);
		return connection;
	}

	private static Mono<Void> execute(Connection connection, String sql) {
		return Flux.from(connection.createStatement(sql).execute())
			.flatMap((result) -> result.map((row) -> true))
			.then();
	}

	private static Mono<Throwable> updateOrRollBack(Connection connection, String sql) {
		return execute(connection, sql).onErrorMap(PostgresExceptionTranslator.translating("test", sql))
			.then(Mono.<Throwable>empty())
			.onErrorResume((ex) -> Mono.from(connection.rollbackTransaction()).thenReturn(ex));
	}

	private static void run(Publisher<Void> work) {
		Mono.from(work).block(TIMEOUT);
	}

	private static DataAccessException failure(Connection connection, String sql) {
		return failure(execute(connection, sql), sql);
	}

	private static DataAccessException failure(Publisher<?> work, @Nullable String sql) {
		Mono<Void> translated = Flux.from(work).onErrorMap(PostgresExceptionTranslator.translating("test", sql)).then();
		return Objects.requireNonNull(catchThrowableOfType(DataAccessException.class, () -> run(translated)),
				"nothing failed");
	}

	private static PostgresError errorOf(Throwable failure) {
		return PostgresErrors.find(failure).orElseThrow();
	}

}
