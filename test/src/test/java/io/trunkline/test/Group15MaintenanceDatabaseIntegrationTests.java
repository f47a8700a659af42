package io.trunkline.test;

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
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
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
class Group15MaintenanceDatabaseIntegrationTests {

	private static EmbeddedPostgresServer server;

	@BeforeAll
	static void start() {
		server = EmbeddedPostgresServer.builder().inMemory(true).start();
		TestFactories.execute(real(), "CREATE TABLE item (id int PRIMARY KEY)");
	}

	@AfterAll
	static void stop() {
		try {
			assertThat(TestFactories.text(real(), "(SELECT count(*) FROM item)")).isEqualTo("0");
			assertThat(TestFactories.text(real(),
					"(SELECT coalesce(string_agg(datname, ' '), '') FROM pg_database WHERE datname LIKE 'trunkline%')"))
				.isEmpty();
		}
		finally {
			server.close();
		}
	}

	private static ConnectionFactory real() {
		return TestFactories
			.factory(withoutItsName().option(ConnectionFactoryOptions.DATABASE, server.getDatabase()).build());
	}

	private static ConnectionFactoryOptions.Builder withoutItsName() {
		return ConnectionFactoryOptions.builder()
			.option(ConnectionFactoryOptions.DRIVER, "postgresql")
			.option(ConnectionFactoryOptions.HOST, server.getHost())
			.option(ConnectionFactoryOptions.PORT, server.getPort())
			.option(ConnectionFactoryOptions.USER, server.getUsername())
			.option(ConnectionFactoryOptions.PASSWORD, server.getPassword());
	}

	private static void commitsToAClone(ConnectionFactory factory) {
		TestFactories.execute(factory, "INSERT INTO item VALUES (1)");
		assertThat(TestFactories.text(factory, "current_database()")).contains("clone");
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
			return TestFactories.factory(withoutItsName().build());
		}

	}

}
