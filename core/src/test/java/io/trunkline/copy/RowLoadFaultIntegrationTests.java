package io.trunkline.copy;

import java.sql.SQLException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Loads of maps and objects that are abandoned at every phase: nothing is stored, and the
 * next caller gets the connection.
 */
class RowLoadFaultIntegrationTests extends BulkCopyFixture {

	/** A way to load rows. */
	private interface Load extends BiFunction<BulkCopyService, Flux<Item>, Mono<?>> {

	}

	static Stream<Arguments> loads() {
		Map<String, Load> loads = Map.of("maps",
				(copy, rows) -> copy.copyIn("items").fromMaps(rows.map(RowLoadFaultIntegrationTests::map)), "objects",
				(copy, rows) -> copy.copyIn("items").fromObjects(rows, Item.class), "staged maps",
				(copy, rows) -> copy.load("items")
					.merge(Merge.update())
					.fromMaps(rows.map(RowLoadFaultIntegrationTests::map)),
				"staged objects",
				(copy, rows) -> copy.load("items")
					.merge(Merge.update())
					.reject(Rejects.upTo(1))
					.fromObjects(rows, Item.class));
		return loads.entrySet()
			.stream()
			.flatMap((load) -> Stream.of(false, true)
				.map((transaction) -> Arguments.of(load.getKey(), transaction, load.getValue())));
	}

	private static Map<String, Object> map(Item item) {
		return Map.of("id", item.id(), "name", item.name());
	}

	private static Flux<Item> items(int count) {
		return Flux.range(1, count).map((i) -> new Item(i, "item " + i));
	}

	@ParameterizedTest(name = "{0}, transaction {1}")
	@MethodSource("loads")
	void cancelsBeforeTheFirstRow(String name, boolean transaction, Load load) {
		Stalling source = new Stalling(Flux.empty());
		abandon(transaction, load.apply(this.copy, source.rows()), source::await);
		awaitCancelled(source);
	}

	@ParameterizedTest(name = "{0}, transaction {1}")
	@MethodSource("loads")
	void cancelsInMidStream(String name, boolean transaction, Load load) {
		Stalling source = new Stalling(items(1 + this.random.nextInt(3000)));
		abandon(transaction, load.apply(this.copy, source.rows()), source::await);
		awaitCancelled(source);
	}

	@ParameterizedTest(name = "{0}, transaction {1}")
	@MethodSource("loads")
	void cancelsWhenAllRowsWereSent(String name, boolean transaction, Load load) throws SQLException {
		sql("CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS"
				+ " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4714); RETURN NULL; END $$",
				"CREATE TRIGGER gate AFTER INSERT ON items EXECUTE FUNCTION gate()");
		AtomicBoolean completed = new AtomicBoolean();
		Flux<Item> rows = items(1 + this.random.nextInt(3000)).doOnComplete(() -> completed.set(true));
		try (TestPool.Lock lock = this.pool.lock("SELECT pg_advisory_lock(4714)")) {
			assertThat(lock).isNotNull();
			abandon(transaction, load.apply(this.copy, rows), () -> this.pool.awaitWaiting("Lock:advisory"));
			assertThat(completed).as("completed, seed %d", this.seed).isTrue();
		}
	}

	@ParameterizedTest(name = "{0}, transaction {1}")
	@MethodSource("loads")
	void cancelsAtTheCommit(String name, boolean transaction, Load load) throws SQLException {
		sql("CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS"
				+ " $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4715); RETURN NULL; END $$",
				"CREATE CONSTRAINT TRIGGER gate AFTER INSERT ON items DEFERRABLE INITIALLY DEFERRED"
						+ " FOR EACH ROW EXECUTE FUNCTION gate()");
		try (TestPool.Lock lock = this.pool.lock("SELECT pg_advisory_lock(4715)")) {
			assertThat(lock).isNotNull();
			Mono<?> work = this.pool.within(transaction, load.apply(this.copy, items(10)).cast(Object.class));
			get(Abandoned.when(work, 1, (result) -> {
			}, (received) -> this.pool.awaitWaiting("Lock:advisory")));
		}
		// The server may have begun to commit: all of it is there, or nothing.
		this.pool.assertUsable();
		assertThat(count("items")).isIn(0L, 10L);
	}

	@ParameterizedTest(name = "{0}, transaction {1}")
	@MethodSource("loads")
	void storesNothingWhereTheSourceFailsAtItsFirstRow(String name, boolean transaction, Load load) {
		IllegalStateException broken = new IllegalStateException("broken");
		Mono<String> failed = load.apply(this.copy, Flux.error(broken))
			.then(Mono.just("none"))
			.onErrorResume((ex) -> Mono.just(String.valueOf(ex.getMessage())))
			.flatMap((message) -> this.pool.connections().execute("SELECT 1").thenReturn(message));
		assertThat(get(this.pool.within(transaction, failed))).contains("broken");
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@Test
	void cancelsObjectsOverSeveralConnections() {
		try (TestPool three = TestPool.of(3, this.database)) {
			Stalling source = new Stalling(items(3000));
			Mono<?> load = service(three).copyIn("items").parallel(3).fromObjects(source.rows(), Item.class);
			get(Abandoned.when(load, 1, (result) -> {
			}, (received) -> source.await()));
			awaitCancelled(source);
			three.assertUsable();
		}
	}

	/**
	 * The rows come from a thread of their own, which sees a cancellation when it has
	 * handed over its row.
	 */
	private void awaitCancelled(Stalling source) {
		TestPool.await("the source is cancelled, seed " + this.seed, source.cancelled::get);
	}

	/**
	 * Abandon a load, and in a transaction go on and commit.
	 */
	private void abandon(boolean transaction, Mono<?> load, Runnable point) {
		Mono<Integer> abandoned = Abandoned.when(load, 1, (result) -> {
		}, (received) -> point.run());
		Mono<Integer> andThen = transaction
				? abandoned.flatMap(
						(received) -> this.pool.connections().execute("CREATE TABLE went_on ()").thenReturn(received))
				: abandoned;
		assertThat(get(this.pool.within(transaction, andThen))).isZero();
		this.pool.assertUsable();
		assertThat(count("items")).isZero();
		assertThat(value("SELECT to_regclass('went_on') IS NOT NULL")).isEqualTo(String.valueOf(transaction));
	}

	record Item(int id, String name) {
	}

	/**
	 * A source that stops in its midst.
	 */
	private static final class Stalling {

		private final Flux<Item> rows;

		private final CountDownLatch stalled = new CountDownLatch(1);

		private final AtomicBoolean cancelled = new AtomicBoolean();

		Stalling(Flux<Item> rows) {
			this.rows = rows;
		}

		Flux<Item> rows() {
			return this.rows.concatWith(Flux.<Item>never().doOnSubscribe((subscription) -> this.stalled.countDown()))
				.doOnCancel(() -> this.cancelled.set(true));
		}

		void await() {
			try {
				this.stalled.await();
			}
			catch (InterruptedException ex) {
				throw new AssertionError(ex);
			}
		}

	}

}
