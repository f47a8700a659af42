package io.trunkline.test.app;

import java.time.Duration;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.client.PostgresClient;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.test.DatabasePerTest;
import io.trunkline.test.PostgresTest;
import io.trunkline.test.RollbackExtension;
import io.trunkline.test.RollbackPerTest;
import io.trunkline.test.TestStatements;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.Commit;
import org.springframework.test.context.jdbc.Sql;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The code of the guide to tests.
 */
class TestingDocumentationIntegrationTests {

	@Nested
	// tag::rollback[]
	@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
	@RollbackPerTest
	class ShopTests {

		@Autowired
		private ItemRepository items;

		@LocalServerPort
		private int port;

		@RepeatedTest(2)
		void addsAnItem() {
			WebClient.create("http://localhost:" + this.port)
				.post()
				.uri("/items/lamp")
				.retrieve()
				.toBodilessEntity()
				.block();
			assertThat(this.items.count().block()).isOne();
		}

	}
	// end::rollback[]

	@Nested
	@SpringBootTest
	@DatabasePerTest(perClass = true)
	class Scripts {

		// tag::sql[]
		@Test
		@RollbackPerTest
		@Sql(statements = "INSERT INTO item (name) VALUES ('lamp')")
		void findsWhatAScriptInserted(@Autowired ItemRepository items) {
			assertThat(items.countByName("lamp").block()).isOne();
		}

		@Test
		@RollbackPerTest
		@Commit
		void leavesSomethingBehind(@Autowired ItemRepository items) {
			items.save(new Item(null, "kept")).block();
		}
		// end::sql[]

	}

	@Nested
	// tag::database[]
	@SpringBootTest
	@DatabasePerTest
	class PaymentTests {

		@RepeatedTest(2)
		void keepsTheAuditOfAFailure(@Autowired ShopService shop, PostgresClient client) {
			shop.addAndFail("lamp").onErrorComplete().block();
			assertThat(client.sql("SELECT count(*) FROM audit").fetchValue(Long.class).block()).isOne();
			assertThat(client.sql("SELECT count(*) FROM item").fetchValue(Long.class).block()).isZero();
		}

	}
	// end::database[]

	@Nested
	// tag::slice[]
	@PostgresTest
	class ItemRepositoryTests {

		@Test
		void countsByName(@Autowired ItemRepository items, TestStatements statements) {
			items.save(new Item(null, "lamp")).block();
			assertThat(items.countByName("lamp").block()).isOne();
			statements.assertStatements(2);
		}

	}
	// end::slice[]

	@Nested
	class Plain {

		private static final ConnectionFactory connectionFactory = PostgresTestServer.get().connectionFactory();

		// tag::extension[]
		@RegisterExtension
		static final RollbackExtension database = RollbackExtension.of(connectionFactory);

		@RepeatedTest(2)
		void createsATable(PostgresClient client, Connection connection) {
			client.sql("CREATE TABLE gone_after_the_test (id int)").execute().block(Duration.ofSeconds(10));
			assertThat(connection.isAutoCommit()).isTrue();
		}
		// end::extension[]

	}

}
