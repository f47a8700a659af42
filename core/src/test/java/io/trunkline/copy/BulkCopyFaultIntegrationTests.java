package io.trunkline.copy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;

import io.trunkline.connection.PostgresErrors;
import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.dao.DataAccessResourceFailureException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Copies that are broken off: nothing is stored, nothing is left, and the next caller
 * gets the connection.
 */
class BulkCopyFaultIntegrationTests extends BulkCopyFixture {

	private static final String ENDLESS = "SELECT i, repeat('x', 200) FROM (SELECT generate_series(1, 100000000)) AS s (i)";

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void cancelsALoadWhoseSourceHasMore(boolean transaction) {
		AtomicBoolean cancelled = new AtomicBoolean();
		CountDownLatch subscribed = new CountDownLatch(1);
		Flux<DataBuffer> source = content(items(1, 1000))
			.concatWith(Flux.<DataBuffer>never().doOnSubscribe((subscription) -> subscribed.countDown()))
			.doOnCancel(() -> cancelled.set(true));
		abandonIn(transaction, this.copy.copyIn("items").from(source), () -> subscribed.await());
		assertThat(cancelled).isTrue();
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void cancelsALoadThatWaitsForTheServer(boolean transaction) throws SQLException {
		sql("CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS"
				+ " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4712); RETURN NEW; END $$",
				"CREATE TRIGGER gate BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION gate()");
		try (TestPool.Lock lock = this.pool.lock("SELECT pg_advisory_lock(4712)")) {
			assertThat(lock).isNotNull();
			abandonIn(transaction, this.copy.copyIn("items").from(content(items(1, 50))),
					() -> this.pool.awaitWaiting("Lock:advisory"));
			assertThat(count("items")).isZero();
			this.pool.assertUsable();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void cancelsALoadOfRowsWhoseSourceHasMore(boolean transaction) {
		AtomicBoolean cancelled = new AtomicBoolean();
		CountDownLatch subscribed = new CountDownLatch(1);
		Flux<Map<String, Integer>> source = rows(1000)
			.concatWith(Flux.<Map<String, Integer>>never().doOnSubscribe((subscription) -> subscribed.countDown()))
			.doOnCancel(() -> cancelled.set(true));
		abandonIn(transaction, this.copy.copyIn("items").fromMaps(source), () -> subscribed.await());
		assertThat(cancelled).isTrue();
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void cancelsALoadOfRowsThatWaitsForTheServer(boolean transaction) throws SQLException {
		sql("CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS"
				+ " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4713); RETURN NEW; END $$",
				"CREATE TRIGGER gate BEFORE INSERT ON items FOR EACH ROW EXECUTE FUNCTION gate()");
		try (TestPool.Lock lock = this.pool.lock("SELECT pg_advisory_lock(4713)")) {
			assertThat(lock).isNotNull();
			abandonIn(transaction, this.copy.copyIn("items").fromMaps(rows(50)),
					() -> this.pool.awaitWaiting("Lock:advisory"));
			assertThat(count("items")).isZero();
			this.pool.assertUsable();
		}
	}

	private static Flux<Map<String, Integer>> rows(int count) {
		return Flux.range(1, count).map((i) -> Map.of("id", i));
	}

	@Test
	void cancelsALoadThatWaitsForTheConnection() {
		Mono<CopyResult> load = this.copy.copyIn("items").from(content(items(1, 50)));
		CountDownLatch begun = new CountDownLatch(1);
		Mono<Integer> abandoned = Abandoned.when(load.doOnSubscribe((subscription) -> begun.countDown()), 1,
				(result) -> {
				}, (received) -> await(begun));
		Integer results = get(this.pool.transaction()
			.execute((status) -> this.pool.connections()
				.execute("SELECT 1")
				// Subscribed outside the transaction, which holds the only connection.
				.then(Mono.fromCallable(() -> abandoned.block(TestPool.TIMEOUT))
					.subscribeOn(Schedulers.boundedElastic())))
			.single());
		assertThat(results).isZero();
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			throw new AssertionError(ex);
		}
	}

	/**
	 * Abandon work, and in a transaction go on and commit.
	 */
	private void abandonIn(boolean transaction, Mono<?> work, Interruptible point) {
		Mono<Integer> abandoned = Abandoned.when(work, 1, (result) -> {
		}, (received) -> {
			try {
				point.run();
			}
			catch (InterruptedException ex) {
				throw new AssertionError(ex);
			}
		});
		Mono<Integer> andThen = transaction
				? abandoned.flatMap((received) -> this.pool.connections().execute("SELECT 1").thenReturn(received))
				: abandoned;
		assertThat(get(this.pool.within(transaction, andThen))).isZero();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 20 })
	void cancelsAnExport(int frames) {
		for (boolean transaction : new boolean[] { false, true }) {
			Flux<DataBuffer> data = this.copy.copyOutQuery(ENDLESS).data();
			Mono<Integer> abandoned = Abandoned.when(data, frames, DataBufferUtils::release,
					(received) -> TestPool.await("frames", () -> received.get() == frames));
			Mono<Integer> andThen = transaction
					? abandoned.flatMap((received) -> this.pool.connections().execute("SELECT 1").thenReturn(received))
					: abandoned;
			assertThat(get(this.pool.within(transaction, andThen))).isEqualTo(frames);
			this.pool.assertUsable();
		}
	}

	@Test
	void stopsTheServerWhileNobodyConsumes() {
		Flux<DataBuffer> data = this.copy.copyOutQuery(ENDLESS).data();
		get(Abandoned.when(data, 3, DataBufferUtils::release, (received) -> {
			TestPool.await("frames", () -> received.get() == 3);
			this.pool.awaitWaiting("Client:ClientWrite");
		}));
		this.pool.assertUsable();
	}

	@Test
	void leavesNoFileOfACancelledExport(@TempDir Path directory) {
		get(Abandoned.when(this.copy.copyOutQuery(ENDLESS).to(directory.resolve("data.csv.gz")), 1, (result) -> {
		}, (received) -> TestPool.await("the file has content", () -> size(directory) > 10_000)));
		TestPool.await("the file is gone", () -> size(directory) < 0);
		this.pool.assertUsable();
	}

	private static long size(Path directory) throws IOException {
		try (Stream<Path> files = Files.list(directory)) {
			return files.findFirst().map((file) -> file.toFile().length()).orElse(-1L);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void cancelsAnExportToAStreamThatBlocks(boolean flushing) {
		CountDownLatch blocked = new CountDownLatch(1);
		CountDownLatch over = new CountDownLatch(1);
		AtomicReference<Thread> blockedThread = new AtomicReference<>();
		List<Throwable> dropped = new CopyOnWriteArrayList<>();
		OutputStream stream = new OutputStream() {

			@Override
			public void write(int b) {
				throw new UnsupportedOperationException();
			}

			@Override
			public void write(byte[] bytes, int offset, int length) throws IOException {
				if (!flushing) {
					block();
				}
			}

			@Override
			public void flush() throws IOException {
				block();
			}

			private void block() throws IOException {
				blockedThread.set(Thread.currentThread());
				blocked.countDown();
				try {
					new CountDownLatch(1).await();
				}
				catch (InterruptedException ex) {
					throw new InterruptedIOException();
				}
			}

		};
		Hooks.onErrorDropped(dropped::add);
		Schedulers.onScheduleHook("over", (task) -> () -> {
			try {
				task.run();
			}
			finally {
				if (Thread.currentThread() == blockedThread.get()) {
					over.countDown();
				}
			}
		});
		try {
			get(Abandoned.when(this.copy.copyOutQuery(flushing ? "SELECT 1" : ENDLESS).to(stream), 1, (result) -> {
			}, (received) -> await(blocked)));
			this.pool.assertUsable();
			await(over);
		}
		finally {
			Schedulers.resetOnScheduleHook("over");
			Hooks.resetOnErrorDropped();
		}
		assertThat(dropped).isEmpty();
	}

	@Test
	void failsWhereTheBackendIsKilled() {
		CountDownLatch sent = new CountDownLatch(1);
		Flux<DataBuffer> source = content(items(1, 1000))
			.concatWith(Flux.<DataBuffer>never().doOnSubscribe((subscription) -> sent.countDown()));
		Mono<Throwable> killing = Mono.fromRunnable(() -> {
			await(sent);
			this.pool.terminateBackend();
		}).subscribeOn(Schedulers.boundedElastic()).then(Mono.never());
		Throwable lost = get(Mono.firstWithSignal(killing,
				this.copy.copyIn("items").from(source).then(Mono.<Throwable>empty()).onErrorResume(Mono::just)));
		assertThat(lost).isInstanceOf(DataAccessResourceFailureException.class);
		assertThat(PostgresErrors.isRecoverable(lost)).isFalse();
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
		AtomicBoolean killed = new AtomicBoolean();
		failure(DataAccessResourceFailureException.class, this.copy.copyOutQuery(ENDLESS).data().doOnNext((buffer) -> {
			if (killed.compareAndSet(false, true)) {
				this.pool.terminateBackend();
			}
		}));
		this.pool.assertUsable();
	}

	@Test
	void cancelsAParallelLoad() {
		TestPool three = TestPool.of(3, this.database);
		try {
			CountDownLatch sent = new CountDownLatch(1);
			Flux<DataBuffer> source = content(items(1, 1000))
				.concatWith(Flux.<DataBuffer>never().doOnSubscribe((subscription) -> sent.countDown()));
			get(Abandoned.when(service(three).copyIn("items").parallel(3).from(source), 1, (result) -> {
			}, (received) -> await(sent)));
			three.assertUsable();
		}
		finally {
			three.close();
		}
	}

	private interface Interruptible {

		void run() throws InterruptedException;

	}

}
