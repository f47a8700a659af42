package io.trunkline.connection;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.netty.buffer.ByteBuf;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import io.trunkline.testing.TestPool.Lock;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.r2dbc.BadSqlGrammarException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class CopyOutIntegrationTests {

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static final String database = server.createDatabase();

	private static final int MANY = 2_000_000;

	/**
	 * 2 GB, and a counter of the rows that the server has made: it keeps what an
	 * abandoned statement did.
	 */
	private static final String MANY_ROWS = "COPY (SELECT nextval('made'), repeat('x', 1000) FROM generate_series(1, "
			+ MANY + ")) TO STDOUT";

	private TestPool pool;

	private PostgresConnections connections;

	@BeforeAll
	static void createTables() {
		server.executeIn(database, "CREATE SEQUENCE made", "CREATE TABLE notes (id integer)",
				"CREATE TABLE locked (id integer)");
	}

	@AfterAll
	static void dropDatabase() {
		server.dropDatabase(database);
	}

	@BeforeEach
	void createPool() {
		this.pool = TestPool.ofOne(database);
		this.connections = this.pool.connections();
		server.executeIn(database, "TRUNCATE notes", "SELECT setval('made', 1, false)");
	}

	@AfterEach
	void closePool() {
		this.pool.close();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void deliversEachRowAsTheServerFormatsIt(boolean transaction) {
		String rows = "COPY (SELECT i, CASE WHEN i % 3 > 0 THEN 'a b' END AS text FROM generate_series(1, 1000) i) TO STDOUT";
		assertThat(text(transaction, rows)).hasSize(1000).startsWith("1\ta b\n", "2\ta b\n", "3\t\\N\n");
		assertThat(text(transaction, rows.replace("TO STDOUT", "TO STDOUT (FORMAT csv, HEADER)"))).hasSize(1001)
			.startsWith("i,text\n", "1,a b\n", "2,a b\n", "3,\n");
	}

	@Test
	void deliversRowsOfAnySizeUnchanged() {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		List<Integer> sizes = IntStream.range(0, 60).map((i) -> 1 << random.nextInt(23)).boxed().toList();
		String values = sizes.stream().map((size) -> "(" + size + ")").collect(Collectors.joining(","));
		List<String> rows = text(false,
				"COPY (SELECT repeat(chr(97 + column1 % 26), column1) FROM (VALUES " + values + ") v) TO STDOUT");
		List<String> expected = sizes.stream()
			.map((size) -> String.valueOf((char) ('a' + size % 26)).repeat(size) + "\n")
			.toList();
		assertThat(rows.equals(expected)).as("rows are unchanged, seed %d", seed).isTrue();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void completesWithoutARow(boolean transaction) {
		assertThat(text(transaction, "COPY notes TO STDOUT")).isEmpty();
		this.pool.assertUsable();
	}

	@Test
	void seesWhatTheTransactionWrote() {
		Mono<List<String>> work = note(7).then(text("COPY notes TO STDOUT").collectList());
		assertThat(this.pool.within(true, work).block(TestPool.TIMEOUT)).containsExactly("7\n");
	}

	@Test
	void doesNothingBeforeSubscription() {
		this.connections.copyOut(MANY_ROWS);
		assertThat(this.pool.connectionFactory().getMetrics().orElseThrow().allocatedSize()).isZero();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void keepsTheErrorBeforeTheFirstRowAndTheTransaction(boolean transaction) {
		goesOnAfter(transaction, "COPY missing TO STDOUT", 0, (ex) -> {
			assertThat(ex).isInstanceOf(BadSqlGrammarException.class);
			assertThat(PostgresErrors.sqlState(ex)).hasValue("42P01");
		});
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void keepsTheErrorInMidStreamAndTheTransaction(boolean transaction) {
		goesOnAfter(transaction, "COPY (SELECT 1 / (5000 - i) FROM generate_series(1, 10000) i) TO STDOUT", 4999,
				(ex) -> {
					assertThat(ex).isInstanceOf(DataIntegrityViolationException.class);
					assertThat(PostgresErrors.sqlState(ex)).hasValue("22012");
				});
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void keepsTheErrorOfASyntaxErrorAndTheTransaction(boolean transaction) {
		goesOnAfter(transaction, "COPY (SELECT) FROM nowhere", 0,
				(ex) -> assertThat(PostgresErrors.sqlState(ex)).hasValue("42601"));
	}

	private void goesOnAfter(boolean transaction, String sql, int rows, Consumer<Throwable> check) {
		AtomicInteger received = new AtomicInteger();
		Mono<Void> failing = text(sql).doOnNext((row) -> received.incrementAndGet())
			.then(Mono.<Void>error(() -> new AssertionError("No error from " + sql)))
			.onErrorResume(DataAccessException.class, (ex) -> Mono.fromRunnable(() -> check.accept(ex)));
		this.pool.within(transaction, note(1).then(failing).then(note(2)).thenReturn(true)).block(TestPool.TIMEOUT);
		assertThat(received).hasValue(rows);
		assertNotes(2);
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void stopsTheServerWhenCancelledWithRowsThatNobodyAskedFor(boolean transaction) {
		assertThat(abandon(transaction, MANY_ROWS, 0, (received) -> this.pool.awaitWaiting("Client:ClientWrite")))
			.isZero();
		assertServerStopped();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void stopsTheServerWhenCancelledAfterTheFirstRow(boolean transaction) {
		assertThat(abandon(transaction, MANY_ROWS, 1, (received) -> awaitRows(received, 1))).isOne();
		assertServerStopped();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void stopsTheServerWhenCancelledInFullFlow(boolean transaction) {
		int received = abandon(transaction, MANY_ROWS, Long.MAX_VALUE, (count) -> awaitRows(count, 20_000));
		assertThat(received).isGreaterThanOrEqualTo(20_000).isLessThan(MANY);
		assertServerStopped();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void stopsAStatementThatHasNoRowsYetWhenCancelled(boolean transaction) {
		abandon(transaction, "COPY (SELECT pg_sleep(3600)) TO STDOUT", Long.MAX_VALUE,
				(received) -> this.pool.awaitWaiting("Timeout:PgSleep"));
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void stopsWaitingForALockWhenCancelled(boolean transaction) throws SQLException {
		try (Lock held = this.pool.lock("LOCK TABLE locked")) {
			assertThat(held).isNotNull();
			abandon(transaction, "COPY locked TO STDOUT", Long.MAX_VALUE,
					(received) -> this.pool.awaitWaiting("Lock:relation"));
			this.pool.assertUsable();
			assertThat(this.pool.sideNumber("SELECT count(*) FROM pg_locks WHERE NOT granted")).isZero();
		}
	}

	@Test
	void givesBackTheConnectionWhenCancelledBeforeItWasUsed() {
		for (int round = 0; round < 20; round++) {
			Abandoned.when(this.connections.copyOut(MANY_ROWS), 1, ByteBuf::release, (received) -> {
			}).block(TestPool.TIMEOUT);
			this.pool.assertUsable();
		}
		assertServerStopped();
	}

	/**
	 * The statement that follows sleeps, so that a cancel request that came late would
	 * hit it.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void neverHitsTheNextStatementWithTheCancelRequest(boolean transaction) {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		int rows = 600;
		Mono<Long> rounds = Flux.range(0, 150).concatMap((round) -> {
			int point = random.nextBoolean() ? random.nextInt(rows + 1) : rows - random.nextInt(3);
			int width = 1 + random.nextInt(2000);
			Flux<String> copy = text(
					"COPY (SELECT repeat('x', " + width + ") FROM generate_series(1, " + rows + ")) TO STDOUT");
			return copy.take(point)
				.count()
				.doOnNext((count) -> assertThat(count).isEqualTo(point))
				.thenMany(this.pool.values(Integer.class, "SELECT $1 FROM pg_sleep(0.002)", round))
				.single()
				.doOnNext((answer) -> assertThat(answer).isEqualTo(round))
				.onErrorMap((ex) -> new AssertionError(
						"Round %d, row %d of width %d, seed %d".formatted(round, point, width, seed), ex));
		}).count();
		assertThat(this.pool.within(transaction, note(1).then(rounds)).block(Duration.ofMinutes(2))).isEqualTo(150L);
		assertNotes(1);
		this.pool.assertUsable();
	}

	@Test
	void leavesNoSavepointBehind() {
		Mono<Boolean> work = Flux.range(0, 3)
			.concatMap((i) -> text("COPY (SELECT 1 FROM generate_series(1, 1000)) TO STDOUT").take(10)
				.then()
				.then(text("COPY (SELECT 1 / 0) TO STDOUT").then().onErrorComplete())
				.then(text("COPY (SELECT 1) TO STDOUT").then()))
			.then(this.connections.execute("RELEASE SAVEPOINT trunkline").thenReturn(true));
		DataAccessException failure = catchThrowableOfType(DataAccessException.class,
				() -> this.pool.within(true, work).block(TestPool.TIMEOUT));
		assertThat(PostgresErrors.sqlState(failure)).as("no such savepoint").hasValue("3B001");
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void slowsTheServerToTheSubscribersPace(boolean transaction) {
		Mono<Boolean> reading = Mono.deferContextual((view) -> Mono.fromCallable(() -> {
			StepVerifier.create(this.connections.copyOut(MANY_ROWS).doOnNext(ByteBuf::release).contextWrite(view), 10)
				.expectNextCount(10)
				.then(() -> this.pool.awaitWaiting("Client:ClientWrite"))
				.then(() -> assertThat(rowsMade()).isLessThan(MANY / 10))
				.thenRequest(30_000)
				.expectNextCount(30_000)
				.then(() -> this.pool.awaitWaiting("Client:ClientWrite"))
				.then(() -> assertThat(rowsMade()).isBetween(30_000L, MANY / 5L))
				.thenCancel()
				.verify(TestPool.TIMEOUT);
			return true;
		}).subscribeOn(Schedulers.boundedElastic()));
		this.pool.within(transaction, reading).block(TestPool.TIMEOUT);
		assertServerStopped();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void reportsAKilledBackendAndRecovers(boolean transaction) {
		AtomicInteger received = new AtomicInteger();
		Mono<Long> copy = text(
				"COPY (SELECT repeat('x', 10000), pg_sleep(0.001) FROM generate_series(1, 100000)) TO STDOUT")
			.doOnNext((row) -> {
				if (received.incrementAndGet() == 20) {
					this.pool.terminateBackend();
				}
			})
			.count();
		DataAccessException failure = catchThrowableOfType(DataAccessException.class,
				() -> this.pool.within(transaction, copy).block(TestPool.TIMEOUT));
		assertThat(failure).isInstanceOf(DataAccessResourceFailureException.class);
		assertThat(PostgresErrors.sqlState(failure)).hasValue("57P01");
		assertThat(PostgresErrors.isRecoverable(failure)).isFalse();
		this.pool.assertUsable();
	}

	/**
	 * A server that is stopped while it waits for the client to read says nothing more.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void reportsABackendThatWasKilledWhileNobodyAskedForRows(boolean transaction) {
		Mono<Boolean> reading = Mono.deferContextual((view) -> Mono.fromCallable(() -> {
			StepVerifier.create(this.connections.copyOut(MANY_ROWS).doOnNext(ByteBuf::release).contextWrite(view), 1)
				.expectNextCount(1)
				.then(() -> this.pool.awaitWaiting("Client:ClientWrite"))
				.then(this.pool::terminateBackend)
				.thenRequest(Long.MAX_VALUE)
				.thenConsumeWhile((row) -> true)
				.expectError(DataAccessResourceFailureException.class)
				.verify(TestPool.TIMEOUT);
			return true;
		}).subscribeOn(Schedulers.boundedElastic()));
		try {
			this.pool.within(transaction, reading).block(TestPool.TIMEOUT);
		}
		catch (DataAccessException | org.springframework.transaction.TransactionException ex) {
			assertThat(transaction).as("only a commit can fail").isTrue();
		}
		this.pool.assertUsable();
	}

	@Test
	void refusesAnEmptyStatement() {
		assertThat(catchThrowableOfType(IllegalArgumentException.class, () -> this.connections.copyOut(" ")))
			.hasMessage("'sql' must not be empty");
	}

	private int abandon(boolean transaction, String sql, long demand, Consumer<AtomicInteger> point) {
		Mono<Integer> abandoned = Abandoned.when(this.connections.copyOut(sql), demand, ByteBuf::release, point);
		Mono<Integer> work = note(1).then(abandoned).flatMap((received) -> note(2).thenReturn(received));
		int received = Objects.requireNonNull(this.pool.within(transaction, work).block(TestPool.TIMEOUT));
		assertNotes(2);
		return received;
	}

	private void assertServerStopped() {
		this.pool.assertUsable();
		assertThat(rowsMade()).as("rows that the server made").isLessThan(MANY);
	}

	private long rowsMade() {
		return this.pool.sideNumber("SELECT last_value FROM made");
	}

	private static void awaitRows(AtomicInteger received, int count) {
		TestPool.await(count + " rows", () -> received.get() >= count);
	}

	private Mono<Void> note(int id) {
		return this.connections.execute("INSERT INTO notes VALUES ($1)", id);
	}

	private void assertNotes(int count) {
		assertThat(this.pool.sideNumber("SELECT count(*) FROM notes")).as("notes that were committed").isEqualTo(count);
	}

	private List<String> text(boolean transaction, String sql) {
		return Objects.requireNonNull(this.pool.within(transaction, text(sql).collectList()).block(TestPool.TIMEOUT));
	}

	private Flux<String> text(String sql) {
		return this.connections.copyOut(sql).map((row) -> {
			String text = row.toString(StandardCharsets.UTF_8);
			row.release();
			return text;
		});
	}

}
