package io.trunkline.test;

import java.time.Duration;
import java.util.Map;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryMetadata;
import io.r2dbc.spi.ValidationDepth;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.EventConditions;
import org.junit.platform.testkit.engine.TestExecutionResultConditions;
import org.mockito.Mockito;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.r2dbc.connection.lookup.AbstractRoutingConnectionFactory;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.ContextHierarchy;
import org.springframework.test.context.bean.override.convention.TestBean;
import org.springframework.test.context.junit.jupiter.SpringExtension;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

/**
 * Factories that are no pool of Spring Boot's and no driver.
 */
@RunsTests
@DirtiesContext
class Group12OtherFactoriesIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static String database;

	private static String otherDatabase;

	@BeforeAll
	static void createDatabases() {
		database = server.createDatabase();
		otherDatabase = server.createDatabase();
		server.executeIn(database, "CREATE TABLE item (id int PRIMARY KEY)");
		server.executeIn(otherDatabase, "CREATE TABLE item (id int PRIMARY KEY)");
	}

	@AfterAll
	static void dropDatabases() {
		server.dropDatabase(database);
		server.dropDatabase(otherDatabase);
	}

	private static Mono<Long> insert(ConnectionFactory factory, int id) {
		return DatabaseClient.create(factory).sql("INSERT INTO item VALUES (" + id + ")").fetch().rowsUpdated();
	}

	private static Mono<Long> count(ConnectionFactory factory) {
		return DatabaseClient.create(factory)
			.sql("SELECT count(*) FROM item")
			.map((row) -> row.get(0, Long.class))
			.one();
	}

	private static void isRolledBack(ConnectionFactory factory) {
		insert(factory, 1).block(LONG);
		assertThat(count(factory).block(LONG)).isOne();
		assertThat(count(server.connectionFactoryFor(database)).block(LONG)).isZero();
	}

	@Nested
	@RollbackPerTest
	@SpringJUnitConfig
	class ADecoratorOfAnotherBean {

		@RepeatedTest(2)
		void sharesItsTransaction(@Autowired ConnectionFactory factory,
				@Autowired @Qualifier("driver") ConnectionFactory driver) {
			isRolledBack(factory);
			assertThat(count(driver).block(LONG)).isOne();
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			ConnectionFactory driver() {
				return server.connectionFactoryFor(database);
			}

			@Bean
			@Primary
			ConnectionFactory decorator(@Qualifier("driver") ConnectionFactory driver) {
				return new Decorator(driver);
			}

		}

	}

	@Nested
	@RollbackPerTest
	@SpringJUnitConfig
	class ARouterToOtherBeans {

		@RepeatedTest(2)
		void leadsToTheirTransactions(@Autowired ConnectionFactory factory,
				@Autowired @Qualifier("two") ConnectionFactory two) {
			isRolledBack(factory);
			insert(factory, 2).contextWrite((context) -> context.put("tenant", "two")).block(LONG);
			assertThat(count(factory).block(LONG)).isOne();
			assertThat(count(two).block(LONG)).isOne();
			assertThat(count(server.connectionFactoryFor(otherDatabase)).block(LONG)).isZero();
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			ConnectionFactory one() {
				return server.connectionFactoryFor(database);
			}

			@Bean
			ConnectionFactory two() {
				return server.connectionFactoryFor(otherDatabase);
			}

			@Bean
			@Primary
			ConnectionFactory router(@Qualifier("one") ConnectionFactory one, @Qualifier("two") ConnectionFactory two) {
				Router router = new Router();
				router.setDefaultTargetConnectionFactory(one);
				router.setTargetConnectionFactories(Map.of("two", two));
				return router;
			}

		}

	}

	@Nested
	@SpringJUnitConfig
	class ARouterWithoutADefault {

		@Test
		void doesNotDisturbTestsThatAreNotRolledBack(@Autowired Router router) {
			Mono<Boolean> valid = Mono.usingWhen(router.create(),
					(connection) -> Mono.from(connection.validate(ValidationDepth.REMOTE)), Connection::close);
			assertThat(valid.contextWrite((context) -> context.put("tenant", "one")).block(LONG)).isTrue();
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			Router router() {
				Router router = new Router();
				router.setTargetConnectionFactories(Map.of("one", server.connectionFactoryFor(database)));
				return router;
			}

		}

	}

	@Nested
	@SpringJUnitConfig
	class AMock {

		@Test
		void doesNotDisturbTestsThatAreNotRolledBack(@Autowired ConnectionFactory factory) {
			assertThat(factory.getMetadata()).isNull();
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			ConnectionFactory connectionFactory() {
				return Mockito.mock(ConnectionFactory.class);
			}

		}

	}

	@Nested
	@RollbackPerTest
	@SpringJUnitConfig
	class AClassThatNobodyCanExtend {

		@RepeatedTest(2)
		void isRolledBack(@Autowired ConnectionFactory factory) {
			Group12OtherFactoriesIntegrationTests.isRolledBack(factory);
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			ConnectionFactory connectionFactory() {
				return new Permitting(server.connectionFactoryFor(database));
			}

		}

	}

	@Nested
	@ExtendWith(SpringExtension.class)
	@ContextHierarchy({ @ContextConfiguration(classes = AParentContext.Parent.class),
			@ContextConfiguration(classes = AParentContext.Child.class) })
	class AParentContext {

		@RepeatedTest(2)
		@RollbackPerTest
		void isRolledBack(@Autowired ConnectionFactory factory) {
			Group12OtherFactoriesIntegrationTests.isRolledBack(factory);
		}

		@Configuration(proxyBeanMethods = false)
		static class Parent {

			@Bean
			ConnectionFactory connectionFactory() {
				return server.connectionFactoryFor(database);
			}

		}

		@Configuration(proxyBeanMethods = false)
		static class Child {

		}

	}

	@Test
	void anOverrideOfATestIsRefused() {
		EngineTestKit.engine("junit-jupiter")
			.selectors(selectClass(Overridden.class))
			.configurationParameter(DiagnosticsIntegrationTests.FailingCase.ENABLED, "true")
			.execute()
			.testEvents()
			.assertThatEvents()
			.haveExactly(1, EventConditions
				.finishedWithFailure(TestExecutionResultConditions.message((message) -> message.startsWith(
						"@RollbackPerTest does not reach the connection factory 'second': a bean that overrides another"))));
		assertThat(count(server.connectionFactoryFor(otherDatabase)).block(LONG)).isZero();
	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@SpringJUnitConfig
	@RollbackPerTest
	static class Overridden {

		@TestBean(name = "second")
		private ConnectionFactory override;

		static ConnectionFactory override() {
			return server.connectionFactoryFor(otherDatabase);
		}

		@Test
		void insertsOverIt() {
			insert(this.override, 1).block(LONG);
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			ConnectionFactory first() {
				return server.connectionFactoryFor(database);
			}

			@Bean
			ConnectionFactory second() {
				return server.connectionFactoryFor(database);
			}

		}

	}

	static class Decorator implements ConnectionFactory {

		private final ConnectionFactory decorated;

		Decorator(ConnectionFactory decorated) {
			this.decorated = decorated;
		}

		@Override
		public Publisher<? extends Connection> create() {
			return Mono.from(this.decorated.create());
		}

		@Override
		public ConnectionFactoryMetadata getMetadata() {
			return this.decorated.getMetadata();
		}

	}

	static sealed class Permitting extends Decorator permits Permitted {

		Permitting(ConnectionFactory decorated) {
			super(decorated);
		}

	}

	static final class Permitted extends Permitting {

		Permitted(ConnectionFactory decorated) {
			super(decorated);
		}

	}

	static class Router extends AbstractRoutingConnectionFactory {

		@Override
		protected Mono<Object> determineCurrentLookupKey() {
			return Mono.deferContextual((context) -> Mono.justOrEmpty(context.getOrEmpty("tenant")));
		}

	}

}
