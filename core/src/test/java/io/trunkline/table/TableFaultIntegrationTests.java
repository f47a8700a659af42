package io.trunkline.table;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.pool.PoolShutdownException;
import reactor.test.StepVerifier;

import org.springframework.core.NestedRuntimeException;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.transaction.CannotCreateTransactionException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Subscribers that leave or are slow, backends that die, and roles with few rights: the
 * pool of one connection works for the next one, and nothing is half written.
 */
class TableFaultIntegrationTests extends TableFixture {

	private void manyRows() {
		sql("INSERT INTO items (id, price) SELECT i, i FROM generate_series(1, 20000) AS i");
	}

	private static List<Map<String, @Nullable Object>> rows(int count) {
		List<Map<String, @Nullable Object>> rows = new ArrayList<>();
		for (int i = 1; i <= count; i++) {
			rows.add(row("id", i, "price", i));
		}
		return rows;
	}

	private void abandon(Publisher<?> source, long demand, boolean transaction, Consumer<AtomicInteger> point) {
		Mono<Integer> abandoned = Abandoned.when(source, demand, (element) -> {
		}, point);
		this.pool.within(transaction, abandoned).block(TestPool.TIMEOUT);
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@CsvSource({ "0,false", "1,false", "25,false", "0,true", "1,true", "25,true" })
	void canBeLeftInTheMiddleOfAStream(int rows, boolean transaction) {
		manyRows();
		abandon(this.tables.select("items").orderBy("id").all(), rows, transaction,
				(received) -> TestPool.await("rows have come", () -> received.get() == rows));
		assertThat(get(this.tables.select("items").count())).isEqualTo(20_000);
	}

	@SuppressWarnings("try")
	@ParameterizedTest
	@ValueSource(ints = { 1, 10, 40 })
	void canBeLeftWhileAWriteWaits(int count) throws Exception {
		get(this.tables.insert("items").row(row("id", 1000)).execute());
		for (Mono<?> write : List.<Mono<?>>of(this.tables.insert("items").rows(rows(count)).execute(),
				this.tables.upsert("items").rows(rows(count)).execute())) {
			try (TestPool.Lock lock = this.pool.lock("LOCK TABLE items IN SHARE MODE")) {
				abandon(write, 1, false, (received) -> this.pool.awaitWaiting("Lock:relation"));
			}
			assertThat(count("items")).isEqualTo(1);
		}
		for (Mono<?> change : List.<Mono<?>>of(
				this.tables.update("items").where(Map.of("id", 1000)).set(Map.of("price", 1)).execute(),
				this.tables.delete("items").where(Map.of("id", 1000)).execute(),
				this.tables.deleteAll("items", PASSWORD), this.tables.truncate("items", PASSWORD),
				this.tables.dropTable("items", PASSWORD))) {
			try (TestPool.Lock lock = this.pool.lock("LOCK TABLE items IN SHARE MODE")) {
				abandon(change, 1, false, (received) -> this.pool.awaitWaiting("Lock:relation"));
			}
			assertThat(count("items")).isEqualTo(1);
		}
	}

	@SuppressWarnings("try")
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void canBeLeftWhileATableIsCreated(boolean transaction) throws Exception {
		Mono<Boolean> create = this.tables
			.createTable("notes", ColumnDefinition.of("item", Long.class).references("items", "id"))
			.execute();
		try (TestPool.Lock lock = this.pool.lock("LOCK TABLE items IN SHARE MODE")) {
			abandon(create, 1, transaction, (received) -> this.pool.awaitWaiting("Lock:relation"));
		}
		assertThat(value("SELECT to_regclass('notes')")).isEqualTo("null");
		assertThat(get(create)).isTrue();
	}

	/**
	 * Whoever is made to wait for a wrong password takes nobody's connection.
	 */
	@Test
	void holdsNoConnectionWhileTheGuardDelays() {
		sql("INSERT INTO items (id) VALUES (1)");
		AtomicBoolean asked = new AtomicBoolean();
		TableManager guarded = TableManager.builder(this.pool.connections())
			.deletionGuard((request, password) -> Mono.<Void>never().doOnSubscribe((subscription) -> asked.set(true)))
			.build();
		for (Mono<?> deletion : List.<Mono<?>>of(guarded.deleteAll("items", PASSWORD),
				guarded.truncate("items", PASSWORD), guarded.dropTable("items", PASSWORD))) {
			asked.set(false);
			abandon(deletion, 1, false, (received) -> {
				TestPool.await("the guard was asked", asked::get);
				this.pool.assertUsable();
			});
			asked.set(false);
			abandon(deletion, 1, true, (received) -> TestPool.await("the guard was asked", asked::get));
		}
		assertThat(count("items")).isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void canBeLeftWhileItsSourceIsSilent(boolean transaction) {
		Flux<Map<String, @Nullable Object>> source = Flux.fromIterable(rows(50)).concatWith(Flux.never());
		abandon(this.tables.upsert("items").rows(source).execute(), 1, transaction,
				(received) -> TestPool.await("the copy has begun", () -> "active".equals(this.pool.state())));
		abandon(this.tables.insert("items").rows(Flux.<Map<String, Object>>never()).execute(), 1, transaction,
				(received) -> {
				});
		assertThat(count("items")).isZero();
	}

	@Test
	void writesNothingWhenTheSourceFails() {
		Flux<Map<String, @Nullable Object>> source = Flux.fromIterable(rows(50))
			.concatWith(Flux.error(new IllegalStateException("no more")));
		for (boolean transaction : new boolean[] { false, true }) {
			StepVerifier
				.create(this.pool.within(transaction,
						this.tables.insert("items")
							.rows(source)
							.execute()
							.onErrorResume((ex) -> this.tables.select("items").count())))
				.expectNext(0L)
				.expectComplete()
				.verify(TestPool.TIMEOUT);
		}
		assertThat(count("items")).isZero();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void makesNoMoreRowsThanASlowSubscriberTakes(boolean transaction) {
		int page = 10;
		sql("CREATE SEQUENCE made",
				"CREATE VIEW counted AS SELECT i, nextval('made') AS n FROM generate_series(1, 100000) AS i");
		AtomicInteger received = new AtomicInteger();
		BaseSubscriber<Map<String, @Nullable Object>> slow = new BaseSubscriber<>() {

			@Override
			protected void hookOnSubscribe(Subscription subscription) {
				subscription.request(3);
			}

			@Override
			protected void hookOnNext(Map<String, @Nullable Object> row) {
				received.incrementAndGet();
			}

		};
		Flux<Map<String, @Nullable Object>> rows = this.tables.select("counted").fetchSize(page).all();
		(transaction ? rows.as(this.pool.transaction()::transactional) : rows).subscribe(slow);
		try {
			for (int pages = 1; pages <= 3; pages++) {
				int expected = 3 + (pages - 1) * page;
				TestPool.await("rows have come", () -> received.get() == expected);
				this.pool.awaitWaiting("Client:ClientRead");
				assertThat(this.pool.sideNumber("SELECT last_value FROM made")).isEqualTo((long) pages * page);
				slow.request(page);
			}
		}
		finally {
			slow.cancel();
		}
		this.pool.awaitGivenBack();
		this.pool.assertUsable();
	}

	@Test
	void failsOnAClosedPool() {
		TableManager closed;
		try (TestPool shortLived = TestPool.ofOne(this.database)) {
			closed = manager(shortLived);
		}
		for (Publisher<?> operation : List.<Publisher<?>>of(closed.select("items").all(),
				closed.insert("items").rows(rows(1)).execute(), closed.insert("items").rows(rows(50)).execute(),
				closed.upsert("items").rows(rows(50)).returning(),
				closed.delete("items").where(Map.of("id", 1)).execute(),
				closed.update("items").where(Map.of("id", 1)).set(Map.of("price", 1)).execute(),
				closed.deleteAll("items", PASSWORD), closed.dropTable("items", PASSWORD),
				closed.createTable("made", ColumnDefinition.of("id", "int")).execute())) {
			// What needs a transaction fails as any other of Spring's does.
			assertThat(failure(NestedRuntimeException.class, operation))
				.isInstanceOfAny(DataAccessException.class, CannotCreateTransactionException.class)
				.hasRootCauseInstanceOf(PoolShutdownException.class);
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void saysThatTheBackendDied(boolean transaction) {
		manyRows();
		AtomicInteger read = new AtomicInteger();
		StepVerifier.create(this.pool.within(transaction,
				this.tables.select("items")
					.all()
					.filter((row) -> read.incrementAndGet() == 1)
					.doOnNext((row) -> this.pool.terminateBackend())
					.then()))
			.expectError(DataAccessResourceFailureException.class)
			.verify(TestPool.TIMEOUT);
		this.pool.assertUsable();
		AtomicInteger sent = new AtomicInteger();
		Flux<Map<String, @Nullable Object>> source = Flux.fromIterable(rows(5000)).doOnNext((row) -> {
			if (sent.incrementAndGet() == 100) {
				this.pool.terminateBackend();
			}
		});
		failure(DataAccessException.class,
				this.pool.within(transaction, this.tables.insert("items").rows(source).execute()));
		this.pool.assertUsable();
		assertThat(count("items")).isEqualTo(20_000);
	}

	@Test
	void worksForAnOrdinaryRole() {
		sql("CREATE ROLE clerk_" + this.database + " LOGIN PASSWORD 'x'",
				"GRANT SELECT, INSERT, UPDATE, DELETE ON items TO clerk_" + this.database);
		try (TestPool clerk = TestPool.ofOne(this.database, "clerk_" + this.database, "x")) {
			TableManager manager = manager(clerk);
			assertThat(get(manager.insert("items").rows(rows(50)).execute())).isEqualTo(50);
			assertThat(get(manager.upsert("items").rows(rows(51)).execute())).isEqualTo(new UpsertResult(1, 50));
			assertThat(list(manager.select("items").all())).hasSize(51);
			assertThat(get(manager.createTable("own", ColumnDefinition.of("id", Long.class).primaryKey()).execute()))
				.isTrue();
			failure(DataAccessException.class, manager.truncate("items", PASSWORD));
			failure(DataAccessException.class, manager.dropTable("items", PASSWORD));
			manager.dropTable("own", PASSWORD).block(TestPool.TIMEOUT);
		}
		finally {
			sql("DROP OWNED BY clerk_" + this.database, "DROP ROLE clerk_" + this.database);
		}
		assertThat(count("items")).isEqualTo(51);
	}

	@Test
	void leavesNothingOfARolledBackTransaction() {
		StepVerifier
			.create(this.tables.insert("items")
				.rows(rows(50))
				.execute()
				.then(this.tables.deleteAll("items", PASSWORD))
				.then(this.tables.createTable("other", ColumnDefinition.of("id", "int")).execute())
				.then(Mono.error(new IllegalStateException("rolled back")))
				.as(this.pool.transaction()::transactional))
			.expectError(IllegalStateException.class)
			.verify(TestPool.TIMEOUT);
		assertThat(count("items")).isZero();
		assertThat(value("SELECT to_regclass('other')")).isEqualTo("null");
	}

}
