package io.trunkline.schema;

import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.pool.PoolMetrics;
import io.trunkline.testing.TestPool;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.dao.DataAccessResourceFailureException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Several who look one table up while it is being read.
 */
class SharedLookUpIntegrationTests extends SchemaFixture {

	/**
	 * Holds every reader of the catalogue up.
	 */
	private static final String LOCK = "LOCK TABLE pg_catalog.pg_description IN ACCESS EXCLUSIVE MODE";

	private static final int ASKERS = 20;

	private static final Duration LONG = Duration.ofDays(1);

	private final List<String> observed = new CopyOnWriteArrayList<>();

	private final AtomicReference<Runnable> afterRead = new AtomicReference<>(() -> {
	});

	private TestPool two;

	private SchemaCatalog shared;

	@BeforeEach
	void createTable() {
		this.observed.clear();
		this.two = TestPool.of(2, this.database);
		this.shared = catalog(LONG);
		ddl("CREATE TABLE t (id int PRIMARY KEY, name text)");
	}

	@AfterEach
	void closePoolOfTwo() {
		this.two.awaitGivenBack();
		this.two.close();
	}

	private SchemaCatalog catalog(Duration verifyAfter) {
		ObservationRegistry registry = ObservationRegistry.create();
		registry.observationConfig().observationHandler(new Reads());
		return SchemaCatalog.builder(this.two.connections())
			.verifyAfter(verifyAfter)
			.observationRegistry(registry)
			.build();
	}

	/**
	 * Let several ask while the server cannot answer.
	 * @param whileWaiting what happens before it can
	 */
	private List<Asker> askTogether(int count, Mono<TableInfo> question, Consumer<List<Asker>> whileWaiting)
			throws SQLException {
		List<Asker> askers = new ArrayList<>();
		TestPool.Lock lock = this.two.lock(LOCK);
		try {
			for (int i = 0; i < count; i++) {
				askers.add(new Asker(question));
			}
			this.two.awaitWaiting("Lock:relation");
			whileWaiting.accept(askers);
		}
		finally {
			lock.close();
		}
		return askers;
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void readOnceForAll(boolean work) throws Exception {
		List<Asker> askers = askTogether(ASKERS,
				work ? this.shared.withTable("t", Mono::just).single() : this.shared.table("t"), (asking) -> {
				});
		TableInfo first = askers.get(0).table();
		assertThat(first.columns()).hasSize(2);
		assertThat(askers).allSatisfy((asker) -> assertThat(asker.table()).isSameAs(first));
		assertThat(this.observed).containsExactly("trunkline.catalog.table");
	}

	@Test
	void checkOnceForAll() throws Exception {
		get(this.shared.table("t"));
		// A failure of work that had begun to answer makes the entry doubtful.
		failure(UnknownColumnException.class, this.shared.withTable("t",
				(table) -> Mono.just(1).concatWith(Mono.fromCallable(() -> table.column("more").position()))));
		this.observed.clear();
		List<Asker> askers = askTogether(ASKERS, this.shared.table("t"), (asking) -> {
		});
		assertThat(askers).allSatisfy((asker) -> assertThat(asker.table().columns()).hasSize(2));
		assertThat(this.observed).containsExactly("trunkline.catalog.check");
	}

	@Test
	void goOnWhenOneOfThemLeaves() throws Exception {
		for (int leaving = 0; leaving < 3; leaving++) {
			this.shared.forgetAll().block(TestPool.TIMEOUT);
			this.observed.clear();
			int index = leaving;
			List<Asker> askers = askTogether(3, this.shared.table("t"), (asking) -> asking.remove(index).leave());
			assertThat(askers).allSatisfy((asker) -> assertThat(asker.table().columns()).hasSize(2));
			assertThat(this.observed).hasSize(1);
		}
	}

	@Test
	void stopTheServerWhenAllOfThemLeave() throws Exception {
		askTogether(2, this.shared.table("t"), (asking) -> {
			asking.forEach(Asker::leave);
			this.two.awaitGivenBack();
		});
		assertThat(get(this.shared.table("t")).columns()).hasSize(2);
		assertThat(this.observed).hasSize(2);
	}

	@Test
	void failTogetherAndNotForLong() throws Exception {
		askTogether(3, this.shared.table("t"), (asking) -> {
			this.two.terminateBackend();
			assertThat(asking).allSatisfy((asker) -> failure(DataAccessResourceFailureException.class, asker.answer()));
		});
		assertThat(get(this.shared.table("t")).columns()).hasSize(2);
		assertThat(this.observed).hasSize(2);
	}

	@Test
	void learnThatATableIsMissingUntilItIsThere() throws Exception {
		List<Asker> askers = askTogether(3, this.shared.table("later"), (asking) -> {
		});
		assertThat(askers).allSatisfy((asker) -> failure(TableNotFoundException.class, asker.answer()));
		assertThat(this.observed).hasSize(1);
		ddl("CREATE TABLE later (id int)");
		assertThat(get(this.shared.table("later")).columns()).hasSize(1);
	}

	/**
	 * A transaction that has changed the table reads it over its own connection, and
	 * nobody else gets what it reads.
	 */
	@Test
	void areNotInATransaction() {
		AtomicReference<Asker> outside = new AtomicReference<>();
		Mono<TableInfo> inside = Mono.fromCallable(() -> this.two.lock(LOCK))
			.subscribeOn(Schedulers.boundedElastic())
			.flatMap((lock) -> {
				outside.set(new Asker(this.shared.table("t")));
				Mono<TableInfo> unlocked = Mono.<TableInfo>fromCallable(() -> {
					TestPool.await("both wait", () -> this.pool.sideNumber(
							"SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = ?",
							this.database) == 2);
					lock.close();
					return null;
				}).subscribeOn(Schedulers.boundedElastic());
				return Flux.merge(this.shared.table("t"), unlocked).single();
			})
			.delayUntil((table) -> outside.get().answer());
		TableInfo own = get(
				this.two.within(true, this.two.connections().execute("ALTER TABLE t ADD COLUMN own int").then(inside)));
		assertThat(own.columns()).hasSize(3);
		assertThat(outside.get().table().columns()).hasSize(2);
		assertThat(this.observed).hasSize(2);
	}

	@Test
	void readEachByItselfWhereNothingMayBeTakenAsUnchanged() throws Exception {
		SchemaCatalog strict = catalog(Duration.ZERO);
		TestPool.Lock lock = this.two.lock(LOCK);
		List<Asker> askers = new ArrayList<>();
		PoolMetrics metrics = this.two.connectionFactory().getMetrics().orElseThrow();
		try {
			for (int i = 0; i < 2; i++) {
				askers.add(new Asker(strict.table("t")));
			}
			TestPool.await("both have a connection", () -> metrics.acquiredSize() == 2);
		}
		finally {
			lock.close();
		}
		assertThat(askers).allSatisfy((asker) -> assertThat(asker.table().columns()).hasSize(2));
		assertThat(this.observed).hasSize(2);
	}

	@ParameterizedTest
	@ValueSource(strings = { "t", "public.t", "" })
	void leaveNothingStaleBehindWhatWasForgottenMeanwhile(String forgotten) {
		this.afterRead.set(() -> {
			ddl("ALTER TABLE t ADD COLUMN more int");
			(forgotten.isEmpty() ? this.shared.forgetAll() : this.shared.forget(forgotten)).subscribe();
		});
		assertThat(get(this.shared.table("t")).columns()).as("read before the change").hasSize(2);
		assertThat(get(this.shared.table("t")).columns()).hasSize(3);
		assertThat(get(this.shared.withTable("t", Mono::just).single()).columns()).hasSize(3);
	}

	/**
	 * Whatever comes in between: who asks after a table was forgotten sees what it had
	 * become before.
	 */
	@Test
	void seeEveryChangeThatWasToldWhileTheyAsk() {
		AtomicInteger told = new AtomicInteger(2);
		AtomicInteger seen = new AtomicInteger();
		Mono<Integer> ask = Mono.defer(() -> {
			int least = told.get();
			return this.shared.table("t").map((table) -> table.columns().size()).doOnNext((columns) -> {
				assertThat(columns).isGreaterThanOrEqualTo(least);
				seen.incrementAndGet();
			});
		});
		Flux<Integer> askers = Flux.range(0, 8)
			.flatMap((i) -> ask.subscribeOn(Schedulers.boundedElastic()).repeat(() -> told.get() < 100));
		Mono<Integer> changes = Mono.fromCallable(() -> {
			for (int i = 3; i <= 100; i++) {
				ddl("ALTER TABLE t ADD COLUMN c" + i + " int");
				this.shared.forget("t").block(TestPool.TIMEOUT);
				told.set(i);
				if (i % 10 == 0 && i < 100) {
					int before = seen.get();
					Awaitility.await().atMost(TestPool.TIMEOUT).until(() -> seen.get() > before);
				}
			}
			return told.get();
		}).subscribeOn(Schedulers.boundedElastic());
		assertThat(Flux.merge(askers, changes).blockLast(TestPool.TIMEOUT)).isNotNull();
		assertThat(seen).hasValueGreaterThan(8);
		assertThat(get(this.shared.table("t")).columns()).hasSize(100);
	}

	/**
	 * Somebody who has asked and waits.
	 */
	private static final class Asker {

		private final CompletableFuture<TableInfo> answer;

		Asker(Mono<TableInfo> answer) {
			this.answer = answer.toFuture();
		}

		Mono<TableInfo> answer() {
			return Mono.fromFuture(this.answer);
		}

		TableInfo table() {
			return get(answer());
		}

		void leave() {
			this.answer.cancel(false);
		}

	}

	/**
	 * Takes notes of what the catalogue asks the server, and does something once between
	 * the answer and the moment at which the catalogue remembers it.
	 */
	private final class Reads implements ObservationHandler<Observation.Context> {

		@Override
		public void onStart(Observation.Context context) {
			SharedLookUpIntegrationTests.this.observed.add(String.valueOf(context.getName()));
		}

		@Override
		public void onStop(Observation.Context context) {
			if ("trunkline.catalog.table".equals(context.getName())) {
				SharedLookUpIntegrationTests.this.afterRead.getAndSet(() -> {
				}).run();
			}
		}

		@Override
		public boolean supportsContext(Observation.Context context) {
			return true;
		}

	}

}
