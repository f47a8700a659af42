package io.trunkline.test.session;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.api.PostgresTransactionDefinition;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.IsolationLevel;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.ReactiveTransaction;
import org.springframework.transaction.ReactiveTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.reactive.TransactionalOperator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class Group04CancellationIntegrationTests {

	/**
	 * Without a row: one that arrives after a cancellation leaks in the driver.
	 */
	private static final String SLEEP = "DO $$ BEGIN PERFORM pg_sleep(0.3); END $$";

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void aStatementThatWaitsCanBeCancelled() {
		var holder = this.fixture.connect();
		holder.beginTransaction().block(SessionFixture.LONG);
		Disposable waiting = this.fixture.update("INSERT INTO item VALUES (1, 'never')").subscribe();
		waiting.dispose();
		holder.commitTransaction().then(holder.close()).block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isZero();
		assertIdle();
	}

	@Test
	void aTransactionThatWaitsCanBeCancelled() {
		var holder = this.fixture.connect();
		holder.beginTransaction().block(SessionFixture.LONG);
		Disposable waiting = this.fixture.update("INSERT INTO item VALUES (1, 'never')")
			.as(this.fixture.transaction()::transactional)
			.subscribe();
		waiting.dispose();
		holder.commitTransaction().then(holder.close()).block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isZero();
		assertIdle();
	}

	@Test
	void aTransactionThatSpringLosesWhilePreparingItIsRolledBack() {
		Disposable.Swap flow = Disposables.swap();
		assertRolledBack(flow, new R2dbcTransactionManager(this.fixture.factory()) {

			@Override
			protected Mono<Void> prepareTransactionalConnection(Connection connection,
					TransactionDefinition definition) {
				return Mono.<Void>fromRunnable(flow::dispose).subscribeOn(Schedulers.parallel());
			}

		});
	}

	@Test
	void aTransactionThatIsLostWhenSpringHasLetGoOfItsConnectionIsRolledBack() {
		Disposable.Swap flow = Disposables.swap();
		assertRolledBack(flow, new Forwarding(new R2dbcTransactionManager(this.fixture.factory()),
				(transaction) -> CompletableFuture.runAsync(flow::dispose).join()));
	}

	private void assertRolledBack(Disposable.Swap flow, ReactiveTransactionManager manager) {
		AtomicBoolean used = new AtomicBoolean();
		Mono<Object> work = Mono.fromRunnable(() -> used.set(true))
			.as(TransactionalOperator.create(manager)::transactional);
		Sinks.Empty<Void> start = Sinks.empty();
		flow.update(start.asMono().then(work).subscribe());
		start.tryEmitEmpty().orThrow();
		Awaitility.await().atMost(SessionFixture.LONG).until(flow::isDisposed);
		assertThat(this.fixture.count("item")).isZero();
		assertIdle();
		assertThat(used).isFalse();
	}

	@Test
	void aTransactionGoesOnWhereTheSubscriptionToItsConnectionIsCancelled() {
		Flux<PostgresqlConnection> source = Flux.from(this.fixture.factory().create()).cast(PostgresqlConnection.class);
		// A source of many is cancelled when it has brought the first.
		Mono<Void> rolledBack = Flux
			.usingWhen(source,
					(connection) -> connection
						.beginTransaction(PostgresTransactionDefinition.from(IsolationLevel.READ_COMMITTED))
						.thenMany(connection.createStatement("INSERT INTO item VALUES (1, 'a')").execute())
						.concatMap(PostgresqlResult::getRowsUpdated)
						.then(connection.rollbackTransaction()),
					PostgresqlConnection::close)
			.then();
		rolledBack.block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isZero();
		assertIdle();
	}

	@Test
	void aStreamThatIsAbandonedGivesTheWireBack() {
		assertThat(this.fixture.values("SELECT i FROM generate_series(1, 5000) i", Integer.class)
			.take(3)
			.collectList()
			.block(SessionFixture.LONG)).containsExactly(1, 2, 3);
		this.fixture.execute("INSERT INTO item VALUES (1, 'a')");
		assertIdle();
	}

	@Test
	void aTimeoutInsideATransactionRollsItBack() {
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> this.fixture.update("INSERT INTO item VALUES (1, 'late')")
				.then(this.fixture.update(SLEEP))
				.timeout(Duration.ofMillis(100))
				.as(this.fixture.transaction()::transactional)
				.block(SessionFixture.LONG))
			.withCauseInstanceOf(TimeoutException.class);
		assertThat(this.fixture.count("item")).isZero();
		assertIdle();
	}

	@Test
	void aTimeoutAroundATransactionRollsItBack() {
		assertThatExceptionOfType(RuntimeException.class)
			.isThrownBy(() -> this.fixture.update("INSERT INTO item VALUES (1, 'late')")
				.then(this.fixture.update(SLEEP))
				.as(this.fixture.transaction()::transactional)
				.timeout(Duration.ofMillis(100))
				.block(SessionFixture.LONG))
			.withCauseInstanceOf(TimeoutException.class);
		assertThat(this.fixture.count("item")).isZero();
		assertIdle();
	}

	@Test
	void aFeatureThatIsCancelledStopsItsStatementOnTheServer() {
		List<Object> none = this.fixture.connections()
			.query("SELECT i, pg_sleep(i / 1000 * 60) FROM generate_series(1, 2000) i", (row) -> row.get(0))
			.take(1)
			.collectList()
			.block(SessionFixture.LONG);
		assertThat(none).hasSize(1);
		this.fixture.execute("INSERT INTO item VALUES (1, 'a')");
		assertThat(this.fixture.count("item")).isOne();
		assertIdle();
	}

	@Test
	void aStressOf32FlowsLeavesNoFrame() {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		List<Mono<Long>> flows = new ArrayList<>();
		for (int i = 0; i < 600; i++) {
			flows.add(flow(random.nextInt(6), random.nextInt(40), random.nextInt(3000)));
		}
		Long done = Flux.fromIterable(flows)
			.flatMap((flow) -> flow.subscribeOn(Schedulers.parallel()).onErrorResume((ex) -> Mono.just(0L)), 32)
			.count()
			.block(SessionFixture.LONG);
		assertThat(done).as("seed %d", seed).isBetween(0L, 600L);
		assertIdle();
		this.fixture.end();
		assertThat(this.fixture.committed("item")).as("seed %d", seed).isZero();
		this.fixture.open(SessionOptions.DEFAULT);
	}

	private Mono<Long> flow(int kind, int id, int micros) {
		Mono<Long> insert = this.fixture.update("INSERT INTO item VALUES (" + id + ", 'stress')");
		Mono<Long> bound = this.fixture.client()
			.sql("UPDATE item SET name = :name WHERE id = :id")
			.bind("name", "n" + micros)
			.bind("id", id)
			.fetch()
			.rowsUpdated();
		Mono<Long> transaction = insert.then(bound).as(this.fixture.transaction()::transactional);
		// Without parameters, which the driver leaks then (r2dbc-postgresql 734).
		Mono<Long> cancelled = insert
			.then(this.fixture.update("UPDATE item SET name = 'n" + micros + "' WHERE id = " + id))
			.as(this.fixture.transaction()::transactional);
		return switch (kind) {
			case 0 -> insert;
			case 1 -> bound;
			case 2 -> transaction;
			case 3 -> cancelled.timeout(Duration.ofNanos(micros * 1000L));
			case 4 -> this.fixture.values("SELECT i FROM generate_series(1, 700) i", Integer.class).take(2).count();
			default -> Mono.firstWithSignal(cancelled, Mono.delay(Duration.ofNanos(micros * 500L)));
		};
	}

	private void assertIdle() {
		Awaitility.await().atMost(SessionFixture.LONG).until(() -> this.fixture.session().frames().isIdle());
	}

	/**
	 * Does something with a transaction before it is handed out.
	 *
	 * @param manager the transaction manager
	 * @param before what to do
	 */
	private record Forwarding(ReactiveTransactionManager manager,
			Consumer<ReactiveTransaction> before) implements ReactiveTransactionManager {

		@Override
		public Mono<ReactiveTransaction> getReactiveTransaction(TransactionDefinition definition) {
			return this.manager.getReactiveTransaction(definition)
				.flatMap((transaction) -> Mono.just(transaction).doOnSubscribe((s) -> this.before.accept(transaction)));
		}

		@Override
		public Mono<Void> commit(ReactiveTransaction transaction) {
			return this.manager.commit(transaction);
		}

		@Override
		public Mono<Void> rollback(ReactiveTransaction transaction) {
			return this.manager.rollback(transaction);
		}

	}

}
