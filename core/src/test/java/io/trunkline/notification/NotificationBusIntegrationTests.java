package io.trunkline.notification;

import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationEvent.Overflow;
import io.trunkline.notification.NotificationStatus.State;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.reactivestreams.Publisher;
import org.reactivestreams.Subscriber;
import org.reactivestreams.Subscription;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * {@link NotificationBus} while nothing is in its way.
 */
class NotificationBusIntegrationTests extends NotificationFixture {

	private static final String LISTENING = "SELECT count(*) FROM pg_stat_activity WHERE query LIKE ? AND datname = ?";

	@Test
	void deliversToEverybodyWhoListens() {
		Instant before = Instant.now();
		Listener first = listen(this.bus.listen("a", "b")).all();
		Listener second = listen(this.bus.listen("b")).all();
		this.bus.notify("a", "one")
			.then(this.bus.notify("b", "two"))
			.then(this.bus.notify("b"))
			.block(TestPool.TIMEOUT);
		second.await("two messages", (events) -> events.size() == 2);
		first.await("three messages", (events) -> events.size() == 3);
		assertThat(first.payloads()).containsExactly("one", "two", "");
		assertThat(second.payloads()).containsExactly("two", "");
		Message message = (Message) first.events().get(0);
		assertThat(message.channel()).isEqualTo("a");
		assertThat(message.receivedAt()).isBetween(before, Instant.now());
		assertThat(this.pool.sideNumber("SELECT count(*) FROM pg_stat_activity WHERE pid = ?", message.pid())).isOne();
	}

	@ParameterizedTest
	@ValueSource(strings = { "Upper", "with space", "a.b", "with \"quotes\"", "it's", "$1", ":name", "a;b", "--c",
			"/*d", "канал", "\\", "?", "select" })
	void takesAnyName(String channel) {
		Listener listener = listen(this.bus.listen(channel)).all();
		get(this.bus.notify(channel, "payload").thenReturn(true));
		listener.awaitPayload("payload");
		assertThat(listener.map(Message.class, Message::channel)).containsExactly(channel);
	}

	@Test
	void takesNamesAsLongAsPostgresDoes() {
		String longest = "ä".repeat(31) + "x";
		assertThat(longest.getBytes(StandardCharsets.UTF_8)).hasSize(63);
		Listener listener = listen(this.bus.listen(longest)).all();
		this.bus.notify(longest, "payload").block(TestPool.TIMEOUT);
		listener.awaitPayload("payload");
		for (String wrong : new String[] { "", "x" + longest, "a\0b", "\ud800" }) {
			assertThatIllegalArgumentException().isThrownBy(() -> this.bus.listen(wrong))
				.withMessageContaining("'channel'");
			StepVerifier.create(this.bus.notify(wrong, "payload")).verifyError(IllegalArgumentException.class);
		}
		assertThatIllegalArgumentException().isThrownBy(() -> this.bus.listen());
	}

	@Test
	void takesPayloadsAsLargeAsPostgresDoes() {
		Listener listener = listen(this.bus.listen("large")).all();
		String largest = "ä".repeat(3999) + "x";
		this.bus.notify("large", largest).block(TestPool.TIMEOUT);
		listener.awaitPayload(largest);
		for (String wrong : new String[] { largest + "x", "a\0b", "\ud800" }) {
			StepVerifier.create(this.bus.notify("large", wrong)).verifyErrorSatisfies((ex) -> {
				assertThat(ex).isInstanceOf(NotificationPayloadException.class).hasMessageContaining("'payload'");
				assertThat(ex.getMessage()).doesNotContain("ää");
			});
		}
		assertThat(listener.events()).hasSize(1);
	}

	@Test
	void sendsAndReadsObjects() {
		Listener listener = listen(this.bus.listen("orders")).all();
		Order order = new Order(42, List.of("tea", "\"milk\""));
		this.bus.notify("orders", order).block(TestPool.TIMEOUT);
		this.bus.notify("orders", (Object) "as it is").block(TestPool.TIMEOUT);
		listener.awaitPayload("as it is");
		Message message = (Message) listener.events().get(0);
		assertThat(this.bus.read(message, Order.class)).isEqualTo(order);
		assertThat(this.bus.read(message, String.class)).isEqualTo(message.payload());
		Message text = (Message) listener.events().get(1);
		assertThat(catchThrowable(() -> this.bus.read(text, Order.class)))
			.isInstanceOf(NotificationPayloadException.class)
			.hasMessageContaining("Order")
			.hasMessageNotContaining("as it is");
		StepVerifier.create(this.bus.notify("orders", new Loop())).verifyError(NotificationPayloadException.class);
	}

	@Test
	void deliversAtCommit() {
		Listener listener = listen(this.bus.listen("tx")).all();
		Mono<Void> committed = this.bus.notify("tx", "committed")
			.then(Mono.fromRunnable(() -> send("tx", "before the commit")).subscribeOn(Schedulers.boundedElastic()))
			.then();
		this.pool.within(true, committed).block(TestPool.TIMEOUT);
		StepVerifier
			.create(this.pool.within(true,
					this.bus.notify("tx", "rolled back").then(Mono.error(new IllegalStateException("on purpose")))))
			.verifyErrorMessage("on purpose");
		send("tx", "last");
		listener.awaitPayload("last");
		assertThat(listener.payloads()).containsExactly("before the commit", "committed", "last");
	}

	@Test
	void listensOnAConnectionThatIsNotThePools() {
		NotificationBus bus = open(builder(this.pool.connectionFactory()).verifyDelivery(false).build());
		Listener listener = listen(bus.listen("own"));
		assertThat(this.pool.connectionFactory().getMetrics().orElseThrow().allocatedSize()).isZero();
		assertThat(this.pool.sideNumber(LISTENING, "LISTEN \"own\"%", this.database)).isOne();
		listener.cancel();
	}

	@Test
	void opensNoConnectionBeforeSomebodyListens() {
		this.bus.listen("nobody");
		assertThat(this.bus.status().state()).isEqualTo(State.IDLE);
		this.bus.notify("nobody", "payload").block(TestPool.TIMEOUT);
		assertThat(this.bus.status().state()).isEqualTo(State.IDLE);
	}

	@Test
	void leavesAChannelWithTheLastListener() {
		Listener first = listen(this.bus.listen("shared"));
		Listener second = listen(this.bus.listen("shared")).all();
		first.cancel();
		send("shared", "still here");
		second.awaitPayload("still here");
		assertThat(this.pool.sideNumber(LISTENING, "UNLISTEN%", this.database)).isZero();
		second.cancel();
		TestPool.await("UNLISTEN", () -> this.pool.sideNumber(LISTENING, "UNLISTEN \"shared\"%", this.database) == 1);
		TestPool.await("no channel", () -> this.bus.status().channels() == 0);
		assertThat(this.bus.status().subscribers()).isZero();
		Listener third = listen(this.bus.listen("shared")).all();
		send("shared", "again");
		third.awaitPayload("again");
		assertThat(third.events()).hasSize(1);
	}

	@Test
	void tellsHowManyMessagesAreMissingAndWhere() {
		Listener listener = listen(this.bus.listen("slow", 10));
		send("slow", 1, 100);
		TestPool.await("all have come", () -> this.bus.status().received() == 100);
		assertThat(this.bus.status().dropped()).isEqualTo(90);
		assertThat(this.bus.status().buffered()).isEqualTo(10);
		assertThat(this.bus.status().lag()).isPositive();
		listener.request(4);
		listener.await("what was asked for", (events) -> events.size() == 4);
		listener.all();
		listener.await("the gap", (events) -> events.size() == 11);
		assertThat(listener.payloads()).containsExactlyElementsOf(numbers(1, 10));
		assertThat(listener.events().get(10)).isEqualTo(new Overflow(90));
		send("slow", 101, 103);
		listener.awaitPayload("103");
		assertThat(listener.events()).hasSize(14);
	}

	@Test
	void holdsAnyNumberOfMessagesOnRequest() {
		Listener listener = listen(this.bus.listen("unbounded", NotificationBus.UNBOUNDED));
		send("unbounded", 1, 20_000);
		TestPool.await("all have come", () -> this.bus.status().buffered() == 20_000);
		listener.all();
		listener.awaitPayload("20000");
		assertThat(listener.payloads()).containsExactlyElementsOf(numbers(1, 20_000));
	}

	@Test
	void letsNobodyWaitForAnotherListener() throws InterruptedException {
		CountDownLatch blocked = new CountDownLatch(1);
		CountDownLatch release = new CountDownLatch(1);
		NotificationFlux flux = this.bus.listen("mixed", 5);
		Listener blocking = subscribe(flux, (event) -> {
			blocked.countDown();
			awaitUninterruptibly(release);
		}).all();
		flux.whenReady().block(TestPool.TIMEOUT);
		Listener idle = listen(this.bus.listen("mixed", 5));
		Listener quick = listen(this.bus.listen("mixed", 10_000)).all();
		send("mixed", 1, 5000);
		quick.awaitPayload("5000");
		assertThat(quick.payloads()).containsExactlyElementsOf(numbers(1, 5000));
		blocked.await();
		assertThat(blocking.events()).isEmpty();
		assertThat(idle.events()).isEmpty();
		release.countDown();
		blocking.await("the gap", (events) -> events.stream().anyMatch(Overflow.class::isInstance));
		long dropped = blocking.map(Overflow.class, Overflow::dropped).stream().mapToLong(Long::longValue).sum();
		assertThat(blocking.payloads().size() + dropped).isEqualTo(5000);
	}

	@Test
	void reachesWhoeverComesBehindAListenerWhoBlocks() {
		CountDownLatch release = new CountDownLatch(1);
		List<Listener> blocking = new ArrayList<>();
		List<Listener> others = new ArrayList<>();
		for (int i = 0; i < 5; i++) {
			NotificationFlux flux = this.bus.listen("blocked");
			blocking.add(subscribe(flux, (event) -> awaitUninterruptibly(release)).all());
			flux.whenReady().block(TestPool.TIMEOUT);
			others.add(listen(this.bus.listen("blocked")).all());
		}
		// Nothing comes behind it that would wake anybody.
		send("blocked", "only");
		others.forEach((other) -> other.awaitPayload("only"));
		send("blocked", "next");
		others.forEach((other) -> other.awaitPayload("next"));
		assertThat(blocking).allSatisfy((listener) -> assertThat(listener.events()).isEmpty());
		release.countDown();
		blocking.forEach((listener) -> listener.awaitPayload("next"));
		assertThat(blocking).allSatisfy((listener) -> assertThat(listener.payloads()).containsExactly("only", "next"));
		assertThat(others).allSatisfy((listener) -> assertThat(listener.payloads()).containsExactly("only", "next"));
	}

	@Test
	void keepsItsLimitsWhileListenersBlockAllThreads() {
		CountDownLatch release = new CountDownLatch(1);
		List<Listener> listeners = new ArrayList<>();
		for (int i = 0; i <= 10 * Runtime.getRuntime().availableProcessors(); i++) {
			NotificationFlux flux = this.bus.listen("all blocked", 10);
			listeners.add(subscribe(flux, (event) -> awaitUninterruptibly(release)).all());
		}
		NotificationFlux last = this.bus.listen("all blocked", 10);
		Listener idle = listen(last);
		AtomicInteger sent = new AtomicInteger();
		TestPool.await("something is dropped", () -> {
			send("all blocked", sent.incrementAndGet(), sent.addAndGet(9));
			return this.bus.status().dropped() > 0;
		});
		release.countDown();
		idle.all();
		listeners.add(idle);
		send("all blocked", String.valueOf(sent.incrementAndGet()));
		for (Listener listener : listeners) {
			listener.await("all is accounted for", (events) -> listener.payloads().size()
					+ listener.map(Overflow.class, Overflow::dropped).stream().mapToLong(Long::longValue).sum() == sent
						.get());
		}
	}

	@Test
	void keepsTheOrderForListenersWhoAskInAnyWay() {
		long seed = ThreadLocalRandom.current().nextLong();
		Random random = new Random(seed);
		List<Listener> listeners = new ArrayList<>();
		for (int i = 0; i < 8; i++) {
			int kind = i % 4;
			AtomicReference<Listener> self = new AtomicReference<>();
			NotificationFlux flux = this.bus.listen("order", NotificationBus.UNBOUNDED);
			Listener listener = subscribe(flux, (event) -> {
				if (kind < 2) {
					self.get().request(1 + kind);
				}
				else if (kind == 2 && ((Message) event).payload().endsWith("00")) {
					LockSupport.parkNanos(100_000);
				}
			});
			self.set(listener);
			listeners.add(listener);
			flux.whenReady().block(TestPool.TIMEOUT);
			if (kind < 2) {
				listener.request(1);
			}
			else {
				listener.all();
			}
		}
		int sent = 0;
		while (sent < 20_000) {
			int count = 1 + random.nextInt(random.nextBoolean() ? 5 : 2000);
			send("order", sent + 1, sent + count);
			sent += count;
		}
		for (Listener listener : listeners) {
			listener.awaitPayload(String.valueOf(sent));
			assertThat(listener.payloads()).as("seed " + seed).containsExactlyElementsOf(numbers(1, sent));
		}
		assertThat(this.bus.status().buffered()).isZero();
	}

	@Test
	void endsAListenerWhoThrowsAndNobodyElse() {
		List<NotificationEvent> thrown = new CopyOnWriteArrayList<>();
		NotificationFlux flux = this.bus.listen("throwing");
		flux.subscribe(new Throwing(thrown));
		flux.whenReady().block(TestPool.TIMEOUT);
		Listener after = listen(this.bus.listen("throwing")).all();
		send("throwing", "one");
		send("throwing", "two");
		after.awaitPayload("two");
		assertThat(after.payloads()).containsExactly("one", "two");
		assertThat(thrown).hasSize(1);
		TestPool.await("it has left", () -> this.bus.status().subscribers() == 1);
	}

	@Test
	void listensWithADriverThatHidesItsClient() {
		ConnectionFactory original = this.server.connectionFactoryFor(this.database);
		NotificationBus bus = open(builder().listenFactory(new ConnectionFactory() {

			@Override
			public Publisher<? extends Connection> create() {
				return Mono.from(original.create()).map(NotificationBusIntegrationTests::hiding);
			}

			@Override
			public ConnectionFactoryMetadata getMetadata() {
				return original.getMetadata();
			}

		}).build());
		Listener listener = listen(bus.listen("hidden")).all();
		send("hidden", 1, 1000);
		listener.awaitPayload("1000");
		assertThat(listener.payloads()).containsExactlyElementsOf(numbers(1, 1000));
		this.pool
			.sideQuery("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN \"hidden%'");
		listener.await("the gap", (events) -> events.size() == 1001);
		assertThat(listener.events().get(1000)).isInstanceOf(NotificationEvent.Reconnected.class);
	}

	private static Connection hiding(Connection connection) {
		return (Connection) Proxy.newProxyInstance(Connection.class.getClassLoader(),
				new Class<?>[] { PostgresqlConnection.class },
				(proxy, method, arguments) -> method.invoke(connection, arguments));
	}

	private static void awaitUninterruptibly(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	@Test
	void isReadyWhenNothingCanBeMissed() {
		long seed = ThreadLocalRandom.current().nextLong();
		Random random = new Random(seed);
		List<Integer> picks = random.ints(200, 0, 3).boxed().toList();
		// Listeners come and go at any moment, so that LISTEN and UNLISTEN of a channel
		// meet.
		Set<Listener> leaving = ConcurrentHashMap.newKeySet();
		Flux.fromIterable(picks).flatMap((pick) -> Mono.fromRunnable(() -> {
			String channel = "churn" + pick;
			NotificationFlux flux = this.bus.listen(channel);
			Listener listener = subscribe(flux, (event) -> {
			}).all();
			if (pick == 0) {
				listener.cancel();
				return;
			}
			flux.whenReady().block(TestPool.TIMEOUT);
			String payload = "for " + System.identityHashCode(listener) + " of seed " + seed;
			send(channel, payload);
			listener.awaitPayload(payload);
			if (pick == 1) {
				listener.cancel();
			}
			else {
				leaving.add(listener);
			}
		}).subscribeOn(Schedulers.boundedElastic()), 8).blockLast(TestPool.TIMEOUT);
		assertThat(leaving).as("seed " + seed).isNotEmpty();
		leaving.forEach(Listener::cancel);
		TestPool.await("nobody listens", () -> this.bus.status().channels() == 0);
	}

	@Test
	void listensToManyChannels() {
		List<Listener> listeners = new ArrayList<>();
		List<NotificationFlux> fluxes = IntStream.range(0, 1000)
			.mapToObj((i) -> this.bus.listen("channel " + i % 100))
			.toList();
		fluxes.forEach((flux) -> listeners.add(subscribe(flux, (event) -> {
		}).all()));
		Flux.fromIterable(fluxes).flatMap(NotificationFlux::whenReady, 1000).blockLast(TestPool.TIMEOUT);
		this.pool.sideQuery("SELECT count(pg_notify('channel ' || n, n::text)) FROM generate_series(0, 99) n");
		for (int i = 0; i < listeners.size(); i++) {
			listeners.get(i).awaitPayload(String.valueOf(i % 100));
		}
		assertThat(this.bus.status().channels()).isEqualTo(100);
		assertThat(this.bus.status().subscribers()).isEqualTo(1000);
	}

	@Test
	void survivesCancellationAtAnyMoment() {
		for (int i = 0; i < 100; i++) {
			int moment = i;
			try (NotificationBus bus = builder().build()) {
				Listener listener = subscribe(bus.listen("cancelled"), (event) -> {
				}).all();
				for (int spin = 0; spin < moment * moment * 20; spin++) {
					Thread.onSpinWait();
				}
				listener.cancel();
				if (moment % 10 == 9) {
					NotificationFlux flux = bus.listen("cancelled");
					Listener next = subscribe(flux, (event) -> {
					}).all();
					flux.whenReady().block(TestPool.TIMEOUT);
					send("cancelled", "payload");
					next.awaitPayload("payload");
				}
			}
		}
		TestPool.await("no connection is left",
				() -> this.pool.sideNumber(
						"SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = ?",
						this.database) == 0);
	}

	@Test
	void completesBehindTheBufferWhenItIsClosed() {
		Listener listener = listen(this.bus.listen("closing"));
		send("closing", 1, 3);
		TestPool.await("all have come", () -> this.bus.status().buffered() == 3);
		this.bus.close();
		TestPool.await("it is closed", () -> this.bus.status().state() == State.CLOSED);
		assertThat(listener.isCompleted()).isFalse();
		listener.all();
		TestPool.await("completion", listener::isCompleted);
		assertThat(listener.payloads()).containsExactly("1", "2", "3");
		StepVerifier.create(this.bus.listen("late")).expectComplete().verify(TestPool.TIMEOUT);
	}

	@Test
	void observesWhatIsSent() {
		TestObservationRegistry registry = TestObservationRegistry.create();
		NotificationBus bus = open(builder().observationRegistry(registry).build());
		bus.notify("observed", "a very own value").block(TestPool.TIMEOUT);
		TestObservationRegistryAssert.assertThat(registry)
			.hasObservationWithNameEqualTo("trunkline.notification.notify")
			.that()
			.hasLowCardinalityKeyValue("outcome", "success");
	}

	static List<String> numbers(int from, int to) {
		return Stream.iterate(from, (n) -> n + 1).limit(to - from + 1L).map(String::valueOf).toList();
	}

	/**
	 * Has no end as JSON.
	 */
	public static final class Loop {

		public Loop getSelf() {
			return this;
		}

	}

	/**
	 * What no subscriber must do.
	 */
	private static final class Throwing implements Subscriber<NotificationEvent> {

		private final List<NotificationEvent> events;

		private Throwing(List<NotificationEvent> events) {
			this.events = events;
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		public void onNext(NotificationEvent event) {
			this.events.add(event);
			throw new IllegalStateException("on purpose");
		}

		@Override
		public void onError(Throwable ex) {
		}

		@Override
		public void onComplete() {
		}

	}

	record Order(int id, List<String> items) {

	}

}
