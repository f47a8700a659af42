package io.trunkline.connection;

import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
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
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.r2dbc.BadSqlGrammarException;
import org.springframework.util.DigestUtils;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class CopyInIntegrationTests {

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static final String database = server.createDatabase();

	private static final String LOAD = "COPY loads FROM STDIN";

	private final Queue<ByteBuf> frames = new ConcurrentLinkedQueue<>();

	private final AtomicInteger subscriptions = new AtomicInteger();

	private final AtomicInteger cancellations = new AtomicInteger();

	private TestPool pool;

	private PostgresConnections connections;

	@BeforeAll
	static void createTables() {
		server.executeIn(database, "CREATE TABLE notes (id integer)", "CREATE TABLE loads (id integer, data text)", """
				CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS
				$$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$""",
				"CREATE TABLE gated (id integer, data text)",
				"CREATE TRIGGER gate BEFORE INSERT ON gated FOR EACH ROW EXECUTE FUNCTION gate()");
	}

	@AfterAll
	static void dropDatabase() {
		server.dropDatabase(database);
	}

	@BeforeEach
	void createPool() {
		this.pool = TestPool.ofOne(database);
		this.connections = this.pool.connections();
		server.executeIn(database, "TRUNCATE notes, loads, gated");
	}

	@AfterEach
	void closePool() {
		this.pool.close();
		assertFramesReleased();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void loadsRowsWhoseFramesEndAnywhere(boolean transaction) {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		StringBuilder rows = new StringBuilder();
		int count = 1 + random.nextInt(20_000);
		for (int i = 0; i < count; i++) {
			rows.append(i).append('\t').append(Long.toString(random.nextLong(), 36)).append('\n');
		}
		List<ByteBuf> pieces = new ArrayList<>();
		for (int start = 0; start < rows.length();) {
			int end = Math.min(rows.length(), start + random.nextInt(random.nextBoolean() ? 10 : 50_000));
			pieces.add(ByteBufUtil.writeUtf8(ByteBufAllocator.DEFAULT, rows.substring(start, end)));
			start = end;
		}
		assertThat(this.pool.within(transaction, this.connections.copyIn(LOAD, Flux.fromIterable(pieces)))
			.block(TestPool.TIMEOUT)).as("rows, seed %d", seed).isEqualTo(count);
		assertThat(this.pool
			.sideQuery("SELECT md5(string_agg(id || E'\\t' || data || E'\\n', '' ORDER BY id)) FROM loads"))
			.as("checksum, seed %d", seed)
			.isEqualTo(DigestUtils.md5DigestAsHex(rows.toString().getBytes(StandardCharsets.UTF_8)));
		this.pool.assertUsable();
	}

	@Test
	void completesForASourceWithoutData() {
		assertThat(load(Flux.empty())).isZero();
		this.pool.assertUsable();
	}

	@Test
	void doesNothingBeforeSubscription() {
		this.connections.copyIn(LOAD, source(Flux.never()));
		assertThat(this.subscriptions).hasValue(0);
		assertThat(this.pool.connectionFactory().getMetrics().orElseThrow().allocatedSize()).isZero();
	}

	@Test
	void storesNothingOfAFailedLoadAndGoesOnAfterASavepoint() {
		Mono<Boolean> work = note(1).then(expectError(this.connections
			.inTransaction((connection) -> this.connections.copyIn(LOAD, rows(100).concatWith(bad())))
			.then(), (ex) -> {
				assertThat(ex).isInstanceOf(DataIntegrityViolationException.class);
				assertThat(PostgresErrors.sqlState(ex)).hasValue("22P02");
			})).then(note(2)).thenReturn(true);
		this.pool.within(true, work).block(TestPool.TIMEOUT);
		assertNotes(2);
		assertNothingStored();
	}

	@Test
	void stopsTheSourceWhenTheServerRefusesARow() {
		Flux<ByteBuf> endless = Flux.defer(() -> rows(1)).repeat();
		DataAccessException failure = failure(bad().concatWith(endless));
		assertThat(PostgresErrors.sqlState(failure)).hasValue("22P02");
		assertThat(this.cancellations).hasValue(1);
		assertNothingStored();
		this.pool.assertUsable();
	}

	@Test
	void reportsTheServersErrorWhileTheSourceStalls() {
		DataAccessException failure = failure(bad().concatWith(Flux.never()));
		assertThat(failure).isInstanceOf(DataIntegrityViolationException.class);
		assertThat(PostgresErrors.sqlState(failure)).hasValue("22P02");
		assertThat(this.cancellations).hasValue(1);
		this.pool.assertUsable();
	}

	@Test
	void neverSubscribesToTheSourceOfAStatementThatFails() {
		DataAccessException failure = catchThrowableOfType(DataAccessException.class,
				() -> this.connections.copyIn("COPY missing FROM STDIN", source(Flux.never())).block(TestPool.TIMEOUT));
		assertThat(failure).isInstanceOf(BadSqlGrammarException.class);
		assertThat(PostgresErrors.sqlState(failure)).hasValue("42P01");
		assertThat(this.subscriptions).hasValue(0);
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 50 })
	void givesTheCallerTheSourcesOwnError(int rows) {
		IllegalStateException original = new IllegalStateException("The file is gone");
		Throwable failure = catchThrowable(() -> load(rows(rows).concatWith(Flux.error(original))));
		assertThat(Objects.requireNonNull(failure)).isInstanceOf(IllegalStateException.class)
			.hasMessage("The file is gone");
		assertNothingStored();
		this.pool.assertUsable();
	}

	@Test
	void givesTheCallerTheErrorOfASourceThatCannotBeSubscribedTo() {
		Throwable failure = catchThrowable(() -> load(Flux.defer(() -> {
			throw new IllegalArgumentException("No such file");
		})));
		assertThat(failure).isInstanceOf(IllegalArgumentException.class).hasMessage("No such file");
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 50 })
	void cancelsASourceThatNeverEnds(int rows) {
		AtomicInteger delivered = new AtomicInteger();
		Flux<ByteBuf> source = rows(rows).doOnNext((row) -> delivered.incrementAndGet()).concatWith(Flux.never());
		abandon(LOAD, source, () -> {
			TestPool.await("the rows are on their way", () -> this.subscriptions.get() == 1 && delivered.get() == rows);
			this.pool.awaitWaiting("Client:ClientRead");
		});
		this.pool.assertUsable();
		assertThat(this.cancellations).hasValue(1);
		assertNothingStored();
	}

	@Test
	void leavesASourceAloneWhenCancelledBeforeTheServerIsReady() throws SQLException {
		try (Lock held = this.pool.lock("LOCK TABLE loads")) {
			assertThat(held).isNotNull();
			abandon(LOAD, rows(10), () -> this.pool.awaitWaiting("Lock:relation"));
			this.pool.assertUsable();
			assertThat(this.pool.sideNumber("SELECT count(*) FROM pg_locks WHERE NOT granted")).isZero();
		}
		assertThat(this.subscriptions).hasValue(0);
		assertNothingStored();
	}

	@Test
	void givesBackTheConnectionWhenCancelledAtOnce() {
		for (int round = 0; round < 20; round++) {
			abandon(LOAD, rows(10).concatWith(Flux.never()), () -> {
			});
			this.pool.assertUsable();
		}
		assertNothingStored();
	}

	@Test
	void cancelsAServerThatWorks() throws SQLException {
		try (Lock held = this.pool.lock("SELECT pg_advisory_xact_lock(4711)")) {
			assertThat(held).isNotNull();
			abandon("COPY gated FROM STDIN", rows(10).concatWith(Flux.never()),
					() -> this.pool.awaitWaiting("Lock:advisory"));
			this.pool.assertUsable();
		}
		assertThat(this.pool.sideNumber("SELECT count(*) FROM gated")).isZero();
	}

	@Test
	void cancelsTheSourceOfAKilledBackend() {
		Mono<Long> load = this.connections.copyIn(LOAD, source(rows(3).concatWith(Flux.never())));
		Mono<Void> kill = Mono.fromRunnable(() -> {
			TestPool.await("the source is subscribed to", () -> this.subscriptions.get() == 1);
			this.pool.awaitWaiting("Client:ClientRead");
			this.pool.terminateBackend();
		}).subscribeOn(Schedulers.boundedElastic()).then();
		DataAccessException failure = catchThrowableOfType(DataAccessException.class,
				() -> Mono.whenDelayError(load, kill).block(TestPool.TIMEOUT));
		assertThat(failure).isInstanceOf(DataAccessResourceFailureException.class);
		assertThat(PostgresErrors.sqlState(failure)).hasValue("57P01");
		TestPool.await("the source is cancelled", () -> this.cancellations.get() == 1);
		assertNothingStored();
		this.pool.assertUsable();
	}

	@Test
	void reportsABackendThatIsKilledWhileDataFlows() {
		AtomicInteger emitted = new AtomicInteger();
		Flux<ByteBuf> endless = Flux.generate((sink) -> {
			if (emitted.incrementAndGet() == 500) {
				this.pool.terminateBackend();
			}
			sink.next(frame("1\t" + "x".repeat(10_000) + "\n"));
		});
		assertThat(failure(endless)).isInstanceOf(DataAccessResourceFailureException.class);
		TestPool.await("the source is cancelled", () -> this.cancellations.get() == 1);
		assertNothingStored();
		this.pool.assertUsable();
	}

	/**
	 * A server that does not read fills the socket, and then the source is not asked.
	 */
	@Test
	void asksTheSourceForNoMoreThanTheServerTakes() throws SQLException {
		int total = 3200;
		AtomicInteger emitted = new AtomicInteger();
		String row = "1\t" + "x".repeat(64 * 1024 - 3) + "\n";
		Flux<ByteBuf> source = Flux.range(0, total).map((i) -> {
			emitted.incrementAndGet();
			return frame(row);
		});
		CompletableFuture<Long> load;
		try (Lock held = this.pool.lock("SELECT pg_advisory_xact_lock(4711)")) {
			assertThat(held).isNotNull();
			load = this.connections.copyIn("COPY gated FROM STDIN", source(source)).toFuture();
			this.pool.awaitWaiting("Lock:advisory");
			AtomicInteger before = new AtomicInteger(-1);
			TestPool.awaiting("the source is at rest")
				.pollInterval(Duration.ofMillis(100))
				.until(() -> before.getAndSet(emitted.get()) == emitted.get());
			assertThat(emitted).hasValueLessThan(total / 4);
			assertThat(this.frames.stream().filter((frame) -> frame.refCnt() > 0)).hasSizeLessThanOrEqualTo(2);
		}
		assertThat(load).succeedsWithin(TestPool.TIMEOUT).isEqualTo((long) total);
		assertThat(this.pool.sideNumber("SELECT sum(length(data)) FROM gated")).isEqualTo(total * (row.length() - 3L));
		this.pool.assertUsable();
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
		Mono<Long> rounds = Flux.range(0, 150).concatMap((round) -> {
			int point = random.nextInt(40);
			AtomicBoolean left = new AtomicBoolean();
			Sinks.Empty<Void> leave = Sinks.empty();
			AtomicInteger emitted = new AtomicInteger();
			Flux<ByteBuf> source = rows(40).doOnNext((row) -> {
				if (emitted.getAndIncrement() == point && left.compareAndSet(false, true)) {
					leave.tryEmitEmpty();
				}
			});
			return this.connections.inTransaction((connection) -> this.connections.copyIn(LOAD, source(source)))
				.takeUntilOther(leave.asMono())
				.thenMany(this.pool.values(Integer.class, "SELECT $1 FROM pg_sleep(0.002)", round))
				.single()
				.doOnNext((answer) -> assertThat(answer).isEqualTo(round))
				.onErrorMap((ex) -> new AssertionError("Round %d, row %d, seed %d".formatted(round, point, seed), ex));
		}).count();
		assertThat(this.pool.within(transaction, note(1).then(rounds)).block(Duration.ofMinutes(2))).isEqualTo(150L);
		assertNotes(1);
		this.pool.assertUsable();
		assertNothingStored();
	}

	private void abandon(String sql, Publisher<ByteBuf> source, Runnable point) {
		Abandoned.when(this.connections.copyIn(sql, source(source)), Long.MAX_VALUE, (rows) -> {
		}, (received) -> point.run()).block(TestPool.TIMEOUT);
	}

	private long load(Publisher<ByteBuf> source) {
		return Objects.requireNonNull(this.connections.copyIn(LOAD, source(source)).block(TestPool.TIMEOUT));
	}

	private DataAccessException failure(Publisher<ByteBuf> source) {
		return catchThrowableOfType(DataAccessException.class, () -> load(source));
	}

	private static Mono<Void> expectError(Mono<Void> failing, Consumer<Throwable> check) {
		return failing.then(Mono.<Void>error(() -> new AssertionError("No error")))
			.onErrorResume(DataAccessException.class, (ex) -> Mono.fromRunnable(() -> check.accept(ex)));
	}

	private Flux<ByteBuf> source(Publisher<ByteBuf> data) {
		return Flux.from(data)
			.doOnSubscribe((subscription) -> this.subscriptions.incrementAndGet())
			.doOnCancel(this.cancellations::incrementAndGet);
	}

	private Flux<ByteBuf> rows(int count) {
		AtomicLong ids = new AtomicLong();
		return Flux.range(0, count).map((i) -> frame(ids.incrementAndGet() + "\trow\n"));
	}

	private Flux<ByteBuf> bad() {
		return Flux.defer(() -> Flux.just(frame("one\trow\n")));
	}

	private ByteBuf frame(String text) {
		// Not pooled: a buffer that was released may be in use again.
		ByteBuf frame = UnpooledByteBufAllocator.DEFAULT.directBuffer(Math.max(1, text.length()));
		frame.writeCharSequence(text, StandardCharsets.UTF_8);
		this.frames.add(frame);
		return frame;
	}

	private void assertFramesReleased() {
		TestPool.awaiting("every frame is released")
			.until(() -> this.frames.stream().filter((frame) -> frame.refCnt() > 0).count(), Long.valueOf(0)::equals);
	}

	private void assertNothingStored() {
		assertThat(this.pool.sideNumber("SELECT count(*) FROM loads")).as("rows stored").isZero();
	}

	private Mono<Void> note(int id) {
		return this.connections.execute("INSERT INTO notes VALUES ($1)", id);
	}

	private void assertNotes(int count) {
		assertThat(this.pool.sideNumber("SELECT count(*) FROM notes")).as("notes that were committed").isEqualTo(count);
	}

}
