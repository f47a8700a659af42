package io.trunkline.connection;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Closeable;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.Wrapped;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.r2dbc.connection.ConnectionFactoryUtils;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.connection.TransactionAwareConnectionFactoryProxy;
import org.springframework.transaction.reactive.TransactionalOperator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.catchThrowable;

class PostgresConnectionsIntegrationTests {

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static final String database = server.createDatabase();

	private static final String PID = "SELECT pg_backend_pid()";

	private TestPool pool;

	private PostgresConnections connections;

	@BeforeAll
	static void createTable() {
		server.executeIn(database, "CREATE TABLE notes (id integer)");
	}

	@AfterAll
	static void dropDatabase() {
		server.dropDatabase(database);
	}

	@BeforeEach
	void createPool() {
		this.pool = TestPool.of(3, database);
		this.connections = this.pool.connections();
		server.executeIn(database, "TRUNCATE notes");
	}

	@AfterEach
	void closePool() {
		this.pool.awaitGivenBack();
		this.pool.close();
	}

	@Test
	void joinsTheTransactionOfTheReactorContext() {
		Mono<List<Integer>> pids = Flux
			.concat(pid(), pid(),
					ConnectionFactoryUtils.getConnection(this.pool.connectionFactory())
						.flatMapMany((connection) -> Flux.from(connection.createStatement(PID).execute()))
						.flatMap((result) -> result.map((row) -> Objects.requireNonNull(row.get(0, Integer.class)))),
					this.connections.inTransaction((connection) -> pid()))
			.collectList();
		List<Integer> found = this.pool.within(true, pids).block(TestPool.TIMEOUT);
		assertThat(found).hasSize(4);
		assertThat(found.stream().distinct()).hasSize(1);
	}

	@Test
	void tellsWhetherThereIsATransactionToJoin() {
		Mono<Boolean> active = this.connections.isTransactionActive();
		assertThat(active.block(TestPool.TIMEOUT)).isFalse();
		assertThat(this.pool.within(true, active).block(TestPool.TIMEOUT)).isTrue();
		assertThat(this.connections.inTransaction((connection) -> active).blockLast(TestPool.TIMEOUT)).isTrue();
	}

	@Test
	void holdsOneConnectionOutsideATransactionAndGivesItBack() {
		List<Integer> found = this.connections
			.withConnection((connection) -> Flux.range(0, 3)
				.concatMap((i) -> connection.createStatement(PID).execute())
				.concatMap((result) -> result.map((row) -> Objects.requireNonNull(row.get(0, Integer.class))))
				.doOnNext((pid) -> assertThat(acquired()).isEqualTo(1)))
			.collectList()
			.block(TestPool.TIMEOUT);
		assertThat(Objects.requireNonNull(found).stream().distinct()).hasSize(1);
		this.pool.awaitGivenBack();
	}

	@Test
	void givesBackTheConnectionWhenTheWorkFails() {
		Publisher<Integer> failed = Mono.error(new IllegalStateException("no"));
		assertThat(catchThrowable(
				() -> this.connections.<Integer>withConnection((connection) -> failed).blockLast(TestPool.TIMEOUT)))
			.isInstanceOf(IllegalStateException.class);
		assertThat(catchThrowable(() -> this.connections.<Integer>withConnection((connection) -> {
			throw new IllegalArgumentException("never");
		}).blockLast(TestPool.TIMEOUT))).isInstanceOf(IllegalArgumentException.class);
		this.pool.awaitGivenBack();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void stopsAnAbandonedStatementOnTheServer(boolean inTransaction) {
		Flux<Integer> sleeping = this.pool.values(Integer.class, "SELECT 1 FROM pg_sleep(3600)");
		Abandoned
			.when(inTransaction ? this.connections.inTransaction((connection) -> sleeping) : sleeping, 1, (row) -> {
			}, (received) -> this.pool.awaitWaiting("Timeout:PgSleep"))
			.block(TestPool.TIMEOUT);
		this.pool.awaitGivenBack();
	}

	@Test
	void neverHitsALaterStatementWithTheCancelRequestOfAnAbandonedOne() {
		try (TestPool one = TestPool.ofOne(database)) {
			long seed = new Random().nextLong();
			Random random = new Random(seed);
			for (int round = 0; round < 50; round++) {
				int spin = random.nextInt(200_000);
				Flux<Integer> rows = one.values(Integer.class,
						"SELECT i FROM generate_series(1, 2000) i, pg_sleep(0.001)");
				Abandoned.when(rows, 1 + random.nextInt(300), (row) -> {
				}, (received) -> {
					for (int i = 0; i < spin; i++) {
						Thread.onSpinWait();
					}
				}).block(TestPool.TIMEOUT);
				assertThat(one.next(one.values(Integer.class, "SELECT 7 FROM pg_sleep(0.002)")))
					.as("round %d, seed %d", round, seed)
					.isEqualTo(7);
			}
		}
	}

	@Test
	void leavesAnAbandonedStatementOfTheCallersTransactionToItsEnd() {
		TestPool.Lock held = this.pool.lock("SELECT pg_advisory_xact_lock(1)");
		Mono<Integer> abandoned = Abandoned.when(
				this.connections.execute("INSERT INTO notes SELECT 2 FROM pg_advisory_xact_lock_shared(1)"), 1,
				(done) -> {
				}, (received) -> this.pool.awaitWaiting("Lock:advisory"));
		Mono<Void> release = Mono.fromCallable(() -> {
			held.close();
			return true;
		}).then();
		this.pool.within(true, note(1).then(abandoned).then(release).then(note(3)).thenReturn(true))
			.block(TestPool.TIMEOUT);
		assertNotes(1, 2, 3);
	}

	@Test
	void readsTheRestOfAnAbandonedResultInTheCallersTransaction() {
		Mono<Long> work = Flux.range(0, 8)
			.concatMap((round) -> this.pool.values(Integer.class, "SELECT generate_series(1, 1500)")
				.take(round * 50)
				.then(note(round)))
			.count();
		this.pool.within(true, work).block(TestPool.TIMEOUT);
		assertThat(this.pool.sideNumber("SELECT count(*) FROM notes")).isEqualTo(8);
	}

	@RepeatedTest(20)
	void givesTheNextCallerAnotherConnectionWhenTheServerHasEndedASession() {
		try (TestPool one = TestPool.ofOne(database)) {
			Mono<Throwable> ended = one.values(String.class, "SELECT pg_sleep(600)::text")
				.then(Mono.<Throwable>empty())
				.onErrorResume(Mono::just);
			Mono<Throwable> killing = Mono.<Throwable>fromRunnable(() -> {
				one.awaitWaiting("Timeout:PgSleep");
				one.terminateBackend();
			}).subscribeOn(Schedulers.boundedElastic()).then(Mono.never());
			assertThat(Mono.firstWithSignal(killing, ended).block(TestPool.TIMEOUT))
				.isInstanceOf(DataAccessResourceFailureException.class);
			one.assertUsable();
		}
	}

	@Test
	void commitsAtTheEndOfTheWork() {
		this.connections.inTransaction((connection) -> note(1).then(note(2))).blockLast(TestPool.TIMEOUT);
		assertNotes(1, 2);
	}

	@Test
	void rollsBackATransactionOfItsOwnWhenTheWorkFails() {
		assertThat(catchThrowable(() -> this.connections
			.inTransaction((connection) -> note(1).then(Mono.error(new IllegalStateException("no"))))
			.blockLast(TestPool.TIMEOUT))).isInstanceOf(IllegalStateException.class);
		assertNotes();
	}

	@Test
	void rollsBackToWhereTheWorkBeganAndLetsTheOuterTransactionCommit() {
		Mono<Void> failing = this.connections
			.inTransaction((connection) -> note(2).then(this.connections.execute("SELECT 1 / 0")))
			.then();
		Mono<Void> work = note(1)
			.then(failing.onErrorResume(DataIntegrityViolationException.class, (ex) -> Mono.empty()))
			.then(note(3));
		this.pool.within(true, work.thenReturn(true)).block(TestPool.TIMEOUT);
		assertNotes(1, 3);
	}

	@Test
	void rollsBackNestedWorkToItsOwnBeginning() {
		Mono<Void> inner = this.connections
			.inTransaction((connection) -> note(3).then(Mono.error(new IllegalStateException("inner"))))
			.then()
			.onErrorComplete(IllegalStateException.class);
		Mono<Void> middle = this.connections.inTransaction((connection) -> note(2).then(inner).then(note(4))).then();
		this.pool.within(true, note(1).then(middle).then(note(5)).thenReturn(true)).block(TestPool.TIMEOUT);
		assertNotes(1, 2, 4, 5);
	}

	@Test
	void rollsBackAbandonedWorkAndLetsTheOuterTransactionCommit() {
		Flux<Integer> abandoned = this.connections
			.inTransaction((connection) -> note(2).thenMany(Flux.concat(Flux.just(1), Flux.<Integer>never())));
		Mono<Void> work = note(1).then(abandoned.take(1).then()).then(note(3));
		this.pool.within(true, work.thenReturn(true)).block(TestPool.TIMEOUT);
		assertNotes(1, 3);
	}

	@Test
	void rollsBackAbandonedWorkOutsideOfATransaction() {
		this.connections
			.inTransaction((connection) -> note(2).thenMany(Flux.concat(Flux.just(1), Flux.<Integer>never())))
			.take(1)
			.blockLast(TestPool.TIMEOUT);
		this.pool.awaitGivenBack();
		assertNotes();
	}

	@Test
	void leavesNoTransactionOpenWhenAbandonedWhileItBegins() {
		Random random = new Random();
		try (TestPool one = TestPool.ofOne(database)) {
			for (int round = 0; round < 100; round++) {
				int spin = random.nextInt(100_000);
				Abandoned.when(one.connections().inTransaction((connection) -> Mono.never()), 1, (row) -> {
				}, (received) -> {
					for (int i = 0; i < spin; i++) {
						Thread.onSpinWait();
					}
				}).block(TestPool.TIMEOUT);
				one.assertUsable();
			}
		}
	}

	/**
	 * The work is left on one thread while another one is about to hand its second
	 * statement to the driver.
	 */
	@ParameterizedTest
	@CsvSource({ "false, ''", "true, 3" })
	void runsNoStatementOfAbandonedWorkBehindItsRollback(boolean transaction, String kept) {
		CountDownLatch reached = new CountDownLatch(1);
		CountDownLatch left = new CountDownLatch(1);
		HookedConnectionFactory hooked = new HookedConnectionFactory(this.pool.connectionFactory());
		PostgresConnections connections = PostgresConnections.create(hooked);
		Flux<Void> work = connections
			.inTransaction((connection) -> connections.execute("INSERT INTO notes VALUES (1)").then(Mono.defer(() -> {
				hooked.whenUnwrapped(() -> {
					reached.countDown();
					await(left);
				});
				return connections.execute("INSERT INTO notes VALUES (2)");
			})));
		Mono<Integer> abandoned = Abandoned.when(work, 1, (row) -> {
		}, (received) -> await(reached)).doOnTerminate(left::countDown);
		Mono<Integer> all = transaction ? abandoned.then(connections.execute("INSERT INTO notes VALUES (3)"))
			.thenReturn(3)
			.as(TransactionalOperator.create(new R2dbcTransactionManager(hooked))::transactional) : abandoned;
		all.block(TestPool.TIMEOUT);
		this.pool.awaitGivenBack();
		assertNotes(kept.lines().mapToInt(Integer::parseInt).toArray());
	}

	@Test
	void rollsBackWithTheOuterTransaction() {
		Mono<Void> inner = this.connections.inTransaction((connection) -> note(1)).then();
		assertThat(
				catchThrowable(() -> this.pool.within(true, inner.then(Mono.error(new IllegalStateException("outer"))))
					.block(TestPool.TIMEOUT)))
			.isInstanceOf(IllegalStateException.class);
		assertNotes();
	}

	@Test
	void translatesErrorsByTheirState() {
		Throwable failure = catchThrowable(() -> this.connections.execute("SELECT 1 / 0").block(TestPool.TIMEOUT));
		assertThat(failure).isInstanceOf(DataIntegrityViolationException.class);
		Throwable inTransaction = catchThrowable(
				() -> this.connections.inTransaction((connection) -> this.connections.execute("SELEC"))
					.blockLast(TestPool.TIMEOUT));
		assertThat(inTransaction).isInstanceOf(DataAccessException.class);
		assertThat(PostgresErrors.sqlState(Objects.requireNonNull(inTransaction))).hasValue("42601");
	}

	@Test
	void bindsParametersAndRunsSeveralStatementsWithoutThem() {
		this.connections.execute("INSERT INTO notes VALUES (1); INSERT INTO notes VALUES (2)").block(TestPool.TIMEOUT);
		assertThat(this.pool.values(Integer.class, "SELECT id FROM notes WHERE id = $1", 2)
			.collectList()
			.block(TestPool.TIMEOUT)).containsExactly(2);
	}

	@Test
	void unwrapsThroughAPoolAndProxies() {
		TransactionAwareConnectionFactoryProxy proxy = new TransactionAwareConnectionFactoryProxy(
				this.pool.connectionFactory());
		for (ConnectionFactory factory : List.of(server.connectionFactoryFor(database), this.pool.connectionFactory(),
				proxy)) {
			AtomicReference<Class<?>> type = new AtomicReference<>();
			Flux.usingWhen(Mono.from(factory.create()), (connection) -> {
				PostgresqlConnection unwrapped = PostgresConnections.unwrap(connection);
				type.set(unwrapped.getClass());
				return unwrapped.createStatement(PID).execute().flatMap((result) -> result.map((row) -> 1));
			}, Connection::close).blockLast(TestPool.TIMEOUT);
			assertThat(type.get().getName()).isEqualTo("io.r2dbc.postgresql.PostgresqlConnection");
		}
	}

	@Test
	void worksOverATransactionAwareProxy() {
		PostgresConnections proxied = PostgresConnections
			.create(new TransactionAwareConnectionFactoryProxy(this.pool.connectionFactory()));
		Mono<Boolean> same = pid().single()
			.zipWith(proxied.query(PID, (row) -> Objects.requireNonNull(row.get(0, Integer.class))).single(),
					Integer::equals);
		assertThat(this.pool.within(true, same).block(TestPool.TIMEOUT)).isTrue();
	}

	@Test
	void refusesAConnectionFactoryOfAnotherDatabase() {
		ConnectionFactory other = new OtherConnectionFactory();
		assertThatExceptionOfType(UnsupportedConnectionFactoryException.class)
			.isThrownBy(() -> PostgresConnections.create(other))
			.withMessageContaining("OtherConnectionFactory is for Other Database, not for PostgreSQL")
			.satisfies((ex) -> assertThat(ex.getProduct()).isEqualTo("Other Database"));
	}

	@Test
	void keepsTheTransactionsOfTwoConnectionFactoriesApart() {
		String otherDatabase = server.createDatabase();
		try (TestPool other = TestPool.ofOne(otherDatabase)) {
			Mono<List<String>> names = Mono
				.zip(this.pool.values(String.class, "SELECT current_database()::text").single(),
						other.values(String.class, "SELECT current_database()::text").single(),
						other.connections().isTransactionActive())
				.map((three) -> List.of(three.getT1(), three.getT2(), three.getT3().toString()));
			assertThat(this.pool.within(true, names).block(TestPool.TIMEOUT)).containsExactly(database, otherDatabase,
					"false");
			Mono<Void> both = note(1).then(other.connections().execute("CREATE TABLE kept ()"))
				.then(Mono.error(new IllegalStateException("undo the first")));
			assertThat(catchThrowable(() -> this.pool.within(true, both).block(Duration.ofSeconds(20))))
				.isInstanceOf(IllegalStateException.class);
			assertNotes();
			assertThat(other.sideQuery("SELECT to_regclass('kept')::text")).isEqualTo("kept");
		}
		finally {
			server.dropDatabase(otherDatabase);
		}
	}

	private int acquired() {
		return this.pool.connectionFactory().getMetrics().orElseThrow().acquiredSize();
	}

	private Flux<Integer> pid() {
		return this.pool.values(Integer.class, PID);
	}

	private Mono<Void> note(int id) {
		return this.connections.execute("INSERT INTO notes VALUES ($1)", id);
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(TestPool.TIMEOUT.toSeconds(), TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void assertNotes(int... ids) {
		assertThat(this.pool.sideQuery("SELECT coalesce(string_agg(id::text, ',' ORDER BY id), '') FROM notes"))
			.isEqualTo(Arrays.stream(ids).mapToObj(String::valueOf).collect(Collectors.joining(",")));
	}

	/**
	 * Says that it is for another product, and could not connect to it.
	 */
	private static final class OtherConnectionFactory implements ConnectionFactory, Closeable {

		@Override
		public Publisher<? extends Connection> create() {
			return Mono.error(new IllegalStateException("Must not be asked"));
		}

		@Override
		public ConnectionFactoryMetadata getMetadata() {
			return () -> "Other Database";
		}

		@Override
		public Publisher<Void> close() {
			return Mono.empty();
		}

	}

	/**
	 * Its connections are wrapped, and tell when they are unwrapped, which is what
	 * happens right before each statement.
	 */
	private static final class HookedConnectionFactory implements ConnectionFactory {

		private final ConnectionFactory delegate;

		private final AtomicReference<Runnable> hook = new AtomicReference<>();

		HookedConnectionFactory(ConnectionFactory delegate) {
			this.delegate = delegate;
		}

		void whenUnwrapped(Runnable hook) {
			this.hook.set(hook);
		}

		@Override
		public Publisher<? extends Connection> create() {
			return Mono.from(this.delegate.create())
				.map((connection) -> (Connection) Proxy.newProxyInstance(getClass().getClassLoader(),
						new Class<?>[] { Connection.class, Wrapped.class }, (proxy, method, arguments) -> {
							if (method.getDeclaringClass() != Wrapped.class) {
								return method.invoke(connection, arguments);
							}
							Runnable hook = this.hook.getAndSet(null);
							if (hook != null) {
								hook.run();
							}
							return connection;
						}));
		}

		@Override
		public ConnectionFactoryMetadata getMetadata() {
			return this.delegate.getMetadata();
		}

	}

}
