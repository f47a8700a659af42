package io.trunkline.docs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.notification.LargePayloads;
import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.NotificationEvent;
import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationEvent.Overflow;
import io.trunkline.notification.NotificationEvent.Reconnected;
import io.trunkline.notification.NotificationFlux;
import io.trunkline.notification.PostgresListener;
import io.trunkline.notification.PostgresListeners;
import io.trunkline.notification.TableChange;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Component;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The code of {@code docs/notifications.md}.
 */
class NotificationsGuideIntegrationTests {

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final TestPool pool = TestPool.of(2, this.database);

	private final DatabaseClient databaseClient = DatabaseClient.create(this.pool.connectionFactory());

	private final NotificationBus bus = NotificationBus.create(this.pool.connectionFactory());

	private final List<Object> log = new CopyOnWriteArrayList<>();

	@AfterEach
	void dropDatabase() {
		this.bus.close();
		this.pool.close();
		this.server.dropDatabase(this.database);
	}

	record Order(long id, String item) {
	}

	private void handle(Object event) {
		this.log.add(event);
	}

	private Mono<Void> reloadAll() {
		return this.databaseClient.sql("SELECT 1").then();
	}

	@Test
	void listens() {
		// tag::listen[]
		NotificationFlux events = this.bus.listen("orders", "Stock levels");
		Disposable listening = events.subscribe((event) -> {
			if (event instanceof Message message) {
				handle(message.payload());
			}
			else if (event instanceof Overflow overflow) {
				handle(overflow.dropped() + " messages are missing here");
			}
			else if (event instanceof Reconnected reconnected) {
				handle("all messages of " + reconnected.downtime() + " are missing here");
			}
		});
		// end::listen[]
		// tag::ready[]
		Mono<Void> sent = events.whenReady().then(this.bus.notify("orders", "reaches the listener"));
		// end::ready[]
		sent.block(TestPool.TIMEOUT);
		TestPool.await("a message", () -> this.log.contains("reaches the listener"));
		listening.dispose();
	}

	@Test
	void sends() {
		this.server.executeIn(this.database, "CREATE TABLE orders (id bigint, item text)");
		List<Order> orders = new CopyOnWriteArrayList<>();
		NotificationFlux events = this.bus.listen("orders");
		events.ofType(Message.class).map((message) -> this.bus.read(message, Order.class)).subscribe(orders::add);
		events.whenReady().block(TestPool.TIMEOUT);
		Order order = new Order(1, "tea");
		// tag::notify[]
		Mono<Void> placed = this.databaseClient.sql("INSERT INTO orders VALUES (:id, :item)")
			.bindProperties(order)
			.then()
			.then(this.bus.notify("orders", order));
		// end::notify[]
		this.pool.within(true, placed).block(TestPool.TIMEOUT);
		TestPool.await("an order", () -> orders.equals(List.of(order)));
	}

	@Test
	void sendsLargePayloads() {
		// tag::large[]
		NotificationBus large = NotificationBus.builder(this.pool.connections())
			.largePayloads(LargePayloads.defaults().withCreateTable(true).withMaxAge(Duration.ofMinutes(10)))
			.build();
		// end::large[]
		NotificationFlux events = large.listen("reports");
		events.ofType(Message.class).map((message) -> message.payload().length()).subscribe(this.log::add);
		events.whenReady().block(TestPool.TIMEOUT);
		// tag::large-send[]
		Mono<Void> sent = large.notify("reports", "line\n".repeat(10_000));
		// end::large-send[]
		sent.block(TestPool.TIMEOUT);
		TestPool.await("a report", () -> this.log.contains(50_000));
		large.close();
	}

	@Test
	void bringsUpToDate() {
		// tag::resync[]
		NotificationFlux events = this.bus.listen("orders").withBufferSize(10_000).withResync((gap) -> reloadAll());
		// end::resync[]
		List<NotificationEvent> received = new ArrayList<>();
		events.subscribe(received::add);
		events.whenReady().block(TestPool.TIMEOUT);
		this.bus.notify("orders", "one").block(TestPool.TIMEOUT);
		TestPool.await("a message", () -> this.bus.status().received() == 1);
	}

	// tag::listener[]
	@Component
	static class OrderListener {

		private final List<Object> seen = new CopyOnWriteArrayList<>();

		@PostgresListener(channels = "orders", gapHandler = "reload")
		Mono<Void> placed(Order order) {
			return Mono.fromRunnable(() -> this.seen.add(order));
		}

		void reload(NotificationEvent gap) {
			this.seen.add(gap);
		}

		@PostgresListener(table = "stock")
		void changed(TableChange change) {
			this.seen.add(change.operation() + " " + change.key());
		}

	}
	// end::listener[]

	@Test
	void callsMethods() {
		this.server.executeIn(this.database, "CREATE TABLE stock (item text PRIMARY KEY, amount int)");
		try (AnnotationConfigApplicationContext context = new AnnotationConfigApplicationContext()) {
			context.registerBean(OrderListener.class);
			context.registerBean(PostgresListeners.class,
					() -> PostgresListeners.builder(this.bus, this.pool.connections()).installTriggers(true).build());
			context.refresh();
			OrderListener listener = context.getBean(OrderListener.class);
			this.bus.notify("orders", new Order(2, "milk")).block(TestPool.TIMEOUT);
			this.server.executeIn(this.database, "INSERT INTO stock VALUES ('milk', 12)");
			TestPool.await("both", () -> listener.seen.size() == 2);
			assertThat(listener.seen).containsExactlyInAnyOrder(new Order(2, "milk"), "INSERT {item=milk}");
		}
	}

}
