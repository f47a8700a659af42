package io.trunkline.test.autoconfigure;

import java.time.Duration;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Option;
import io.trunkline.test.DatabasePerTest;
import io.trunkline.test.app.ShopApplication;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;
import reactor.core.publisher.Flux;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.TestPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two contexts on one database, one of which makes a template of it.
 */
@SpringBootTest(classes = ShopApplication.class, properties = "spring.r2dbc.pool.initial-size=5")
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class SharedDatabaseIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final ConnectionFactoryOptions DATABASE = SharedServer.get().createDatabase();

	@Autowired
	private DatabaseClient client;

	@DynamicPropertySource
	static void database(DynamicPropertyRegistry registry) {
		registry.add("spring.r2dbc.url",
				() -> "r2dbc:postgresql://%s:%s/%s".formatted(value(ConnectionFactoryOptions.HOST),
						value(ConnectionFactoryOptions.PORT), value(ConnectionFactoryOptions.DATABASE)));
		registry.add("spring.r2dbc.username", () -> value(ConnectionFactoryOptions.USER));
		registry.add("spring.r2dbc.password", () -> value(ConnectionFactoryOptions.PASSWORD));
	}

	private static Object value(Option<?> option) {
		return DATABASE.getRequiredValue(option);
	}

	private String database() {
		return this.client.sql("SELECT pg_catalog.current_database()")
			.map((row) -> row.get(0, String.class))
			.one()
			.block(LONG);
	}

	@Nested
	@Order(1)
	class First {

		@Test
		void fillsItsPool(@Autowired ConnectionPool pool) {
			assertThat(database()).isEqualTo(value(ConnectionFactoryOptions.DATABASE));
			assertThat(pool.warmup().block(LONG)).isNotNull();
			assertThat(pool.getMetrics().orElseThrow().allocatedSize()).isGreaterThanOrEqualTo(5);
		}

	}

	@Nested
	@Order(2)
	@DatabasePerTest
	@DirtiesContext
	@TestPropertySource(properties = "another=context")
	class Second {

		@Test
		void endsAllConnectionsForItsTemplate() {
			assertThat(database()).isNotEqualTo(value(ConnectionFactoryOptions.DATABASE));
		}

	}

	@Nested
	@Order(3)
	class FirstAgain {

		@Test
		void hasConnectionsThatWork() {
			assertThat(Flux.range(0, 5)
				.flatMap((i) -> SharedDatabaseIntegrationTests.this.client.sql("SELECT pg_catalog.pg_backend_pid()")
					.map((row) -> row.get(0, Integer.class))
					.one())
				.collectList()
				.block(LONG)).hasSize(5);
		}

	}

}
