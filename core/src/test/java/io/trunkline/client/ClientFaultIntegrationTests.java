package io.trunkline.client;

import java.util.concurrent.atomic.AtomicInteger;

import io.r2dbc.spi.Connection;
import io.trunkline.connection.ConnectionStatus;
import io.trunkline.connection.ConnectionStatus.State;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.PermissionDeniedDataAccessException;

import static org.assertj.core.api.Assertions.assertThat;

class ClientFaultIntegrationTests extends ClientFixture {

	private static final int PAGE = 10;

	/** Counts the rows that the server makes, whatever becomes of them. */
	private static final String TICKS = "SELECT nextval('ticks') AS tick FROM generate_series(1, :n)";

	private static final int MANY = 1_000_000;

	@BeforeEach
	void createSequence() {
		ddl("CREATE SEQUENCE ticks");
	}

	private Flux<Long> ticks() {
		return this.client.sql(TICKS).bind("n", MANY).fetchSize(PAGE).stream(Long.class);
	}

	private long made() {
		return this.pool.sideNumber("SELECT last_value FROM ticks");
	}

	@ParameterizedTest
	@EnumSource(Scope.class)
	void holdsTheServerBackWhileNothingIsAskedFor(Scope scope) {
		AtomicInteger received = new AtomicInteger();
		BaseSubscriber<Long> slow = new BaseSubscriber<>() {

			@Override
			protected void hookOnSubscribe(Subscription subscription) {
				subscription.request(3);
			}

			@Override
			protected void hookOnNext(Long value) {
				received.incrementAndGet();
			}

		};
		scope.of(this, ticks()).subscribe(slow);
		TestPool.await("three rows", () -> received.get() == 3);
		this.pool.awaitWaiting("Client:ClientRead");
		assertThat(made()).isEqualTo(PAGE);
		slow.request(PAGE);
		TestPool.await("more rows", () -> received.get() == 3 + PAGE);
		this.pool.awaitWaiting("Client:ClientRead");
		assertThat(made()).isEqualTo(2 * PAGE);
		slow.cancel();
		this.pool.awaitGivenBack();
		assertThat(made()).isLessThanOrEqualTo(3 * PAGE);
	}

	@ParameterizedTest
	@EnumSource(Scope.class)
	void asksForNoMoreWhenAStreamIsLeft(Scope scope) {
		Mono<Integer> abandoned = Abandoned.when(scope.of(this, ticks()), 25, (tick) -> {
		}, (received) -> TestPool.await("25 rows", () -> received.get() == 25));
		assertThat(get(abandoned)).isEqualTo(25);
		this.pool.awaitGivenBack();
		assertThat(made()).isLessThanOrEqualTo(4 * PAGE);
		this.pool.assertUsable();
	}

	@Test
	void leavesTheCallersTransactionUsableWhenAStreamIsLeft() {
		Mono<Long> work = Flux.range(0, 5)
			.concatMap((i) -> ticks().take(7).then(Mono.just(i)))
			.then(this.client.sql("INSERT INTO items VALUES (1)").execute());
		assertThat(get(this.pool.within(true, work))).isEqualTo(1L);
		assertThat(count()).isEqualTo(1);
		assertThat(made()).isLessThanOrEqualTo(5L * 2 * PAGE);
	}

	@Test
	void leavesTheCallersTransactionUsableWhenAStreamWithoutParametersIsLeft() {
		Mono<Long> work = Flux.range(0, 5)
			.concatMap((i) -> this.client.sql("SELECT nextval('ticks') FROM generate_series(1, 1000000)")
				.fetchSize(PAGE)
				.stream(Long.class)
				.take(7)
				.then(Mono.just(i)))
			.then(this.client.sql("INSERT INTO items VALUES (1)").execute());
		assertThat(get(this.pool.within(true, work))).isEqualTo(1L);
		assertThat(made()).isLessThanOrEqualTo(5L * 2 * PAGE);
	}

	@ParameterizedTest
	@EnumSource(Scope.class)
	void stopsAnAbandonedStatementOnTheServer(Scope scope) {
		if (scope != Scope.CALLERS_TRANSACTION) {
			Mono<Integer> abandoned = Abandoned.when(scope.of(this, this.client.sql("SELECT pg_sleep(1000)").execute()),
					1, (rows) -> {
					}, (received) -> this.pool.awaitWaiting("Timeout:PgSleep"));
			assertThat(get(abandoned)).isZero();
			this.pool.awaitGivenBack();
		}
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@EnumSource(Scope.class)
	void leavesTheQueueForAConnection(Scope scope) {
		Connection held = get(this.pool.connectionFactory().create());
		Mono<Integer> abandoned = Abandoned
			.when(scope.of(this, this.client.sql("INSERT INTO items VALUES (1)").execute()), 1, (rows) -> {
			}, (received) -> TestPool.await("somebody waits",
					() -> this.pool.connectionFactory().getMetrics().orElseThrow().pendingAcquireSize() == 1));
		assertThat(get(abandoned)).isZero();
		Mono.from(held.close()).block(TestPool.TIMEOUT);
		this.pool.assertUsable();
		assertThat(count()).isZero();
	}

	@Test
	void survivesCancellationAtAnyMoment() {
		for (int i = 0; i < 60; i++) {
			int moment = i;
			Mono<Integer> abandoned = Abandoned.when(ticks(), 1 + moment % 3 * PAGE, (tick) -> {
			}, (received) -> {
				for (int spin = 0; spin < moment * 400; spin++) {
					Thread.onSpinWait();
				}
			});
			get(abandoned);
			assertThat(this.pool.next(this.client.sql("SELECT :i::int").bind("i", i).stream(Integer.class)))
				.isEqualTo(i);
		}
	}

	@ParameterizedTest
	@EnumSource(Scope.class)
	void reportsAKilledBackendAndWorksAgain(Scope scope) {
		Mono<Object> killed = Mono.fromRunnable(() -> {
			this.pool.awaitWaiting("Timeout:PgSleep");
			this.pool.terminateBackend();
		}).subscribeOn(Schedulers.boundedElastic());
		DataAccessResourceFailureException ex = failure(DataAccessResourceFailureException.class,
				Flux.merge(scope.of(this, this.client.sql("SELECT pg_sleep(1000)").execute()), killed));
		assertThat(PostgresErrors.isRecoverable(ex)).isFalse();
		assertThat(PostgresErrors.isRetryable(ex)).isFalse();
		this.pool.assertUsable();
	}

	@Test
	void keepsTheConnectionAfterAnErrorOfTheStatement() {
		int pid = get(this.client.sql("SELECT pg_backend_pid()").fetchValue(Integer.class));
		DataAccessException ex = failure(DataAccessException.class,
				this.client.sql("SELECT 1 / (5 - g) FROM generate_series(1, 10) g").fetchSize(2).stream());
		assertThat(PostgresErrors.isRecoverable(ex)).isTrue();
		assertThat(get(this.client.sql("SELECT pg_backend_pid()").fetchValue(Integer.class))).isEqualTo(pid);
	}

	@Test
	void givesTheConnectionBackWhenAMapperFails() {
		for (int fetchSize : new int[] { 0, PAGE }) {
			failure(IllegalStateException.class,
					this.client.sql(TICKS).bind("n", 100_000).fetchSize(fetchSize).stream((row) -> {
						throw new IllegalStateException("on purpose");
					}));
			this.pool.assertUsable();
		}
	}

	@Test
	void tellsTheStateOfAConnection() {
		ConnectionStatus ready = get(this.client.status());
		assertThat(ready.state()).isEqualTo(State.READY);
		assertThat(ready.backendPid()).isEqualTo(this.pool.backendPid());
		assertThat(ready.serverVersion()).startsWith(this.server.majorVersion() + ".");
		assertThat(ready.timeZone()).isNotNull();
		assertThat(ready.parameters()).containsEntry("server_encoding", "UTF8")
			.containsKeys("application_name", "in_hot_standby", "is_superuser", "TimeZone");
		assertThat(get(this.pool.within(true, this.client.status())).state()).isEqualTo(State.IN_TRANSACTION);
		Mono<ConnectionStatus> failed = this.client.sql("SELECT 1 / 0")
			.execute()
			.onErrorComplete()
			.then(this.client.status());
		ConnectionStatus afterFailure = get(
				this.client.inTransaction((tx) -> failed).onErrorResume((ex) -> Flux.empty()).next());
		assertThat(afterFailure.state()).isEqualTo(State.FAILED_TRANSACTION);
		assertThat(afterFailure.backendPid()).isEqualTo(ready.backendPid());
		this.pool.assertUsable();
	}

	@Test
	void tellsTheTimeZoneOfTheSession() {
		ConnectionStatus status = get(this.client
			.inTransaction((tx) -> tx.sql("SET LOCAL TimeZone = 'Asia/Tokyo'").execute().then(tx.status()))
			.single());
		assertThat(status.timeZone()).hasToString("Asia/Tokyo");
		assertThat(status.parameters()).containsEntry("TimeZone", "Asia/Tokyo");
	}

	@Test
	void tellsThatAConnectionIsDead() {
		AtomicInteger pid = new AtomicInteger();
		Mono<ConnectionStatus> status = this.client.sql("SELECT pg_backend_pid()")
			.fetchValue(Integer.class)
			.doOnNext(pid::set)
			.then(Mono.fromRunnable(this.pool::terminateBackend).subscribeOn(Schedulers.boundedElastic()))
			.then(this.client.status());
		ConnectionStatus dead = this.client.inTransaction((tx) -> status)
			.onErrorResume((ex) -> Flux.empty())
			.blockFirst(TestPool.TIMEOUT);
		assertThat(dead).isNotNull();
		assertThat(dead.state()).isEqualTo(State.DEAD);
		assertThat(dead.backendPid()).isEqualTo(pid.get());
		assertThat(get(this.client.status()).state()).isEqualTo(State.READY);
	}

	@Test
	void worksForARoleWithoutPrivileges() {
		String role = this.server.createRole("secret");
		try (TestPool roles = TestPool.ofOne(this.database, role, "secret")) {
			PostgresClient client = PostgresClient.create(roles.connectionFactory());
			assertThat(get(client
				.inTransaction(TransactionOptions.defaults().withDeferrable().withRetry(),
						(tx) -> tx.sql("SELECT current_user").fetchValue(String.class))
				.single())).isEqualTo(role);
			assertThat(get(client.status()).parameters()).containsEntry("is_superuser", "off");
			assertThat(get(client.sql("SELECT g FROM generate_series(1, 5) g").fetchSize(2).stream().count()))
				.isEqualTo(5L);
			failure(PermissionDeniedDataAccessException.class, client.sql("SELECT * FROM items").fetch());
			roles.assertUsable();
		}
		finally {
			this.server.dropRole(role);
		}
	}

	/**
	 * Whose transaction the work is in.
	 */
	enum Scope {

		NO_TRANSACTION, CLIENTS_TRANSACTION, CALLERS_TRANSACTION;

		<T> Flux<T> of(ClientFaultIntegrationTests test, Publisher<T> work) {
			return switch (this) {
				case NO_TRANSACTION -> Flux.from(work);
				case CLIENTS_TRANSACTION -> test.client.inTransaction((tx) -> work);
				case CALLERS_TRANSACTION -> Flux.from(work).as(test.pool.transaction()::transactional);
			};
		}

	}

}
