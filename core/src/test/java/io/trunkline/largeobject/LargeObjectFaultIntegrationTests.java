package io.trunkline.largeobject;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

import io.micrometer.observation.ObservationRegistry;
import io.micrometer.observation.ObservationTextPublisher;
import io.micrometer.observation.tck.TestObservationRegistry;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.spi.ConnectionFactories;
import io.trunkline.connection.OperationContext;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import io.trunkline.testing.TestPool.Lock;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBuffer;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;

import static io.micrometer.observation.tck.TestObservationRegistryAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

class LargeObjectFaultIntegrationTests extends LargeObjectFixture {

	private static final int ONE_STATEMENT = 1000;

	private static final int MANY_CHUNKS = 300_000;

	private final AtomicInteger sourceCancelled = new AtomicInteger();

	@BeforeEach
	void resetCounter() {
		this.sourceCancelled.set(0);
	}

	@ParameterizedTest
	@CsvSource({ "0, false", "1000, false", "300000, false", "0, true", "1000, true", "300000, true" })
	void leavesNoObjectWhenTheSourceFails(int bytes, boolean transaction) {
		IllegalStateException original = new IllegalStateException("The upload broke off");
		Mono<Boolean> work = this.template.write(content(randomBytes(bytes)).concatWith(Mono.error(original)))
			.thenReturn(false)
			.onErrorResume(IllegalStateException.class,
					(ex) -> Mono.just("The upload broke off".equals(ex.getMessage())));
		assertThat(get(this.pool.within(transaction, work))).isTrue();
		assertThat(objects()).isZero();
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@CsvSource({ "1000, false", "300000, false", "1000, true", "300000, true" })
	void keepsTheOldContentWhenAReplacementFails(int bytes, boolean transaction) {
		byte[] old = randomBytes(50_000);
		long oid = written(old);
		Flux<DataBuffer> broken = content(randomBytes(bytes)).concatWith(Mono.error(new IllegalStateException()));
		Mono<Boolean> work = Flux
			.concat(this.template.write(oid, broken).onErrorComplete(IllegalStateException.class),
					this.template.append(oid, broken).onErrorComplete(IllegalStateException.class),
					this.template.writeAt(oid, 10, broken).onErrorComplete(IllegalStateException.class))
			.then(Mono.just(true));
		get(this.pool.within(transaction, work));
		assertContent(oid, old);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void goesOnInATransactionAfterAFailedUpload(boolean small) {
		int size = small ? ONE_STATEMENT : MANY_CHUNKS;
		byte[] bytes = randomBytes(size);
		Mono<Long> work = this.template
			.write(content(randomBytes(size)).concatWith(Mono.error(new IllegalStateException())))
			.onErrorComplete(IllegalStateException.class)
			.then(this.template.write(content(bytes)))
			.map(LargeObjectTransfer::oid);
		assertContent(get(this.pool.within(true, work)), bytes);
		assertThat(objects()).isOne();
	}

	@ParameterizedTest
	@CsvSource({ "0, false", "1000, false", "300000, false", "0, true", "1000, true", "300000, true" })
	void leavesNoObjectWhenAnUploadThatStallsIsCancelled(int bytes, boolean transaction) {
		AtomicLong passed = new AtomicLong();
		Mono<LargeObjectTransfer> upload = this.template.write(stalling(bytes),
				TransferOptions.defaults().withProgress((progress) -> passed.set(progress.bytes())));
		Mono<Integer> abandoned = Abandoned.when(upload, 1, (outcome) -> {
		}, (received) -> TestPool.await("all bytes have passed", () -> passed.get() == bytes));
		assertThat(get(this.pool.within(transaction, abandoned))).isZero();
		this.pool.assertUsable();
		TestPool.await("the source is cancelled", () -> this.sourceCancelled.get() == 1);
		assertThat(objects()).isZero();
	}

	/**
	 * Leaves when a random number of buffers has been asked for, or on the outcome's
	 * heels. Received too late to reach a subscriber, the outcome is still reported.
	 */
	@ParameterizedTest
	@CsvSource({ "false, 200", "true, 200" })
	void keepsAnObjectExactlyWhenItsOutcomeWasReported(boolean small, int rounds) {
		for (int round = 0; round < rounds; round++) {
			int buffers = small ? 1 : 30;
			int point = this.random.nextInt(buffers + 1);
			int spin = this.random.nextInt(small ? 400_000 : 40_000);
			AtomicInteger emitted = new AtomicInteger();
			AtomicLong oid = new AtomicLong();
			Flux<DataBuffer> source = Flux.range(0, buffers).map((i) -> {
				DataBuffer buffer = buffer(new byte[small ? 500 : 3000]);
				emitted.incrementAndGet();
				return buffer;
			});
			TransferOptions options = TransferOptions.defaults().withCompletion((outcome) -> oid.set(outcome.oid()));
			Abandoned.when(this.template.write(source, options), 1, (outcome) -> {
			}, (received) -> {
				while (emitted.get() < point) {
					Thread.onSpinWait();
				}
				for (int i = 0; i < spin; i++) {
					Thread.onSpinWait();
				}
			}).block(TestPool.TIMEOUT);
			int number = round;
			// An upload that was left while it committed is deleted on another turn of
			// the connection.
			TestPool
				.awaiting(
						"round %d, point %d of %d, spin %d, seed %d".formatted(number, point, buffers, spin, this.seed))
				.untilAsserted(() -> assertThat(objects()).isEqualTo((oid.get() != 0) ? 1 : 0));
			if (oid.get() != 0) {
				run(this.template.delete(oid.get()));
			}
			// The deletion may still have its turn to come.
			TestPool.awaiting("round %d, seed %d".formatted(number, this.seed)).untilAsserted(this.pool::assertUsable);
		}
	}

	@Test
	void leavesNothingOfUploadsThatAreCancelledInOneTransaction() {
		int rounds = 60;
		Mono<Long> work = Flux.range(0, rounds).concatMap((round) -> {
			int point = this.random.nextInt(30);
			Sinks.Empty<Void> leave = Sinks.empty();
			AtomicInteger emitted = new AtomicInteger();
			int size = this.random.nextBoolean() ? 20 : 3000;
			Flux<DataBuffer> source = Flux.range(0, 30).map((i) -> {
				if (emitted.getAndIncrement() == point) {
					leave.tryEmitEmpty();
				}
				return buffer(new byte[size]);
			});
			return this.template.write(source)
				.takeUntilOther(leave.asMono())
				.thenMany(this.pool.values(Integer.class, "SELECT $1 FROM pg_sleep(0.002)", round))
				.single()
				.doOnNext((answer) -> assertThat(answer).isEqualTo(round))
				.onErrorMap((ex) -> new AssertionError(
						"Round %d, point %d, size %d, seed %d".formatted(round, point, size, this.seed), ex));
		}).count();
		assertThat(this.pool.within(true, work).block(Duration.ofMinutes(2))).isEqualTo(rounds);
		assertThat(objects()).isZero();
		this.pool.assertUsable();
	}

	@Test
	void stopsAWriteThatWaitsForAnotherTransaction() throws SQLException {
		long oid = written(randomBytes(5000));
		try (Lock held = this.pool.lock("SELECT lo_put(" + oid + "::oid, 0, 'held')")) {
			assertThat(held).isNotNull();
			for (int size : new int[] { ONE_STATEMENT, MANY_CHUNKS }) {
				Abandoned.when(this.template.write(oid, content(randomBytes(size))), 1, (outcome) -> {
				}, (received) -> this.pool.awaitWaiting("Lock:transactionid")).block(TestPool.TIMEOUT);
				this.pool.assertUsable();
			}
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void reportsABackendThatIsKilledInMidUpload(boolean transaction) {
		AtomicLong passed = new AtomicLong();
		Mono<LargeObjectTransfer> upload = this.template.write(stalling(MANY_CHUNKS),
				TransferOptions.defaults().withProgress((progress) -> passed.set(progress.bytes())));
		Mono<Void> kill = Mono.fromRunnable(() -> {
			TestPool.await("all bytes have passed", () -> passed.get() == MANY_CHUNKS);
			this.pool.awaitWaiting("Client:ClientRead");
			this.pool.terminateBackend();
		}).subscribeOn(Schedulers.boundedElastic()).then();
		DataAccessException failure = failure(DataAccessException.class,
				Mono.whenDelayError(this.pool.within(transaction, upload), kill));
		assertThat(failure).isInstanceOf(DataAccessResourceFailureException.class);
		assertThat(PostgresErrors.sqlState(failure)).hasValue("57P01");
		TestPool.await("the source is cancelled", () -> this.sourceCancelled.get() == 1);
		assertThat(objects()).isZero();
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void reportsABackendThatIsKilledInMidDownload(boolean transaction) {
		long oid = written(randomBytes(20_000_000));
		AtomicLong passed = new AtomicLong();
		Flux<Integer> download = this.template.read(oid).map((buffer) -> {
			if (passed.getAndAdd(buffer.readableByteCount()) == 0) {
				this.pool.terminateBackend();
			}
			return bytes(buffer).length;
		});
		DataAccessException failure = failure(DataAccessException.class,
				this.pool.within(transaction, download.then()));
		assertThat(failure).isInstanceOf(DataAccessResourceFailureException.class);
		assertThat(passed.get()).isLessThan(20_000_000);
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void stopsADownloadThatIsCancelledAtAnyPoint(boolean transaction) {
		long oid = written(randomBytes(1_000_000));
		Mono<Long> rounds = Flux.range(0, 80).concatMap((round) -> {
			int point = this.random.nextInt(500);
			return this.template.read(oid)
				.doOnNext(DataBufferUtils::release)
				.take(point)
				.thenMany(this.pool.values(Integer.class, "SELECT $1 FROM pg_sleep(0.002)", round))
				.single()
				.doOnNext((answer) -> assertThat(answer).isEqualTo(round))
				.onErrorMap((ex) -> new AssertionError(
						"Round %d, buffer %d, seed %d".formatted(round, point, this.seed), ex));
		}).count();
		assertThat(this.pool.within(transaction, rounds).block(Duration.ofMinutes(2))).isEqualTo(80L);
		this.pool.assertUsable();
	}

	@Test
	void freesTheConnectionOfADownloadThatNobodyReads() {
		long oid = hugeSparseObject();
		Abandoned
			.when(this.template.read(oid), 1, DataBufferUtils::release,
					(received) -> this.pool.awaitWaiting("Client:ClientWrite"))
			.block(TestPool.TIMEOUT);
		this.pool.assertUsable();
	}

	/**
	 * The object has 64 GiB, so that a download that was drained would not end.
	 */
	@Test
	void freesTheConnectionOfADownloadInFullFlow() {
		long oid = hugeSparseObject();
		int received = get(Abandoned.when(template(64 * 1024).read(oid), Long.MAX_VALUE, DataBufferUtils::release,
				(count) -> TestPool.await("1000 buffers", () -> count.get() > 1000)));
		assertThat(received).isGreaterThan(1000);
		this.pool.assertUsable();
	}

	@Test
	void holdsLittleMemoryForASlowSubscriber() {
		long oid = hugeSparseObject();
		LargeObjectTemplate large = template(LargeObjectTemplate.Builder.DEFAULT_CHUNK_SIZE);
		long before = directMemory();
		AtomicLong bytes = new AtomicLong();
		StepVerifier.create(large.read(oid).doOnNext((buffer) -> {
			bytes.addAndGet(buffer.readableByteCount());
			DataBufferUtils.release(buffer);
		}), 0)
			.expectSubscription()
			.then(() -> this.pool.awaitWaiting("Client:ClientWrite"))
			.then(() -> assertThat(directMemory() - before).isLessThan(16L << 20))
			.thenRequest(4)
			.expectNextCount(4)
			.then(() -> this.pool.awaitWaiting("Client:ClientWrite"))
			.then(() -> assertThat(directMemory() - before).isLessThan(16L << 20))
			.thenRequest(1000)
			.expectNextCount(1000)
			.thenCancel()
			.verify(TestPool.TIMEOUT);
		assertThat(bytes.get()).isGreaterThan(1000 * 16 * 1024L);
		this.pool.assertUsable();
	}

	@Test
	void asksForNoMoreContentThanTheServerTakes() throws SQLException {
		byte[] first = randomBytes(5000);
		long oid = written(first);
		int total = 2000;
		AtomicInteger emitted = new AtomicInteger();
		Flux<DataBuffer> source = Flux.range(0, total).map((i) -> {
			emitted.incrementAndGet();
			return buffer(new byte[64 * 1024]);
		});
		try (Lock held = this.pool.lock("SELECT lo_put(" + oid + "::oid, 0, 'held')")) {
			assertThat(held).isNotNull();
			Abandoned.when(template(64 * 1024).writeAt(oid, 0, source), 1, (outcome) -> {
			}, (received) -> {
				this.pool.awaitWaiting("Lock:transactionid");
				AtomicInteger before = new AtomicInteger(-1);
				TestPool.awaiting("the source is at rest")
					.pollInterval(Duration.ofMillis(100))
					.until(() -> before.getAndSet(emitted.get()) == emitted.get());
				assertThat(emitted).hasValueLessThan(total / 4);
			}).block(TestPool.TIMEOUT);
		}
		this.pool.assertUsable();
		assertContent(oid, first);
	}

	/**
	 * The outcome comes between the cancellation and its way up to the statement.
	 */
	@Test
	void staysSilentWhenAbandonedAsItEnds() {
		long oid = written(randomBytes(SMALL));
		AtomicBoolean ending = new AtomicBoolean();
		Sinks.Empty<Void> end = Sinks.empty();
		ConnectionPool slow = new ConnectionPool(ConnectionPoolConfiguration
			.builder(ConnectionFactories
				.get(this.server.options(this.server.user(), this.server.password(), this.database)))
			.preRelease((connection) -> end.asMono().doOnSubscribe((subscription) -> ending.set(true)))
			.build());
		ObservationRegistry observations = ObservationRegistry.create();
		observations.observationConfig().observationHandler(new ObservationTextPublisher((stopped) -> {
			if (stopped.contains("STOP - ")) {
				end.tryEmitEmpty();
			}
		}));
		LargeObjectTemplate template = LargeObjectTemplate.builder(slow).observationRegistry(observations).build();
		List<Throwable> dropped = new CopyOnWriteArrayList<>();
		Hooks.onErrorDropped(dropped::add);
		try {
			get(Abandoned.when(template.delete(List.of(oid)), 1, (deleted) -> {
			}, (received) -> TestPool.await("the connection is given back", ending::get)));
			PoolMetrics metrics = slow.getMetrics().orElseThrow();
			TestPool.await("the connection is back", () -> metrics.idleSize() == metrics.allocatedSize());
		}
		finally {
			Hooks.resetOnErrorDropped();
			slow.dispose();
		}
		assertThat(dropped).isEmpty();
		assertThat(objects()).isZero();
	}

	@Test
	void endsTheTransferWhenAProgressListenerThrows() {
		TransferOptions throwing = TransferOptions.defaults().withProgress((progress) -> {
			if (progress.bytes() > 100_000) {
				throw new IllegalStateException("listener");
			}
		});
		NettyDataBuffer pooled = this.pooled.allocateBuffer(MANY_CHUNKS).write(randomBytes(MANY_CHUNKS));
		pooled.retain();
		assertThat(failure(IllegalStateException.class, this.template.write(Flux.just(pooled), throwing)))
			.hasMessage("listener");
		assertThat(pooled.getNativeBuffer().refCnt()).isOne();
		DataBufferUtils.release(pooled);
		assertThat(objects()).isZero();
		this.pool.assertUsable();
		long oid = written(randomBytes(MANY_CHUNKS));
		assertThat(failure(IllegalStateException.class, this.template.read(oid, throwing))).hasMessage("listener");
		this.pool.assertUsable();
	}

	@Test
	void reportsProgressThatGrowsToTheTotal() {
		byte[] bytes = randomBytes(MANY_CHUNKS);
		Queue<TransferProgress> progress = new ConcurrentLinkedQueue<>();
		TransferOptions options = TransferOptions.defaults().withTotal(bytes.length).withProgress(progress::add);
		long oid = get(this.template.write(content(bytes), options)).oid();
		assertProgress(List.copyOf(progress));
		progress.clear();
		run(this.template.read(oid, options));
		assertProgress(List.copyOf(progress));
	}

	private static void assertProgress(List<TransferProgress> progress) {
		assertThat(progress).isSortedAccordingTo(Comparator.comparingLong(TransferProgress::bytes))
			.last()
			.isEqualTo(new TransferProgress(MANY_CHUNKS, (long) MANY_CHUNKS));
	}

	@Test
	void computesTheDigestOfWhatPasses() {
		byte[] bytes = randomBytes(MANY_CHUNKS + 7);
		LargeObjectTransfer written = get(this.template.write(content(bytes), TransferOptions.defaults().withSha256()));
		assertThat(written.sha256()).as("seed %d", this.seed).isEqualTo(sha256(bytes));
		AtomicReference<LargeObjectTransfer> read = new AtomicReference<>();
		run(this.template.read(written.oid(), 1000, 200_000,
				TransferOptions.defaults().withSha256().withCompletion(read::set)));
		assertThat(read.get().sha256()).isEqualTo(sha256(Arrays.copyOfRange(bytes, 1000, 201_000)));
		assertThat(read.get().bytes()).isEqualTo(200_000);
		assertThat(get(this.template.write(content(bytes))).sha256()).isNull();
	}

	@Test
	void observesEachOperationWithItsOutcomeAndBytes() {
		TestObservationRegistry registry = TestObservationRegistry.create();
		LargeObjectTemplate observed = LargeObjectTemplate.builder(this.pool.connections())
			.chunkSize(SMALL)
			.observationRegistry(registry)
			.build();
		byte[] bytes = randomBytes(100_000);
		long oid = get(observed.write(content(bytes))).oid();
		assertObserved(registry, "write", "success", 100_000, 1);
		registry.clear();
		run(observed.read(oid));
		assertObserved(registry, "read", "success", 100_000, 1);
		registry.clear();
		Abandoned
			.when(observed.read(oid), 1, DataBufferUtils::release,
					(received) -> TestPool.await("a buffer", () -> received.get() == 1))
			.block(TestPool.TIMEOUT);
		this.pool.assertUsable();
		assertThat(registry).hasObservationWithNameEqualTo("trunkline.largeobject.read")
			.that()
			.hasBeenStopped()
			.hasLowCardinalityKeyValue("outcome", "cancelled");
		registry.clear();
		failure(LargeObjectNotFoundException.class, observed.read(MISSING));
		assertThat(registry).hasObservationWithNameEqualTo("trunkline.largeobject.read")
			.that()
			.hasBeenStopped()
			.hasError()
			.hasLowCardinalityKeyValue("outcome", "error");
		registry.clear();
		long copy = get(observed.copy(oid));
		assertObserved(registry, "copy", "success", 100_000, 1);
		registry.clear();
		run(observed.delete(List.of(oid, copy)));
		assertObserved(registry, "delete", "success", 0, 2);
	}

	private static void assertObserved(TestObservationRegistry registry, String operation, String outcome, long bytes,
			long items) {
		assertThat(registry).hasObservationWithNameEqualTo("trunkline.largeobject." + operation)
			.that()
			.hasBeenStarted()
			.hasBeenStopped()
			.hasLowCardinalityKeyValue("outcome", outcome)
			.satisfies((context) -> {
				assertThat(((OperationContext) context).getBytes()).isEqualTo(bytes);
				assertThat(((OperationContext) context).getItems()).isEqualTo(items);
			});
	}

	private Flux<DataBuffer> stalling(int bytes) {
		return content(randomBytes(bytes)).concatWith(Flux.never()).doOnCancel(this.sourceCancelled::incrementAndGet);
	}

	private long hugeSparseObject() {
		long oid = get(this.template.create());
		run(this.template.truncate(oid, 64L << 30));
		return oid;
	}

	private static long directMemory() {
		return ((ByteBufAllocatorMetricProvider) ByteBufAllocator.DEFAULT).metric().usedDirectMemory();
	}

}
