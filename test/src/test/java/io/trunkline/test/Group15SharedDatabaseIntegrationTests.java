package io.trunkline.test;

import java.time.Duration;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.embedded.EmbeddedPostgresServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.r2dbc.OptionsCapableConnectionFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.NestedTestConfiguration;
import org.springframework.test.context.NestedTestConfiguration.EnclosingConfiguration;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Contexts whose database is {@code postgres}, where databases are made: to copy it, each
 * ends the connections that others have to it, so they have a server of their own.
 */
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
@NestedTestConfiguration(EnclosingConfiguration.OVERRIDE)
class Group15SharedDatabaseIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private static EmbeddedPostgresServer server;

	@BeforeAll
	static void start() {
		server = EmbeddedPostgresServer.builder().inMemory(true).start();
		execute(real(), "CREATE TABLE item (id int PRIMARY KEY)");
	}

	@AfterAll
	static void stop() {
		try {
			assertThat(text(real(), "(SELECT count(*) FROM item)")).isEqualTo("0");
			assertThat(text(real(),
					"(SELECT coalesce(string_agg(datname, ' '), '') FROM pg_database WHERE datname LIKE 'trunkline%')"))
				.isEmpty();
		}
		finally {
			server.close();
		}
	}

	private static ConnectionFactory real() {
		return factory(withoutItsName().option(ConnectionFactoryOptions.DATABASE, server.getDatabase()).build());
	}

	private static ConnectionFactoryOptions.Builder withoutItsName() {
		return ConnectionFactoryOptions.builder()
			.option(ConnectionFactoryOptions.DRIVER, "postgresql")
			.option(ConnectionFactoryOptions.HOST, server.getHost())
			.option(ConnectionFactoryOptions.PORT, server.getPort())
			.option(ConnectionFactoryOptions.USER, server.getUsername())
			.option(ConnectionFactoryOptions.PASSWORD, server.getPassword());
	}

	private static ConnectionFactory factory(ConnectionFactoryOptions options) {
		return new OptionsCapableConnectionFactory(options, ConnectionFactories.get(options));
	}

	private static void execute(ConnectionFactory factory, String sql) {
		DatabaseClient.create(factory).sql(sql).then().block(LONG);
	}

	private static String text(ConnectionFactory factory, String expression) {
		return DatabaseClient.create(factory)
			.sql("SELECT " + expression + "::text")
			.mapValue(String.class)
			.one()
			.block(LONG);
	}

	private static void commitsToAClone(ConnectionFactory factory) {
		execute(factory, "INSERT INTO item VALUES (1)");
		assertThat(text(factory, "current_database()")).contains("clone");
	}

	@Nested
	@Order(1)
	@SpringJUnitConfig(OfTheFirst.class)
	@DatabasePerTest
	class TheFirst {

		@RepeatedTest(2)
		void commits(@Autowired ConnectionFactory factory) {
			commitsToAClone(factory);
		}

	}

	@Nested
	@Order(2)
	@SpringJUnitConfig(OfTheSecond.class)
	@DatabasePerTest
	@DirtiesContext
	class TheSecond {

		@RepeatedTest(2)
		void commits(@Autowired ConnectionFactory factory) {
			commitsToAClone(factory);
		}

	}

	@Nested
	@Order(3)
	@SpringJUnitConfig(OfTheFirst.class)
	@DatabasePerTest
	@DirtiesContext
	class TheFirstOnceMore {

		@RepeatedTest(4)
		void commits(@Autowired ConnectionFactory factory) {
			commitsToAClone(factory);
		}

	}

	/**
	 * The server takes a database of the user's name then.
	 */
	@Nested
	@Order(4)
	@SpringJUnitConfig(WithoutItsName.class)
	@DatabasePerTest
	@DirtiesContext
	class OptionsWithoutIt {

		@Test
		void leadToAClone(@Autowired ConnectionFactory factory) {
			commitsToAClone(factory);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OfTheFirst {

		@Bean
		ConnectionFactory connectionFactory() {
			return real();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OfTheSecond {

		@Bean
		ConnectionFactory connectionFactory() {
			return real();
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class WithoutItsName {

		@Bean
		ConnectionFactory connectionFactory() {
			return factory(withoutItsName().build());
		}

	}

}
