package io.trunkline.test;

import java.time.Duration;
import java.util.List;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.test.app.Item;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.testkit.engine.EngineTestKit;
import org.junit.platform.testkit.engine.Events;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.annotation.DirtiesContext.ClassMode;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.test.context.NestedTestConfiguration;
import org.springframework.test.context.NestedTestConfiguration.EnclosingConfiguration;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

/**
 * Which databases tests get, from which factories, and what becomes of them.
 */
@RunsTests
@NestedTestConfiguration(EnclosingConfiguration.OVERRIDE)
class Group15ClonesIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static String database;

	private static String role;

	@BeforeAll
	static void createDatabase() {
		database = server.createDatabase();
		role = server.createRole("secret");
		server.executeIn(database, "CREATE SCHEMA app", "CREATE TABLE app.item (id int PRIMARY KEY)",
				"ALTER DATABASE " + database + " SET search_path TO app, \"$user\", public",
				"ALTER DATABASE " + database + " SET app.greeting TO 'it''s 100 % fine'",
				"ALTER DATABASE " + database + " OWNER TO " + role, "ALTER SCHEMA app OWNER TO " + role,
				"ALTER TABLE app.item OWNER TO " + role);
	}

	@AfterAll
	static void dropDatabase() {
		server.dropDatabase(database);
		server.dropRole(role);
	}

	private static ConnectionFactory superuser() {
		return TestFactories.factory(server.options(server.user(), server.password(), database));
	}

	private static String database(ConnectionFactory factory) {
		return TestFactories.text(factory, "current_database()");
	}

	private static String count(ConnectionFactory factory) {
		return TestFactories.text(factory, "(SELECT count(*) FROM item)");
	}

	private static Events run(Class<?> type) {
		return EngineTestKit.engine("junit-jupiter")
			.selectors(selectClass(type))
			.configurationParameter(DiagnosticsIntegrationTests.FailingCase.ENABLED, "true")
			.execute()
			.testEvents();
	}

	@Nested
	@SpringJUnitConfig
	@DatabasePerTest
	@DirtiesContext
	class TwoFactoriesOfOneDatabase {

		@RepeatedTest(2)
		void leadToOneClone(@Autowired ConnectionFactory application,
				@Autowired @Qualifier("owner") ConnectionPool owner) {
			TestFactories.execute(application, "INSERT INTO item VALUES (1)");
			assertThat(database(owner)).contains("clone").isEqualTo(database(application));
			assertThat(count(owner)).isEqualTo("1");
			assertThat(TestFactories.text(owner, "current_user")).isEqualTo(role);
			assertThat(TestFactories.text(application, "current_user")).isEqualTo(server.user());
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			@Primary
			ConnectionFactory application() {
				return superuser();
			}

			@Bean(destroyMethod = "dispose")
			ConnectionPool owner() {
				return new ConnectionPool(ConnectionPoolConfiguration
					.builder(TestFactories.factory(server.options(role, "secret", database)))
					.build());
			}

		}

	}

	@Nested
	@SpringJUnitConfig
	@DatabasePerTest
	@DirtiesContext
	class ADatabaseWithSettings {

		@RepeatedTest(2)
		void givesThemToItsClones(@Autowired ConnectionFactory factory) {
			assertThat(database(factory)).contains("clone");
			assertThat(TestFactories.text(factory, "current_setting('app.greeting')")).isEqualTo("it's 100 % fine");
			assertThat(TestFactories.text(factory, "current_setting('search_path')"))
				.isEqualTo("app, \"$user\", public");
			assertThat(count(factory)).isEqualTo("0");
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			ConnectionFactory connectionFactory() {
				return superuser();
			}

		}

	}

	@Nested
	@SpringBootTest(classes = ShopApplication.class)
	@RollbackPerTest
	class TestsThatAreRolledBack {

		@Test
		@DatabasePerTest
		void butOneThatHasADatabaseOfItsOwn(@Autowired DatabaseClient client) {
			assertThat(database(client.getConnectionFactory())).contains("clone");
			TestFactories.execute(client.getConnectionFactory(), "VACUUM item");
		}

		@Test
		@DatabasePerTest
		@RollbackPerTest
		void andOneThatHasBoth(@Autowired DatabaseClient client, TestStatements statements) {
			assertThat(database(client.getConnectionFactory())).contains("clone");
			statements.assertStatements(1);
		}

		@Nested
		@NestedTestConfiguration(EnclosingConfiguration.INHERIT)
		@DatabasePerTest
		class ButThoseOfAClass {

			@Test
			void thatHaveDatabasesOfTheirOwn(@Autowired DatabaseClient client) {
				assertThat(database(client.getConnectionFactory())).contains("clone");
				TestFactories.execute(client.getConnectionFactory(), "VACUUM item");
			}

		}

	}

	@Test
	void aClassWhoseTestsCloseItsContextHasADatabaseForEach() {
		String own = server.createDatabase();
		try {
			ContextOfEachTest.database = own;
			run(ContextOfEachTest.class).assertStatistics((statistics) -> statistics.succeeded(3).failed(0));
			assertThat(count(server.connectionFactoryFor(own))).isEqualTo("0");
		}
		finally {
			server.dropDatabase(own);
		}
	}

	@Test
	void whereOneFactoryCannotBeLedNoneIs() {
		run(OneOfTwo.class).assertStatistics((statistics) -> statistics.succeeded(1).failed(1));
	}

	@Test
	void aRoleThatMayNotCreateDatabasesLeavesNoConnectionOpen() {
		run(MayNotCreate.class).assertStatistics((statistics) -> statistics.succeeded(0).failed(3));
		Mono<Long> connections = DatabaseClient.create(server.connectionFactory())
			.sql("SELECT count(*) FROM pg_stat_activity WHERE usename = '" + role + "' AND datname = 'postgres'")
			.mapValue(Long.class)
			.one();
		assertThat(connections.repeat().filter((count) -> count == 0).blockFirst(LONG)).isZero();
	}

	@Test
	void aCloneThatCouldNotBeMadeAheadIsMadeWhenItIsNeeded() {
		run(MayNotCreateForAWhile.class).assertStatistics((statistics) -> statistics.succeeded(5).failed(0));
		server.execute("ALTER ROLE " + role + " NOCREATEDB");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aTestThatWasAbortedDidNotFail(CapturedOutput output) {
		run(Aborted.class).assertStatistics((statistics) -> statistics.aborted(1));
		assertThat(output).doesNotContain("its database stays");
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void aTestThatFailsByWhatItLeftOpenFailed(CapturedOutput output) {
		run(LeftOpen.class).assertStatistics((statistics) -> statistics.failed(1));
		assertThat(output).contains("its database stays");
		LeftOpen.server.sql("DROP DATABASE " + LeftOpen.database + " WITH (FORCE)").then().block(LONG);
	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@SpringBootTest(classes = ShopApplication.class)
	@DatabasePerTest(perClass = true)
	@DirtiesContext(classMode = ClassMode.AFTER_EACH_TEST_METHOD)
	static class ContextOfEachTest {

		private static String database;

		@DynamicPropertySource
		static void url(DynamicPropertyRegistry properties) {
			properties.add("spring.r2dbc.url", () -> server.r2dbcUrl(database));
			properties.add("spring.r2dbc.username", server::user);
			properties.add("spring.r2dbc.password", server::password);
		}

		@RepeatedTest(3)
		void commits(@Autowired ItemRepository items, @Autowired ConnectionFactory factory) {
			assertThat(database(factory)).contains("clone");
			assertThat(items.count().block(LONG)).isZero();
			items.save(new Item(null, "lamp")).block(LONG);
		}

	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@SpringJUnitConfig
	@DirtiesContext
	@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
	static class OneOfTwo {

		@Test
		@Order(1)
		@DatabasePerTest
		void cannotBeLed(@Autowired ConnectionFactory factory) {
			assertThat(factory).isNotNull();
		}

		@Test
		@Order(2)
		void isWhereItWas(@Autowired ConnectionFactory factory) {
			assertThat(database(factory)).isEqualTo(database);
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			@Primary
			ConnectionFactory first() {
				return superuser();
			}

			@Bean
			ConnectionFactory second() {
				return server.connectionFactoryFor(database);
			}

		}

	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@SpringJUnitConfig(RoleOnly.class)
	@DatabasePerTest
	@DirtiesContext
	static class MayNotCreate {

		@RepeatedTest(3)
		void fails(@Autowired ConnectionFactory factory) {
			assertThat(factory).isNotNull();
		}

	}

	/**
	 * Two are made ahead, so that the fourth is the first that cannot be.
	 */
	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@SpringJUnitConfig(RoleOnly.class)
	@DatabasePerTest
	@DirtiesContext
	@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
	static class MayNotCreateForAWhile {

		@BeforeAll
		static void allow() {
			server.execute("ALTER ROLE " + role + " CREATEDB");
		}

		@Test
		@Order(1)
		void first(@Autowired ConnectionFactory factory) {
			String clones = database(factory).replaceFirst("\\d+$", "");
			DatabaseClient client = DatabaseClient.create(server.connectionFactory());
			Mono<List<String>> names = Mono
				.fromSupplier(() -> DatabasePerTestEndsIntegrationTests.databases(client, clones));
			assertThat(names.repeat().filter((made) -> made.size() == 3).blockFirst(LONG)).hasSize(3);
			server.execute("ALTER ROLE " + role + " NOCREATEDB");
		}

		@Test
		@Order(2)
		void second(@Autowired ConnectionFactory factory) {
			assertThat(database(factory)).contains("clone");
		}

		@Test
		@Order(3)
		void third(@Autowired ConnectionFactory factory) {
			assertThat(database(factory)).contains("clone");
			server.execute("ALTER ROLE " + role + " CREATEDB");
		}

		@RepeatedTest(2)
		@Order(4)
		void further(@Autowired ConnectionFactory factory) {
			assertThat(database(factory)).contains("clone");
		}

	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@SpringBootTest(classes = ShopApplication.class, properties = "trunkline.test.keep-failed-database=true")
	@DatabasePerTest
	static class Aborted {

		@Test
		void assumesWhatIsNotSo() {
			Assumptions.abort("by intention");
		}

	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@SpringBootTest(classes = ShopApplication.class, properties = "trunkline.test.keep-failed-database=true")
	@DatabasePerTest
	@RollbackPerTest
	static class LeftOpen {

		private static String database;

		private static DatabaseClient server;

		@Test
		void leavesATransactionOpen(@Autowired ConnectionFactory factory) {
			server = DatabasePerTestEndsIntegrationTests.server(factory);
			database = database(factory);
			Mono.from(factory.create()).flatMap((connection) -> Mono.from(connection.beginTransaction())).block(LONG);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class RoleOnly {

		@Bean
		ConnectionFactory connectionFactory() {
			return TestFactories.factory(server.options(role, "secret", database));
		}

	}

}
