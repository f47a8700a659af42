package io.trunkline.schema;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class CatalogFaultIntegrationTests extends SchemaFixture {

	/**
	 * Holds every reader of the catalogue up.
	 */
	private static final String LOCK = "LOCK TABLE pg_catalog.pg_description IN ACCESS EXCLUSIVE MODE";

	@ParameterizedTest
	@ValueSource(booleans = { true, false })
	void givesTheConnectionBackWhenALookUpIsAbandoned(boolean transaction) throws Exception {
		ddl("CREATE TABLE t (id int)");
		TestPool.Lock lock = this.pool.lock(LOCK);
		try {
			Mono<Integer> abandoned = Abandoned.when(this.catalog.table("t"), 1, (table) -> {
			}, (received) -> this.pool.awaitWaiting("Lock:relation"));
			assertThat(get(transaction ? cancelledInTransaction() : abandoned)).isZero();
			if (!transaction) {
				this.pool.awaitGivenBack();
			}
		}
		finally {
			lock.close();
		}
		assertThat(table("t").columns()).hasSize(1);
		this.pool.assertUsable();
	}

	/**
	 * The whole transaction is abandoned with the look-up.
	 */
	private Mono<Integer> cancelledInTransaction() {
		return Abandoned.when(this.catalog.table("t").as(this.pool.transaction()::transactional), 1, (table) -> {
		}, (received) -> this.pool.awaitWaiting("Lock:relation"));
	}

	@Test
	void reportsAKilledBackendAndReadsAgainAfterwards() throws Exception {
		ddl("CREATE TABLE t (id int)");
		TestPool.Lock lock = this.pool.lock(LOCK);
		try {
			Mono<Object> killed = Mono.fromRunnable(() -> {
				this.pool.awaitWaiting("Lock:relation");
				this.pool.terminateBackend();
			}).subscribeOn(Schedulers.boundedElastic());
			failure(DataAccessResourceFailureException.class, Flux.merge(this.catalog.table("t"), killed));
		}
		finally {
			lock.close();
		}
		assertThat(table("t").columns()).hasSize(1);
	}

	@Test
	void doesNotTakeALostConnectionForAChange() {
		ddl("CREATE TABLE t (id int)");
		table("t");
		List<TableInfo> runs = new ArrayList<>();
		failure(DataAccessResourceFailureException.class, this.catalog.withTable("t", (table) -> {
			runs.add(table);
			return this.pool.values(Boolean.class, "SELECT pg_terminate_backend(pg_backend_pid())");
		}));
		assertThat(runs).hasSize(1);
	}

	@Test
	void looksUpWithTheOnlyConnectionInsideAndOutsideATransaction() {
		ddl("CREATE TABLE t (id int)", "INSERT INTO t VALUES (7)");
		SchemaCatalog strict = SchemaCatalog.builder(this.pool.connections()).verifyAfter(Duration.ZERO).build();
		for (boolean transaction : new boolean[] { false, true, true, false }) {
			Flux<Integer> values = strict.withTable("t", (table) -> strict.table("t")
				.flatMapMany((same) -> this.pool.values(Integer.class, "SELECT id FROM " + same.quotedName())));
			assertThat(get(this.pool.within(transaction, values.single()))).isEqualTo(7);
			this.pool.awaitGivenBack();
		}
	}

	@Test
	void leavesTheTransactionUsableAfterAnUnknownName() {
		Mono<Integer> work = this.catalog.table("nothing")
			.map(TableInfo::name)
			.onErrorResume(TableNotFoundException.class, (ex) -> Mono.just("none"))
			.then(this.catalog.table("no_schema.nothing").map(TableInfo::name))
			.onErrorResume(TableNotFoundException.class, (ex) -> Mono.just("none"))
			.then(this.pool.values(Integer.class, "SELECT 42").single());
		assertThat(get(this.pool.within(true, work))).isEqualTo(42);
	}

	@Test
	void passesTheFailureOfAnAbortedTransactionOn() {
		ddl("CREATE TABLE t (id int)");
		Mono<TableInfo> work = this.pool.connections()
			.execute("SELECT 1 / 0")
			.onErrorComplete()
			.then(this.catalog.table("t"));
		failure(InvalidDataAccessApiUsageException.class, this.pool.within(true, work));
		assertThat(table("t").columns()).hasSize(1);
	}

	@Test
	void failsOnAClosedPool() {
		SchemaCatalog closed;
		try (TestPool shortLived = TestPool.ofOne(this.database)) {
			closed = SchemaCatalog.create(shortLived.connectionFactory());
		}
		failure(DataAccessException.class, closed.table("t"));
		failure(DataAccessException.class, closed.tables());
	}

	@Test
	void refusesWhatCannotBeANameBeforeAnythingIsSent() {
		for (String name : List.of("", "a.b.c", "\"open", "nul\0", "x".repeat(64))) {
			assertThatIllegalArgumentException().isThrownBy(() -> this.catalog.table(name));
			assertThatIllegalArgumentException().isThrownBy(() -> this.catalog.withTable(name, Mono::just));
		}
		assertThat(this.pool.connectionFactory().getMetrics().orElseThrow().allocatedSize()).isZero();
	}

	@Test
	void takesHostileNamesForNames() {
		ddl("CREATE TABLE t (id int)", "CREATE TABLE \"Robert'); DROP TABLE t; --\" (id int)");
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		String alphabet = "t'\"\\;-$1%_().* \n\tж/*";
		Flux<Integer> attempts = Flux.range(0, 500).concatMap((i) -> {
			StringBuilder name = new StringBuilder();
			int length = 1 + random.nextInt(20);
			for (int k = 0; k < length; k++) {
				name.append(alphabet.charAt(random.nextInt(alphabet.length())));
			}
			return attempt(name.toString()).thenReturn(i);
		});
		assertThat(get(attempts.count())).as("seed %d", seed).isEqualTo(500L);
		assertThat(get(this.catalog.tables().map(TableInfo::name).collectList())).as("seed %d", seed)
			.containsExactly("Robert'); DROP TABLE t; --", "t");
		assertThat(table("Robert'); DROP TABLE t; --").columns()).hasSize(1);
	}

	private Mono<Void> attempt(String name) {
		return Mono.defer(() -> this.catalog.table(name))
			.then(Mono.defer(() -> this.catalog.function(name)))
			.then()
			.onErrorResume((ex) -> ex instanceof TableNotFoundException || ex instanceof FunctionNotFoundException
					|| ex instanceof IllegalArgumentException, (ex) -> Mono.empty());
	}

}
