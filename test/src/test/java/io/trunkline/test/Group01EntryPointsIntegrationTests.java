package io.trunkline.test;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.test.app.Item;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import io.trunkline.test.app.ShopService;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.web.reactive.server.WebTestClient;
import org.springframework.transaction.ReactiveTransactionManager;
import org.springframework.transaction.reactive.TransactionalOperator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@SpringBootTest(classes = ShopApplication.class, webEnvironment = WebEnvironment.RANDOM_PORT)
@RollbackPerTest
class Group01EntryPointsIntegrationTests {

	@Autowired
	private ItemRepository items;

	@Autowired
	private ShopService shop;

	@Autowired
	private DatabaseClient client;

	@Autowired
	private ConnectionPool pool;

	@Autowired
	private ConnectionFactory factory;

	@Autowired
	private ReactiveTransactionManager transactionManager;

	@LocalServerPort
	private int port;

	@BeforeEach
	void insertsBeforeEachTest() {
		assertThat(this.items.count().block()).isZero();
		this.items.save(new Item(null, "before")).block();
	}

	@RepeatedTest(3)
	void eachEntryPointSeesTheOthersRows(PostgresConnections connections) {
		this.shop.add("service").block();
		this.client.sql("INSERT INTO item (name) VALUES ('client')").fetch().rowsUpdated().block();
		this.items.save(new Item(null, "operator"))
			.as(TransactionalOperator.create(this.transactionManager)::transactional)
			.block();
		connections.update("INSERT INTO item (name) VALUES ($1)", "feature").block();
		insert(this.factory, "factory");
		insert(this.pool, "pool");
		WebTestClient web = WebTestClient.bindToServer().baseUrl("http://localhost:" + this.port).build();
		web.post().uri("/items/web").exchange().expectStatus().isOk().expectBody();
		web.get()
			.uri("/items")
			.exchange()
			.expectBodyList(Item.class)
			.value((found) -> assertThat(found).extracting(Item::name)
				.containsExactlyInAnyOrder("before", "service", "client", "operator", "feature", "factory", "pool",
						"web"));
		assertThat(this.items.count().block()).isEqualTo(8);
	}

	private static void insert(ConnectionFactory factory, String name) {
		Flux.usingWhen(Mono.from(factory.create()),
				(connection) -> Flux
					.from(connection.createStatement("INSERT INTO item (name) VALUES ($1)").bind(0, name).execute())
					.flatMap((result) -> result.getRowsUpdated()),
				(connection) -> connection.close())
			.blockLast();
	}

	@Test
	void aServiceThatFailsLeavesTheTestUsable() {
		this.shop.add("kept").block();
		assertThatExceptionOfType(org.springframework.dao.DataIntegrityViolationException.class)
			.isThrownBy(() -> this.items.save(new Item(null, null)).block());
		assertThat(this.items.count().block()).isEqualTo(2);
	}

	@AfterAll
	static void nothingIsLeft(@Autowired ItemRepository items) {
		assertThat(items.count().block()).isZero();
	}

}
