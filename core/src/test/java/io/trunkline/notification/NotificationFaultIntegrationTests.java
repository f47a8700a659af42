package io.trunkline.notification;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.trunkline.embedded.EmbeddedPostgresServer;
import io.trunkline.embedded.testing.TcpProxy;
import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationEvent.Overflow;
import io.trunkline.notification.NotificationEvent.Reconnected;
import io.trunkline.notification.NotificationStatus.State;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import org.springframework.dao.DataAccessResourceFailureException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link NotificationBus} without a connection, or with one that does not work.
 */
class NotificationFaultIntegrationTests extends NotificationFixture {

	private void killBackend() {
		this.pool.sideQuery(
				"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ? AND pid <>"
						+ " pg_backend_pid() AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notification_queue_usage%')",
				this.database);
	}

	private static void awaitReconnected(Listener listener, int times) {
		listener.await("reconnected " + times + " times",
				(events) -> events.stream().filter(Reconnected.class::isInstance).count() == times);
	}

	@Test
	void tellsThatAKilledBackendWasReplaced() {
		Listener listener = listen(this.bus.listen("a", "b")).all();
		Listener other = listen(this.bus.listen("b")).all();
		send("a", "before");
		listener.awaitPayload("before");
		for (int times = 1; times <= 3; times++) {
			killBackend();
			awaitReconnected(listener, times);
			awaitReconnected(other, times);
			send("b", "after " + times);
			listener.awaitPayload("after " + times);
			other.awaitPayload("after " + times);
		}
		assertThat(listener.events()).hasSize(7);
		assertThat(other.events()).hasSize(6);
		assertThat(this.bus.status().reconnects()).isEqualTo(3);
		assertThat(this.bus.status().state()).isEqualTo(State.LISTENING);
		assertThat(this.bus.status().lastError()).isNull();
	}

	@Test
	void survivesARestartOfTheServer() {
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder().start()) {
			ConnectionFactory connectionFactory = factory(server);
			NotificationBus bus = open(builder(connectionFactory).build());
			Listener listener = listen(bus.listen("restart")).all();
			bus.notify("restart", "before").block(TestPool.TIMEOUT);
			listener.awaitPayload("before");
			server.stop();
			TestPool.await("the loss", () -> bus.status().state() == State.LOST);
			assertThat(bus.status().lastError()).isNotNull();
			StepVerifier.create(bus.notify("restart", "lost")).verifyError(DataAccessResourceFailureException.class);
			server.start();
			awaitReconnected(listener, 1);
			bus.notify("restart", "after").block(TestPool.TIMEOUT);
			listener.awaitPayload("after");
			assertThat(listener.events()).hasSize(3).element(1).isInstanceOf(Reconnected.class);
			bus.close();
		}
	}

	@Test
	void movesToAnotherHost() {
		try (EmbeddedPostgresServer first = EmbeddedPostgresServer.builder().start();
				EmbeddedPostgresServer second = EmbeddedPostgresServer.builder().start()) {
			ConnectionFactory connectionFactory = ConnectionFactories.get(ConnectionFactoryOptions
				.parse("r2dbc:postgresql:failover://%s:%d,%s:%d/%s?targetServerType=primary".formatted(first.getHost(),
						first.getPort(), second.getHost(), second.getPort(), first.getDatabase()))
				.mutate()
				.option(ConnectionFactoryOptions.USER, first.getUsername())
				.option(ConnectionFactoryOptions.PASSWORD, first.getPassword())
				.build());
			NotificationBus bus = open(builder(connectionFactory).build());
			Listener listener = listen(bus.listen("failover")).all();
			NotificationBus onSecond = open(builder(factory(second)).build());
			first.stop();
			awaitReconnected(listener, 1);
			onSecond.notify("failover", "from the second").block(TestPool.TIMEOUT);
			listener.awaitPayload("from the second");
			bus.close();
			onSecond.close();
		}
	}

	private static ConnectionFactory factory(EmbeddedPostgresServer server) {
		return ConnectionFactories.get(ConnectionFactoryOptions.parse(server.getR2dbcUrl())
			.mutate()
			.option(ConnectionFactoryOptions.USER, server.getUsername())
			.option(ConnectionFactoryOptions.PASSWORD, server.getPassword())
			.build());
	}

	@Test
	void noticesThatTheNetworkIsCut() {
		TcpProxy proxy = open(TcpProxy.to(this.server.host(), this.server.port()));
		NotificationBus bus = open(builder(through(proxy)).keepAlive(Duration.ofMillis(100))
			.answerTimeout(Duration.ofMillis(500))
			.build());
		Listener listener = listen(bus.listen("stalled")).all();
		proxy.stall(true);
		TestPool.await("the loss", () -> bus.status().state() == State.LOST);
		send("stalled", "lost");
		proxy.drop();
		proxy.stall(false);
		awaitReconnected(listener, 1);
		assertThat(listener.map(Reconnected.class, Reconnected::downtime))
			.allSatisfy((downtime) -> assertThat(downtime).isGreaterThanOrEqualTo(Duration.ofMillis(500)));
		send("stalled", "after");
		listener.awaitPayload("after");
		assertThat(listener.payloads()).containsExactly("after");
		proxy.refuse(true);
		proxy.drop();
		TestPool.await("the second loss", () -> bus.status().state() == State.LOST);
		proxy.refuse(false);
		awaitReconnected(listener, 2);
	}

	@Test
	void waitsForAServerThatIsNotThereYet() {
		TcpProxy proxy = open(TcpProxy.to(this.server.host(), this.server.port()));
		proxy.refuse(true);
		NotificationBus bus = open(builder(through(proxy)).build());
		NotificationFlux flux = bus.listen("early");
		Listener listener = subscribe(flux, (event) -> {
		}).all();
		TestPool.await("a failed attempt", () -> bus.status().lastError() != null);
		assertThat(bus.status().state()).isEqualTo(State.CONNECTING);
		proxy.refuse(false);
		flux.whenReady().block(TestPool.TIMEOUT);
		send("early", "first");
		listener.awaitPayload("first");
		assertThat(listener.events()).hasSize(1);
	}

	@Test
	void waitsBetweenAttempts() {
		AtomicInteger attempts = new AtomicInteger();
		ConnectionFactory refusing = new ConnectionFactory() {

			@Override
			public Mono<Connection> create() {
				attempts.incrementAndGet();
				return Mono.error(new R2dbcNonTransientResourceException("refused on purpose"));
			}

			@Override
			public ConnectionFactoryMetadata getMetadata() {
				return NotificationFaultIntegrationTests.this.pool.connectionFactory().getMetadata();
			}

		};
		NotificationBus bus = open(
				builder().listenFactory(refusing).backoff(Duration.ofHours(1), Duration.ofHours(2)).build());
		Listener first = subscribe(bus.listen("patient"), (event) -> {
		}).all();
		TestPool.await("a failed attempt", () -> bus.status().lastError() != null);
		// The loop has time for others meanwhile, and none of them makes it hurry.
		for (int i = 0; i < 100; i++) {
			Listener other = subscribe(bus.listen("other"), (event) -> {
			});
			TestPool.await("it has come", () -> bus.status().subscribers() == 2);
			other.cancel();
			TestPool.await("it has gone", () -> bus.status().subscribers() == 1);
		}
		assertThat(attempts).hasValue(1);
		first.cancel();
	}

	@Test
	void opensItsConnectionAnewOnRequest() {
		String other = this.server.createDatabase();
		try (TestPool there = TestPool.ofOne(other)) {
			AtomicReference<String> target = new AtomicReference<>(this.database);
			NotificationBus bus = open(builder(this.pool.connectionFactory()).listenFactory(leadingTo(target)).build());
			bus.reconnect().block(TestPool.TIMEOUT);
			assertThat(bus.status().state()).isEqualTo(State.IDLE);
			NotificationFlux flux = bus.listen("moved");
			Listener listener = subscribe(flux, (event) -> {
			}).all();
			flux.whenReady().block(TestPool.TIMEOUT);
			for (int times = 1; times <= 3; times++) {
				target.set(other);
				bus.reconnect().block(TestPool.TIMEOUT);
				there.sideQuery("SELECT pg_notify('moved', ?)", "there " + times);
				listener.awaitPayload("there " + times);
				target.set(this.database);
				bus.reconnect().block(TestPool.TIMEOUT);
				send("moved", "back " + times);
				listener.awaitPayload("back " + times);
			}
			awaitReconnected(listener, 6);
			assertThat(listener.events()).hasSize(12);
			assertThat(bus.status().reconnects()).isEqualTo(6);
			bus.close();
			bus.reconnect().block(TestPool.TIMEOUT);
			assertThat(bus.status().state()).isEqualTo(State.CLOSED);
		}
		finally {
			this.server.dropDatabase(other);
		}
	}

	@Test
	void opensItsConnectionAnewWhileItIsLost() {
		TcpProxy proxy = open(TcpProxy.to(this.server.host(), this.server.port()));
		NotificationBus bus = open(
				builder(through(proxy)).backoff(Duration.ofMinutes(10), Duration.ofMinutes(10)).build());
		NotificationFlux flux = bus.listen("lost");
		Listener listener = subscribe(flux, (event) -> {
		}).all();
		flux.whenReady().block(TestPool.TIMEOUT);
		proxy.refuse(true);
		proxy.drop();
		TestPool.await("the loss is noticed", () -> bus.status().state() == State.LOST);
		proxy.refuse(false);
		bus.reconnect().block(TestPool.TIMEOUT);
		send("lost", "found");
		listener.awaitPayload("found");
	}

	private ConnectionFactory leadingTo(AtomicReference<String> database) {
		ConnectionFactory original = this.server.connectionFactoryFor(this.database);
		return new ConnectionFactory() {

			@Override
			public Publisher<? extends Connection> create() {
				return Mono.defer(() -> Mono
					.from(NotificationFaultIntegrationTests.this.server.connectionFactoryFor(database.get()).create()));
			}

			@Override
			public ConnectionFactoryMetadata getMetadata() {
				return original.getMetadata();
			}

		};
	}

	@Test
	void triesForNobodyNoMore() {
		TcpProxy proxy = open(TcpProxy.to(this.server.host(), this.server.port()));
		proxy.refuse(true);
		NotificationBus bus = open(builder(through(proxy)).build());
		Listener listener = subscribe(bus.listen("left"), (event) -> {
		}).all();
		TestPool.await("a failed attempt", () -> bus.status().lastError() != null);
		listener.cancel();
		TestPool.await("no more attempts", () -> bus.status().state() == State.IDLE);
	}

	@Test
	void bringsAListenerUpToDateBeforeTheFirstNewMessage() {
		List<String> order = new CopyOnWriteArrayList<>();
		NotificationFlux flux = this.bus.listen("resync", 2).withResync((gap) -> Mono.fromRunnable(() -> {
			order.add("resync " + gap.getClass().getSimpleName());
			send("resync", "from the hook");
		}));
		Listener listener = subscribe(flux, (event) -> order
			.add((event instanceof Message message) ? message.payload() : event.getClass().getSimpleName()));
		flux.whenReady().block(TestPool.TIMEOUT);
		killBackend();
		TestPool.await("LISTEN is in force again", () -> this.bus.status().reconnects() == 1);
		listener.all();
		listener.awaitPayload("from the hook");
		assertThat(order).containsExactly("resync Reconnected", "Reconnected", "from the hook");
	}

	@Test
	void bringsAListenerUpToDateAfterAnOverflow() {
		List<String> order = new CopyOnWriteArrayList<>();
		NotificationFlux flux = this.bus.listen("resync", 2)
			.withResync((gap) -> Mono.fromRunnable(() -> order.add("resync " + gap)));
		Listener listener = subscribe(flux, (event) -> order.add(event.getClass().getSimpleName()));
		flux.whenReady().block(TestPool.TIMEOUT);
		send("resync", 1, 5);
		TestPool.await("all have come", () -> this.bus.status().received() == 5);
		listener.all();
		listener.await("the gap", (events) -> events.contains(new Overflow(3)));
		assertThat(order).containsExactly("Message", "Message", "resync Overflow[dropped=3]", "Overflow");
	}

	@Test
	void triesAgainToBringUpToDateWhileTheDatabaseIsAway() {
		AtomicInteger attempts = new AtomicInteger();
		NotificationFlux flux = this.bus.listen("resync")
			.withResync((gap) -> (attempts.incrementAndGet() < 3)
					? Mono.error(new DataAccessResourceFailureException("on purpose")) : Mono.empty());
		Listener listener = listen(flux).all();
		killBackend();
		awaitReconnected(listener, 1);
		assertThat(attempts).hasValue(3);
	}

	@Test
	void endsASubscriptionThatCannotBeBroughtUpToDate() {
		Listener listener = listen(
				this.bus.listen("resync").withResync((gap) -> Mono.error(new IllegalStateException("on purpose"))))
			.all();
		Listener other = listen(this.bus.listen("resync")).all();
		killBackend();
		assertThat(listener.awaitFailure()).hasMessage("on purpose");
		awaitReconnected(other, 1);
		send("resync", "after");
		other.awaitPayload("after");
		assertThat(this.bus.status().subscribers()).isOne();
	}

	@Test
	void saysThatAPoolerKeepsNotificationsBack() {
		TcpProxy pooler = open(TcpProxy.to(this.server.host(), this.server.port()));
		pooler.swallowNotifications();
		NotificationBus bus = open(builder(through(pooler)).build());
		NotificationFlux flux = bus.listen("useless");
		Listener listener = subscribe(flux, (event) -> {
		}).all();
		assertThat(listener.awaitFailure()).isInstanceOf(NotificationDeliveryException.class)
			.hasMessageContaining("PgBouncer");
		StepVerifier.create(flux.whenReady()).verifyError(NotificationDeliveryException.class);
		assertThat(bus.status().lastError()).isInstanceOf(NotificationDeliveryException.class);
		NotificationBus trusting = open(builder(through(pooler)).verifyDelivery(false).build());
		listen(trusting.listen("useless")).cancel();
	}

	@Test
	void hasItInTheStatusWhenAnyListenerIsTold() {
		TcpProxy pooler = open(TcpProxy.to(this.server.host(), this.server.port()));
		pooler.swallowNotifications();
		NotificationBus bus = open(builder(through(pooler)).build());
		List<Optional<Throwable>> seen = new CopyOnWriteArrayList<>();
		for (int i = 0; i < 2000; i++) {
			bus.listen("useless").subscribe((event) -> {
			}, (ex) -> seen.add(Optional.ofNullable(bus.status().lastError())));
		}
		TestPool.await("everybody is told", () -> seen.size() == 2000);
		assertThat(seen)
			.allSatisfy((error) -> assertThat(error).containsInstanceOf(NotificationDeliveryException.class));
	}

	@Test
	void keepsListenersOfALostConnectionApartFromNewOnes() {
		TcpProxy proxy = open(TcpProxy.to(this.server.host(), this.server.port()));
		NotificationBus bus = open(builder(through(proxy)).build());
		Listener before = listen(bus.listen("mixed")).all();
		proxy.refuse(true);
		proxy.drop();
		TestPool.await("the loss", () -> bus.status().state() == State.LOST);
		NotificationFlux flux = bus.listen("mixed");
		Listener after = subscribe(flux, (event) -> {
		}).all();
		proxy.refuse(false);
		flux.whenReady().block(TestPool.TIMEOUT);
		awaitReconnected(before, 1);
		send("mixed", "payload");
		after.awaitPayload("payload");
		assertThat(after.events()).hasSize(1);
	}

}
