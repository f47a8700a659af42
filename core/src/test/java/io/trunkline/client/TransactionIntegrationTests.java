package io.trunkline.client;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.micrometer.observation.tck.TestObservationRegistry;
import io.r2dbc.spi.R2dbcTransientResourceException;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.dao.CannotAcquireLockException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.transaction.annotation.Isolation;
import org.springframework.transaction.reactive.TransactionSynchronization;
import org.springframework.transaction.reactive.TransactionSynchronizationManager;

import static io.micrometer.observation.tck.TestObservationRegistryAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;

class TransactionIntegrationTests extends ClientFixture {

	private static final TransactionRetry FAST = new TransactionRetry(3, Duration.ofMillis(1), Duration.ofMillis(5));

	private static final TransactionOptions RETRIED = TransactionOptions.defaults().withRetry(FAST);

	private final AtomicInteger attempts = new AtomicInteger();

	@Test
	void commitsWhatTheWorkDid() {
		assertThat(get(this.client.inTransaction((tx) -> insert(1).then(insert(2))).single())).isEqualTo(1L);
		assertThat(count()).isEqualTo(2);
	}

	@Test
	void rollsBackWhatFails() {
		failure(DuplicateKeyException.class, this.client.inTransaction((tx) -> insert(1).then(insert(1))));
		assertThat(count()).isZero();
	}

	@Test
	void beginsAsItIsTold() {
		assertThat(modes(TransactionOptions.defaults())).containsExactly("read committed", "off", "off", "none");
		for (Isolation isolation : List.of(Isolation.READ_COMMITTED, Isolation.REPEATABLE_READ,
				Isolation.SERIALIZABLE)) {
			assertThat(modes(TransactionOptions.defaults().withIsolation(isolation))).first()
				.isEqualTo(isolation.name().toLowerCase().replace('_', ' '));
		}
		assertThat(modes(TransactionOptions.defaults().withReadOnly().withName("report")))
			.containsExactly("read committed", "on", "off", "report");
		assertThat(modes(TransactionOptions.defaults().withDeferrable())).containsExactly("serializable", "on", "on",
				"none");
		assertThat(modes(TransactionOptions.defaults())).as("nothing is left on the connection")
			.containsExactly("read committed", "off", "off", "none");
	}

	private List<String> modes(TransactionOptions options) {
		return get(this.client.inTransaction(options,
				(tx) -> Flux.concat(tx.sql("SHOW transaction_isolation").fetchValue(String.class),
						tx.sql("SHOW transaction_read_only").fetchValue(String.class),
						tx.sql("SHOW transaction_deferrable").fetchValue(String.class),
						TransactionSynchronizationManager.forCurrentTransaction()
							.map((manager) -> String.valueOf(manager.getCurrentTransactionName()))
							.map((name) -> "null".equals(name) ? "none" : name)))
			.collectList());
	}

	@Test
	void writesNothingWhereItIsReadOnly() {
		failure(InvalidDataAccessApiUsageException.class,
				this.client.inTransaction(TransactionOptions.defaults().withReadOnly(), (tx) -> insert(1)));
		assertThat(count()).isZero();
	}

	@Test
	void nestsAsASavepoint() {
		Mono<Long> work = this.client
			.inTransaction((outer) -> insert(1)
				.then(outer.inTransaction((inner) -> insert(2).then(insert(2))).single().onErrorReturn(0L))
				.then(outer.inTransaction((inner) -> insert(3)).single()))
			.single();
		assertThat(get(work)).isEqualTo(1L);
		assertThat(this.pool.sideQuery("SELECT string_agg(id::text, ',' ORDER BY id) FROM items")).isEqualTo("1,3");
	}

	@Test
	void joinsSpringsTransactionAsASavepoint() {
		Mono<Long> work = insert(1)
			.then(this.client.inTransaction(RETRIED, (tx) -> insert(2).then(insert(2))).single().onErrorReturn(0L));
		assertThat(get(this.pool.within(true, work))).isZero();
		assertThat(count()).isEqualTo(1);
	}

	@Test
	void refusesModesThatASavepointCannotHave() {
		for (TransactionOptions options : List.of(TransactionOptions.defaults().withIsolation(Isolation.SERIALIZABLE),
				TransactionOptions.defaults().withReadOnly(), TransactionOptions.defaults().withDeferrable())) {
			InvalidDataAccessApiUsageException ex = failure(InvalidDataAccessApiUsageException.class, this.client
				.inTransaction((outer) -> outer.inTransaction(options.withName("inner"), (inner) -> insert(1))));
			assertThat(ex).hasMessageContaining("'inner'").hasMessageContaining("outer transaction");
		}
		assertThat(count()).isZero();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void stopsWhatTakesTooLong(boolean nested) {
		TransactionOptions options = TransactionOptions.defaults().withName("slow").withTimeout(Duration.ofMillis(300));
		Flux<Long> slow = this.client.inTransaction(options,
				(tx) -> insert(1).then(tx.sql("SELECT pg_sleep(1000)").execute()));
		Mono<Long> work = nested
				? insert(2).then(slow.single().onErrorResume(QueryTimeoutException.class, (ex) -> Mono.just(0L)))
				: null;
		if (work != null) {
			assertThat(get(this.client.inTransaction((tx) -> work).single())).isZero();
		}
		else {
			assertThat(failure(QueryTimeoutException.class, slow)).hasMessageContaining("'slow'")
				.hasMessageContaining("PT0.3S");
		}
		assertThat(count()).isEqualTo(nested ? 1 : 0);
		this.pool.assertUsable();
	}

	@Test
	void runsAgainAfterASerializationFailure() {
		ddl("INSERT INTO items VALUES (1, 'one', 1)");
		TransactionOptions options = RETRIED.withIsolation(Isolation.REPEATABLE_READ);
		Mono<Long> work = this.client
			.inTransaction(options, (tx) -> tx.sql("SELECT count(*) FROM items").execute().doOnNext((rows) -> {
				if (this.attempts.getAndIncrement() == 0) {
					ddl("UPDATE items SET price = price + 10");
				}
			}).then(tx.sql("UPDATE items SET price = price + 1").execute()))
			.single();
		assertThat(get(work)).isEqualTo(1L);
		assertThat(this.attempts).hasValue(2);
		assertThat(this.pool.sideNumber("SELECT price FROM items")).isEqualTo(12L);
	}

	@Test
	void runsAgainAfterADeadlock() {
		ddl("INSERT INTO items VALUES (1, 'one', 0), (2, 'two', 0)");
		try (TestPool two = TestPool.of(2, this.database)) {
			PostgresClient client = PostgresClient.create(two.connectionFactory());
			Sinks.Empty<Void> first = Sinks.empty();
			Sinks.Empty<Void> second = Sinks.empty();
			Mono<Long> one = crossing(client, 1, 2, first, second);
			Mono<Long> other = crossing(client, 2, 1, second, first);
			get(Mono.zip(one, other));
			two.awaitGivenBack();
		}
		assertThat(this.attempts).hasValueGreaterThan(2);
		assertThat(this.pool.sideNumber("SELECT sum(price) FROM items")).isEqualTo(4L);
	}

	private Mono<Long> crossing(PostgresClient client, int from, int to, Sinks.Empty<Void> reached,
			Sinks.Empty<Void> awaited) {
		String update = "UPDATE items SET price = price + 1 WHERE id = :id";
		return client.inTransaction(RETRIED, (tx) -> {
			this.attempts.incrementAndGet();
			return tx.sql(update)
				.bind("id", from)
				.execute()
				.doOnNext((rows) -> reached.tryEmitEmpty())
				.then(awaited.asMono())
				.then(tx.sql(update).bind("id", to).execute());
		}).single();
	}

	@Test
	void givesUpAfterTheLastAttempt() {
		CannotAcquireLockException ex = failure(CannotAcquireLockException.class, this.client.inTransaction(RETRIED,
				(tx) -> insert(this.attempts.incrementAndGet()).then(raise("40001"))));
		assertThat(PostgresErrors.sqlState(ex)).contains("40001");
		assertThat(this.attempts).hasValue(3);
		assertThat(count()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "23505", "55P03", "57014", "40003", "P0001" })
	void doesNotRunAgainAfterOtherErrors(String sqlState) {
		failure(DataAccessException.class, this.client.inTransaction(RETRIED, (tx) -> {
			this.attempts.incrementAndGet();
			return raise(sqlState);
		}));
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void doesNotRunAgainWithoutBeingTold() {
		failure(CannotAcquireLockException.class, this.client.inTransaction((tx) -> {
			this.attempts.incrementAndGet();
			return raise("40001");
		}));
		assertThat(this.attempts).hasValue(1);
	}

	@Test
	void runsAgainWhenTheCommitIsRefused() {
		failAtCommit("IF nextval('runs') = 1 THEN RAISE EXCEPTION USING ERRCODE = '40001'; END IF");
		assertThat(get(this.client.inTransaction(RETRIED, (tx) -> insert(this.attempts.incrementAndGet())).single()))
			.isEqualTo(1L);
		assertThat(this.attempts).hasValue(2);
		assertThat(count()).isEqualTo(1);
	}

	@Test
	void doesNotRunAgainWhenTheConnectionIsLostInTheCommit() {
		failAtCommit("PERFORM pg_terminate_backend(pg_backend_pid())");
		DataAccessException ex = failure(DataAccessException.class,
				this.client.inTransaction(RETRIED, (tx) -> insert(this.attempts.incrementAndGet())));
		assertThat(PostgresErrors.isRecoverable(ex)).isFalse();
		assertThat(this.attempts).hasValue(1);
		this.pool.assertUsable();
	}

	private void failAtCommit(String action) {
		ddl("CREATE SEQUENCE runs",
				"CREATE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + action
						+ "; RETURN NULL; END $$",
				"CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED"
						+ " FOR EACH ROW EXECUTE FUNCTION at_commit()");
	}

	@Test
	void neverRunsAgainWhatWasCommitted() {
		R2dbcTransientResourceException late = new R2dbcTransientResourceException("from another transaction", "40001");
		TransactionSynchronization failing = new TransactionSynchronization() {

			@Override
			public Mono<Void> afterCommit() {
				return Mono.error(late);
			}

		};
		failure(RuntimeException.class,
				this.client.inTransaction(RETRIED,
						(tx) -> TransactionSynchronizationManager.forCurrentTransaction()
							.doOnNext((manager) -> manager.registerSynchronization(failing))
							.then(insert(this.attempts.incrementAndGet()))));
		assertThat(this.attempts).hasValue(1);
		assertThat(count()).isEqualTo(1);
	}

	@Test
	void givesNoResultOfAnAttemptThatWasGivenUp() {
		List<Integer> results = get(this.client.inTransaction(RETRIED, (tx) -> {
			int attempt = this.attempts.incrementAndGet();
			return Flux.just(attempt).concatWith((attempt < 2) ? raise("40P01").thenReturn(0) : Mono.empty());
		}).collectList());
		assertThat(results).containsExactly(2);
	}

	@Test
	void observesTransactions() {
		TestObservationRegistry registry = TestObservationRegistry.create();
		PostgresClient observed = PostgresClient.builder(this.pool.connections()).observationRegistry(registry).build();
		get(observed
			.inTransaction(TransactionOptions.defaults().withName("import"), (tx) -> tx.sql("SELECT 1").execute())
			.single());
		assertThat(registry).hasObservationWithNameEqualTo("trunkline.transaction")
			.that()
			.hasLowCardinalityKeyValue("name", "import")
			.hasLowCardinalityKeyValue("outcome", "success");
		assertThat(registry).hasObservationWithNameEqualTo("trunkline.query")
			.that()
			.hasParentObservationContextMatching((parent) -> "trunkline.transaction".equals(parent.getName()));
	}

	private Mono<Long> insert(int id) {
		return this.client.sql("INSERT INTO items (id) VALUES (:id)").bind("id", id).execute();
	}

	private Mono<Long> raise(String sqlState) {
		return this.client.sql("DO $$ BEGIN RAISE EXCEPTION 'on purpose' USING ERRCODE = '" + sqlState + "'; END $$")
			.execute();
	}

	@BeforeEach
	void reset() {
		this.attempts.set(0);
	}

}
