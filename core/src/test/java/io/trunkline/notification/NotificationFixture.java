package io.trunkline.notification;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.embedded.testing.TcpProxy;
import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * A database of its own, a pool and a bus that is quick to try again.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class NotificationFixture {

	final PostgresTestServer server = PostgresTestServer.get();

	final String database = this.server.createDatabase();

	private final List<AutoCloseable> opened = new ArrayList<>();

	TestPool pool;

	NotificationBus bus;

	@BeforeEach
	void createBus() {
		this.pool = TestPool.of(2, this.database);
		this.bus = open(builder().build());
	}

	@AfterEach
	void close() throws Exception {
		for (AutoCloseable closeable : this.opened) {
			closeable.close();
		}
		this.opened.clear();
		this.pool.awaitGivenBack();
		this.pool.close();
	}

	@AfterAll
	void dropDatabase() {
		this.server.dropDatabase(this.database);
	}

	/**
	 * A bus that listens on connections that are not counted as the pool's, as they come
	 * and go at any time.
	 */
	NotificationBus.Builder builder() {
		return builder(this.pool.connectionFactory()).listenFactory(this.server.connectionFactoryFor(this.database));
	}

	static NotificationBus.Builder builder(ConnectionFactory connectionFactory) {
		return NotificationBus.builder(PostgresConnections.create(connectionFactory))
			.backoff(Duration.ofMillis(10), Duration.ofMillis(100));
	}

	<T extends AutoCloseable> T open(T closeable) {
		this.opened.add(0, closeable);
		return closeable;
	}

	ConnectionFactory through(TcpProxy proxy) {
		return ConnectionFactories.get(this.server.options(this.server.user(), this.server.password(), this.database)
			.mutate()
			.option(ConnectionFactoryOptions.HOST, "127.0.0.1")
			.option(ConnectionFactoryOptions.PORT, proxy.port())
			.build());
	}

	/**
	 * Send from the superuser's own connection, past the bus.
	 */
	void send(String channel, int from, int to) {
		this.pool.sideQuery("SELECT count(pg_notify(?, n::text)) FROM generate_series(?, ?) n", channel, from, to);
	}

	void send(String channel, String payload) {
		this.pool.sideQuery("SELECT pg_notify(?, ?)", channel, payload);
	}

	static <T> T get(Mono<T> mono) {
		return Objects.requireNonNull(mono.block(TestPool.TIMEOUT));
	}

	/**
	 * Subscribe without asking for anything, and wait until the subscription listens.
	 */
	Listener listen(NotificationFlux flux) {
		Listener listener = subscribe(flux, (event) -> {
		});
		flux.whenReady().block(TestPool.TIMEOUT);
		return listener;
	}

	static Listener subscribe(Flux<NotificationEvent> flux, Consumer<NotificationEvent> handler) {
		Listener listener = new Listener(handler);
		flux.subscribe(listener);
		return listener;
	}

	/**
	 * Remembers what it gets.
	 */
	static final class Listener extends BaseSubscriber<NotificationEvent> {

		private final Consumer<NotificationEvent> handler;

		private final List<NotificationEvent> events = new ArrayList<>();

		private volatile boolean completed;

		private volatile Throwable failure;

		Listener(Consumer<NotificationEvent> handler) {
			this.handler = handler;
		}

		@Override
		protected void hookOnSubscribe(Subscription subscription) {
		}

		@Override
		protected void hookOnNext(NotificationEvent event) {
			this.handler.accept(event);
			synchronized (this.events) {
				this.events.add(event);
			}
		}

		@Override
		protected void hookOnComplete() {
			this.completed = true;
		}

		@Override
		protected void hookOnError(Throwable ex) {
			this.failure = ex;
		}

		Listener all() {
			requestUnbounded();
			return this;
		}

		List<NotificationEvent> events() {
			synchronized (this.events) {
				return List.copyOf(this.events);
			}
		}

		List<String> payloads() {
			return map(Message.class, Message::payload);
		}

		<E extends NotificationEvent, T> List<T> map(Class<E> type, Function<E, T> mapper) {
			return events().stream().filter(type::isInstance).map(type::cast).map(mapper).toList();
		}

		boolean isCompleted() {
			return this.completed;
		}

		Throwable awaitFailure() {
			TestPool.await("a failure", () -> this.failure != null);
			return this.failure;
		}

		void await(String description, Predicate<List<NotificationEvent>> condition) {
			TestPool.await(description, () -> {
				if (this.failure != null) {
					throw new AssertionError(this.failure);
				}
				return condition.test(events());
			});
		}

		void awaitPayload(String payload) {
			await("a message " + payload, (events) -> payloads().contains(payload));
		}

	}

}
