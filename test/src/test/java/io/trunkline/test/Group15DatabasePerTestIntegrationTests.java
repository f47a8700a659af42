package io.trunkline.test;

import java.time.Duration;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationFlux;
import io.trunkline.test.app.Item;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import io.trunkline.test.app.ShopService;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.context.NestedTestConfiguration;
import org.springframework.test.context.NestedTestConfiguration.EnclosingConfiguration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@SpringBootTest(classes = ShopApplication.class)
@DatabasePerTest
class Group15DatabasePerTestIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	@Autowired
	private ItemRepository items;

	@Autowired
	private ShopService shop;

	@Autowired
	private DatabaseClient client;

	@Autowired
	private ConnectionPool pool;

	@RepeatedTest(3)
	void everyTestBeginsWithTheTemplateAndCommits() {
		assertThat(this.items.count().block(LONG)).isZero();
		this.shop.add("committed").block(LONG);
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> this.shop.addAndFail("audited").block(LONG));
		assertThat(this.items.count().block(LONG)).isOne();
		assertThat(count("audit")).isEqualTo(2);
	}

	private Long count(String table) {
		return this.client.sql("SELECT count(*) FROM " + table).map((row) -> row.get(0, Long.class)).one().block(LONG);
	}

	@Test
	void notificationsAreDelivered() {
		PostgresqlConnection listener = connect();
		Mono<Notification> first = listener.getNotifications().next();
		listener.createStatement("LISTEN news").execute().then().block(LONG);
		var received = first.toFuture();
		this.client.sql("NOTIFY news, 'hello'").then().block(LONG);
		assertThat(Mono.fromFuture(received).block(LONG).getParameter()).isEqualTo("hello");
		// Left open: the database is dropped all the same.
	}

	private PostgresqlConnection connect() {
		Connection connection = Mono.from(this.pool.create()).block(LONG);
		return PostgresConnections.unwrap(connection);
	}

	@Test
	void constraintsAreDeferredToARealCommit() {
		this.client
			.sql("CREATE TABLE node (id int PRIMARY KEY, next int REFERENCES node DEFERRABLE INITIALLY DEFERRED)")
			.then()
			.block(LONG);
		assertThatExceptionOfType(org.springframework.dao.DataIntegrityViolationException.class)
			.isThrownBy(() -> this.client.sql("INSERT INTO node VALUES (1, 2)").then().block(LONG));
		assertThat(count("node")).isZero();
	}

	@Test
	void statementsOutsideOfTransactionsRun() {
		this.client.sql("VACUUM item").then().block(LONG);
		assertThat(this.items.count().block(LONG)).isZero();
	}

	@Test
	@RollbackPerTest
	void aTestMayRollBackInADatabaseOfItsOwn(ConnectionFactory factory) {
		this.items.save(new Item(null, "rolled back")).block(LONG);
		assertThat(this.items.count().block(LONG)).isOne();
	}

	@Test
	void theTemplateIsInUseByNobody() {
		Long connections = this.client
			.sql("SELECT count(*) FROM pg_stat_activity WHERE datname LIKE 'trunkline\\_template\\_%'")
			.map((row) -> row.get(0, Long.class))
			.one()
			.block(LONG);
		Boolean open = this.client
			.sql("SELECT bool_or(datallowconn) FROM pg_database WHERE datname LIKE 'trunkline\\_template\\_"
					+ ProcessHandle.current().pid() + "\\_%'")
			.map((row) -> row.get(0, Boolean.class))
			.one()
			.block(LONG);
		assertThat(connections).isZero();
		assertThat(open).isFalse();
	}

	@Nested
	@DatabasePerTest(perClass = true)
	@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
	class PerClass {

		@Test
		@Order(1)
		void theFirstTestCommits() {
			assertThat(Group15DatabasePerTestIntegrationTests.this.items.count().block(LONG)).isZero();
			Group15DatabasePerTestIntegrationTests.this.shop.add("first").block(LONG);
		}

		@Test
		@Order(2)
		void theSecondTestSeesIt() {
			assertThat(Group15DatabasePerTestIntegrationTests.this.items.count().block(LONG)).isOne();
		}

	}

	/**
	 * One listener from beginning to end, as that of an application.
	 */
	@Nested
	@NestedTestConfiguration(EnclosingConfiguration.OVERRIDE)
	@SpringBootTest(classes = ShopApplication.class)
	@TestInstance(TestInstance.Lifecycle.PER_CLASS)
	@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
	class Listening {

		private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

		@Autowired
		private NotificationBus bus;

		@Test
		@Order(1)
		void begins() throws Exception {
			NotificationFlux flux = this.bus.listen("news");
			flux.ofType(Message.class).map(Message::payload).subscribe(this.received::add);
			flux.whenReady().block(LONG);
			assertReceives("first");
		}

		@RepeatedTest(2)
		@Order(2)
		@DatabasePerTest
		void followsToTheDatabaseOfATest() throws Exception {
			assertReceives("cloned");
		}

		@Test
		@Order(3)
		void returns() throws Exception {
			assertReceives("last");
		}

		private void assertReceives(String payload) throws Exception {
			this.bus.notify("news", payload).block(LONG);
			assertThat(this.received.poll(LONG.toSeconds(), TimeUnit.SECONDS)).isEqualTo(payload);
		}

	}

	/**
	 * The template was made while the application's pool was full of connections.
	 */
	@Nested
	@SpringBootTest(classes = ShopApplication.class, properties = "spring.r2dbc.pool.initial-size=10")
	@NestedTestConfiguration(EnclosingConfiguration.OVERRIDE)
	@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
	class Afterwards {

		@Autowired
		private ConnectionPool own;

		@Autowired
		private DatabaseClient real;

		@Test
		@Order(1)
		void thePoolIsFilled() {
			assertThat(this.own.warmup().block(LONG)).isNotNull();
			assertThat(this.real.sql("SELECT 1").fetch().rowsUpdated().block(LONG)).isNotNull();
			assertThat(this.own.getMetrics().orElseThrow().allocatedSize()).isGreaterThanOrEqualTo(10);
		}

		@Test
		@Order(2)
		@DatabasePerTest
		void aTestHasADatabaseOfItsOwn() {
			assertThat(database()).contains("clone");
		}

		@Test
		@Order(3)
		void theApplicationsOwnConnectionsWork() {
			assertThat(database()).doesNotContain("clone");
			assertThat(Flux.range(0, 10)
				.flatMap((i) -> this.real.sql("SELECT pg_catalog.pg_backend_pid()")
					.map((row) -> row.get(0, Integer.class))
					.one(), 10)
				.collectList()
				.block(LONG)).hasSize(10);
		}

		private String database() {
			return this.real.sql("SELECT pg_catalog.current_database()")
				.map((row) -> row.get(0, String.class))
				.one()
				.block(LONG);
		}

	}

}
