package io.trunkline.test.autoconfigure;

import java.time.Duration;

import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.test.DatabasePerTest;
import io.trunkline.test.RollbackPerTest;
import io.trunkline.test.app.Item;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

class MigrationIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	/**
	 * What both libraries must do.
	 */
	abstract static class Cases {

		@Autowired
		private DatabaseClient client;

		@Autowired
		private ItemRepository items;

		private final String history;

		Cases(String history) {
			this.history = history;
		}

		private Long migrations() {
			return this.client.sql("SELECT count(*) FROM " + this.history)
				.map((row) -> row.get(0, Long.class))
				.one()
				.block(LONG);
		}

		@Test
		void theDatabaseOfR2dbcIsMigrated() {
			assertThat(migrations()).isOne();
			assertThat(this.items.count().block(LONG)).isZero();
		}

		@RepeatedTest(2)
		@RollbackPerTest
		void theTablesCanBeUsed() {
			this.items.save(new Item(null, "lamp")).block(LONG);
			assertThat(this.items.count().block(LONG)).isOne();
		}

		@RepeatedTest(2)
		@DatabasePerTest
		void theTemplateHasTheMigrations() {
			assertThat(migrations()).isOne();
			this.client.sql("DELETE FROM " + this.history).then().block(LONG);
		}

	}

	@Nested
	@SpringBootTest(classes = ShopApplication.class)
	class WithFlyway extends Cases {

		WithFlyway() {
			super("flyway_schema_history");
		}

	}

	@Nested
	@SpringBootTest(classes = ShopApplication.class, properties = { "spring.flyway.enabled=false",
			"spring.liquibase.enabled=true", "spring.liquibase.change-log=classpath:db/changelog/shop.sql" })
	class WithLiquibase extends Cases {

		WithLiquibase() {
			super("databasechangelog");
		}

	}

	/**
	 * Its server does not wait for the context.
	 */
	@Nested
	@SpringBootTest(classes = ShopApplication.class)
	@DirtiesContext
	class WithASchemaInTheUrl extends Cases {

		private static final PostgresTestServer server = PostgresTestServer.get();

		private static final String database = server.createDatabase();

		WithASchemaInTheUrl() {
			super("shop.flyway_schema_history");
		}

		@DynamicPropertySource
		static void url(DynamicPropertyRegistry properties) {
			server.executeIn(database, "CREATE SCHEMA shop");
			properties.add("spring.r2dbc.url", () -> server.r2dbcUrl(database) + "?schema=shop&sslMode=prefer");
			properties.add("spring.r2dbc.username", server::user);
			properties.add("spring.r2dbc.password", server::password);
		}

		@AfterAll
		static void dropDatabase() {
			server.dropDatabase(database);
		}

	}

}
