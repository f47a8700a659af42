package io.trunkline.notification;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;

import io.trunkline.connection.PostgresConnections;
import io.trunkline.embedded.testing.TcpProxy;
import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationEvent.PayloadLost;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import org.springframework.transaction.reactive.TransactionalOperator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * {@link NotificationBus} with payloads that no notification can hold.
 */
class LargePayloadIntegrationTests extends NotificationFixture {

	private static final String STORED = "SELECT count(*) FROM trunkline_payload";

	private static final String OBJECTS = "SELECT count(*) FROM pg_largeobject_metadata";

	private final LargePayloads settings = LargePayloads.defaults().withCreateTable(true);

	private NotificationBus large;

	@BeforeEach
	void createLargeBus() {
		this.server.executeIn(this.database, "DROP TABLE IF EXISTS trunkline_payload",
				"SELECT lo_unlink(oid) FROM pg_largeobject_metadata");
		this.large = open(builder().largePayloads(this.settings).build());
	}

	private static void notify(NotificationBus bus, String channel, String payload) {
		bus.notify(channel, payload).block(TestPool.TIMEOUT);
	}

	private PayloadLost awaitLost(Listener listener) {
		listener.await("a loss", (events) -> events.stream().anyMatch(PayloadLost.class::isInstance));
		return listener.map(PayloadLost.class, (lost) -> lost).get(0);
	}

	@Test
	void sendsWhatANotificationCannotHold() {
		Listener listener = listen(this.large.listen("large")).all();
		notify(this.large, "large", "x".repeat(7_999));
		assertThat(this.pool.sideNumber(OBJECTS)).isZero();
		List<String> payloads = List.of("x".repeat(8_000), "ä".repeat(4_000), "€".repeat(2_666) + "xx",
				"\uD83D\uDE80".repeat(2_000), "x".repeat(262_144), "ä".repeat(200_000) + "x");
		payloads.forEach((payload) -> notify(this.large, "large", payload));
		notify(this.large, "large", "last");
		listener.awaitPayload("last");
		List<String> expected = new ArrayList<>(List.of("x".repeat(7_999)));
		expected.addAll(payloads);
		expected.add("last");
		assertThat(listener.payloads()).isEqualTo(expected);
		assertThat(this.pool.sideNumber(STORED)).isEqualTo(payloads.size());
		assertThat(this.pool.sideNumber(OBJECTS)).isEqualTo(payloads.size());
	}

	@Test
	void sendsTenMegabytes() {
		long seed = ThreadLocalRandom.current().nextLong();
		StringBuilder content = new StringBuilder();
		new Random(seed).ints(10 << 20, ' ', '~').forEach((character) -> content.append((char) character));
		Listener listener = listen(this.large.listen("large")).all();
		notify(this.large, "large", content.toString());
		listener.await("a message", (events) -> events.size() == 1);
		assertThat(listener.payloads().get(0).contentEquals(content)).as("seed " + seed).isTrue();
	}

	@Test
	void refusesWhatIsLargerThanAllowed() {
		NotificationBus small = open(builder().largePayloads(this.settings.withMaxBytes(10_000)).build());
		StepVerifier.create(small.notify("large", "ä".repeat(5_001)))
			.verifyErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(NotificationPayloadException.class)
				.hasMessageContaining("10002")
				.hasMessageContaining("10000"));
		Listener listener = listen(small.listen("large")).all();
		notify(this.large, "large", "x".repeat(10_001));
		assertThat(awaitLost(listener).reason()).contains("10001", "10000");
	}

	@Test
	void refusesSettingsThatMakeNoSense() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.settings.withMaxAge(Duration.ofMillis(999)))
			.withMessageContaining("'maxAge'");
		assertThatIllegalArgumentException().isThrownBy(() -> this.settings.withMaxBytes(7_999))
			.withMessageContaining("'maxBytes'");
		assertThatIllegalArgumentException().isThrownBy(() -> this.settings.withSchema(""))
			.withMessageContaining("'schema'");
		assertThatIllegalArgumentException().isThrownBy(() -> this.settings.withReaders("a\0b"))
			.withMessageContaining("'readers'");
	}

	@Test
	void isDeliveredAtCommitAndLeavesNothingAfterARollback() {
		Listener listener = listen(this.large.listen("large")).all();
		String payload = "x".repeat(20_000);
		StepVerifier
			.create(this.pool.within(true,
					this.large.notify("large", payload).then(Mono.error(new IllegalStateException("on purpose")))))
			.verifyErrorMessage("on purpose");
		assertThat(this.pool.sideNumber(OBJECTS)).isZero();
		assertThat(this.pool.sideQuery("SELECT to_regclass('trunkline_payload')")).isNull();
		this.pool
			.within(true, this.large.notify("large", payload).then(Mono.fromRunnable(() -> send("large", "before"))))
			.block(TestPool.TIMEOUT);
		listener.awaitPayload(payload);
		assertThat(listener.payloads()).containsExactly("before", payload);
		// Equal notifications of one transaction are delivered once, equal payloads are
		// not.
		this.pool.within(true, this.large.notify("large", payload).then(this.large.notify("large", payload)))
			.block(TestPool.TIMEOUT);
		listener.await("both", (events) -> events.size() == 4);
	}

	@Test
	void leavesATransactionUsableWhereTheTableIsMissing() {
		Mono<Long> afterwards = this.pool.connections().query("SELECT 1", (row) -> row.get(0, Integer.class)).count();
		Mono<Long> work = this.large.notify("large", "x".repeat(9_000)).then(afterwards);
		assertThat(get(this.pool.within(true, work))).isOne();
		assertThat(this.pool.sideNumber(STORED)).isOne();
	}

	@Test
	void showsTheDdlOfAMissingTable() {
		NotificationBus careful = open(builder().largePayloads(this.settings.withCreateTable(false)).build());
		StepVerifier.create(careful.notify("large", "x".repeat(8_000)))
			.verifyErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(NotificationPayloadException.class)
				.hasMessageContaining("CREATE TABLE"));
		assertThat(this.pool.sideNumber(OBJECTS)).isZero();
		this.server.executeIn(this.database, LargePayloads.defaults().ddl(), LargePayloads.defaults().ddl());
		Listener listener = listen(careful.listen("large")).all();
		notify(careful, "large", "x".repeat(8_000));
		listener.awaitPayload("x".repeat(8_000));
	}

	@Test
	void createsTheTableOnceForAll() {
		Listener listener = listen(this.large.listen("large")).all();
		NotificationBus other = open(builder().largePayloads(this.settings).build());
		Flux.range(0, 10)
			.flatMap((n) -> ((n % 2 == 0) ? other : this.large).notify("large", n + "x".repeat(8_000)), 10)
			.blockLast(TestPool.TIMEOUT);
		listener.await("all", (events) -> events.size() == 10);
		assertThat(this.pool.sideNumber(STORED)).isEqualTo(10);
	}

	@Test
	void keepsOrderAndLetsNobodyWait() {
		Listener slow = listen(this.large.listen("large"));
		Listener quick = listen(this.large.listen("large")).all();
		NotificationBus elsewhere = open(builder().largePayloads(this.settings).build());
		Listener other = listen(elsewhere.listen("large")).all();
		List<String> sent = new ArrayList<>();
		for (int i = 0; i < 30; i++) {
			sent.add((i % 3 == 0) ? i + "x".repeat(100_000) : String.valueOf(i));
		}
		sent.forEach((payload) -> notify(this.large, "large", payload));
		quick.awaitPayload("29");
		other.awaitPayload("29");
		assertThat(quick.payloads()).isEqualTo(sent);
		assertThat(other.payloads()).isEqualTo(sent);
		assertThat(slow.events()).isEmpty();
		slow.request(4);
		slow.await("what was asked for", (events) -> events.size() == 4);
		slow.all();
		slow.awaitPayload("29");
		assertThat(slow.payloads()).isEqualTo(sent);
	}

	@Test
	void isReadOnAPoolOfOne() {
		TestPool one = open(TestPool.ofOne(this.database));
		NotificationBus bus = open(
				builder(one.connectionFactory()).listenFactory(this.server.connectionFactoryFor(this.database))
					.largePayloads(this.settings)
					.build());
		List<Listener> listeners = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			listeners.add(listen(bus.listen("large")).all());
		}
		Mono<Void> both = bus.notify("large", "a".repeat(8_000)).then(bus.notify("large", "b".repeat(8_000)));
		one.within(true, both).block(TestPool.TIMEOUT);
		listeners.forEach((listener) -> listener.awaitPayload("b".repeat(8_000)));
		one.assertUsable();
	}

	@Test
	void doesNotMistakeOtherTextForAReference() {
		Listener listener = listen(this.large.listen("large")).all();
		PayloadReference reference = PayloadReference.create(8_000);
		List<String> lookalikes = List.of("trunkline:payload:", "trunkline:payload:" + reference.id(),
				reference.format("another channel"));
		lookalikes.forEach((payload) -> send("large", payload));
		// One that a bus is given is a payload like any other.
		notify(this.large, "large", reference.format("large"));
		listener.awaitPayload(reference.format("large"));
		assertThat(listener.payloads()).startsWith(lookalikes.toArray(String[]::new)).hasSize(4);
	}

	@Test
	void tellsThatAPayloadIsGone() {
		List<NotificationEvent> gaps = new CopyOnWriteArrayList<>();
		Listener listener = listen(
				this.large.listen("large").withResync((gap) -> Mono.fromRunnable(() -> gaps.add(gap))));
		notify(this.large, "large", "one" + "x".repeat(8_000));
		notify(this.large, "large", "two" + "x".repeat(8_000));
		notify(this.large, "large", "three" + "x".repeat(8_000));
		this.pool.sideQuery(
				"DELETE FROM trunkline_payload WHERE created_at = (SELECT min(created_at) FROM trunkline_payload)");
		this.pool.sideQuery("SELECT lo_unlink(object) FROM trunkline_payload ORDER BY created_at LIMIT 1");
		listener.all();
		listener.awaitPayload("three" + "x".repeat(8_000));
		assertThat(listener.events().subList(0, 2))
			.allSatisfy((event) -> assertThat(event).isInstanceOfSatisfying(PayloadLost.class, (lost) -> {
				assertThat(lost.channel()).isEqualTo("large");
				assertThat(lost.reason()).contains("deleted");
			}));
		assertThat(gaps).isEqualTo(listener.events().subList(0, 2));
	}

	@Test
	void tellsThatItMayNotRead() {
		this.server.executeIn(this.database, this.settings.ddl());
		String role = this.server.createRole("secret");
		this.server.executeIn(this.database, "GRANT SELECT ON trunkline_payload TO " + role);
		TestPool stranger = open(TestPool.ofOne(this.database, role, "secret"));
		NotificationBus bus = open(builder(stranger.connectionFactory()).largePayloads(this.settings).build());
		Listener listener = listen(bus.listen("large")).all();
		notify(this.large, "large", "x".repeat(8_000));
		assertThat(awaitLost(listener).reason()).contains("permission denied");
		NotificationBus open = open(builder().largePayloads(this.settings.withReaders(role)).build());
		notify(open, "large", "y".repeat(8_000));
		listener.awaitPayload("y".repeat(8_000));
		NotificationBus all = open(builder().largePayloads(this.settings.withReaders("PUBLIC", role)).build());
		notify(all, "large", "z".repeat(8_000));
		listener.awaitPayload("z".repeat(8_000));
		listener.cancel();
		bus.close();
		TestPool.await("the stranger has left", () -> this.pool
			.sideNumber("SELECT count(*) FROM pg_stat_activity WHERE usename = ? AND query LIKE 'LISTEN%'", role) == 0);
		stranger.close();
		this.server.executeIn(this.database, "DROP OWNED BY " + role);
		this.server.execute("DROP ROLE " + role);
	}

	@Test
	void deletesWhatIsTooOld() {
		NotificationBus brief = open(builder().largePayloads(this.settings.withMaxAge(Duration.ofSeconds(1))).build());
		Listener listener = listen(brief.listen("large"));
		this.server.executeIn(this.database, this.settings.ddl(), """
				INSERT INTO trunkline_payload (id, channel, bytes, object, created_at)
				SELECT gen_random_uuid(), 'old', 1, lo_from_bytea(0, 'x'), now() - interval '1 minute'
				FROM generate_series(1, 250)""", """
				INSERT INTO trunkline_payload (id, channel, bytes, object, created_at)
				VALUES (gen_random_uuid(), 'gone', 1, 999999999, now() - interval '1 minute')""");
		long own = this.pool.sideNumber("SELECT lo_from_bytea(0, 'mine')");
		notify(brief, "large", "x".repeat(8_000));
		TestPool.await("nothing is left", () -> this.pool.sideNumber(STORED) == 0);
		assertThat(this.pool.sideNumber(OBJECTS)).as("but what is the application's").isOne();
		assertThat(this.pool.sideNumber("SELECT oid FROM pg_largeobject_metadata")).isEqualTo(own);
		listener.all();
		assertThat(awaitLost(listener).reason()).contains("deleted", "1000 ms");
	}

	@Test
	void deletesOnlyWhatItOwns() {
		String role = this.server.createRole("secret");
		this.server.executeIn(this.database, this.settings.ddl(), "GRANT ALL ON trunkline_payload TO " + role, """
				INSERT INTO trunkline_payload (id, channel, bytes, object, created_at)
				VALUES (gen_random_uuid(), 'old', 1, lo_from_bytea(0, 'x'), now() - interval '1 minute')""",
				"SET ROLE " + role + """
						; INSERT INTO trunkline_payload (id, channel, bytes, object, created_at)
						VALUES (gen_random_uuid(), 'old', 1, lo_from_bytea(0, 'x'), now() - interval '1 minute')""");
		TestPool own = open(TestPool.ofOne(this.database, role, "secret"));
		NotificationBus bus = open(
				builder(own.connectionFactory()).largePayloads(this.settings.withMaxAge(Duration.ofSeconds(1)))
					.build());
		Listener listener = listen(bus.listen("large"));
		TestPool.await("its own is deleted", () -> this.pool.sideNumber(STORED) == 1);
		assertThat(this.pool.sideNumber(OBJECTS)).isOne();
		listener.cancel();
		bus.close();
		own.close();
		TestPool.await("the role has left",
				() -> this.pool.sideNumber("SELECT count(*) FROM pg_stat_activity WHERE usename = ?", role) == 0);
		this.server.executeIn(this.database, "DROP OWNED BY " + role);
		this.server.execute("DROP ROLE " + role);
	}

	@Test
	void readsAgainWhenTheDatabaseIsBack() {
		TcpProxy proxy = open(TcpProxy.to(this.server.host(), this.server.port()));
		PostgresConnections connections = PostgresConnections.create(through(proxy));
		NotificationBus bus = open(NotificationBus.builder(connections)
			.listenFactory(this.server.connectionFactoryFor(this.database))
			.backoff(Duration.ofMillis(10), Duration.ofMillis(100))
			.largePayloads(this.settings)
			.build());
		Listener listener = listen(bus.listen("large")).all();
		proxy.refuse(true);
		proxy.drop();
		this.large.notify("large", "x".repeat(8_000)).block(TestPool.TIMEOUT);
		TestPool.await("the reference has come", () -> bus.status().received() == 1);
		proxy.refuse(false);
		listener.awaitPayload("x".repeat(8_000));
		assertThat(listener.events()).hasSize(1);
	}

	@Test
	void readsInATransactionOfItsOwn() {
		TransactionalOperator transaction = this.pool.transaction();
		NotificationFlux flux = this.large.listen("large");
		Mono<Message> next = flux.ofType(Message.class).next();
		// The listener subscribes within a transaction, which ends before the payload
		// comes.
		List<Message> received = new CopyOnWriteArrayList<>();
		Mono<Void> subscribe = Mono.deferContextual((context) -> {
			next.contextWrite((own) -> own.putAll(context)).subscribe(received::add);
			return Mono.empty();
		});
		subscribe.as(transaction::transactional).block(TestPool.TIMEOUT);
		flux.whenReady().block(TestPool.TIMEOUT);
		notify(this.large, "large", "x".repeat(8_000));
		TestPool.await("a message", () -> received.size() == 1);
		assertThat(received.get(0).payload()).hasSize(8_000);
	}

	@Test
	void isLeftByACancellationAtAnyMoment() {
		for (int i = 0; i < 50; i++) {
			Listener listener = listen(this.large.listen("large"));
			notify(this.large, "large", i + "x".repeat(300_000));
			listener.all();
			for (int spin = 0; spin < i * i * 200; spin++) {
				Thread.onSpinWait();
			}
			listener.cancel();
		}
		this.pool.awaitGivenBack();
		Listener last = listen(this.large.listen("large")).all();
		notify(this.large, "large", "x".repeat(8_000));
		last.awaitPayload("x".repeat(8_000));
	}

}
