package io.trunkline.test;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.time.Duration;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Lazy;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.annotation.Commit;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.junit.jupiter.SpringJUnitConfig;

import static org.assertj.core.api.Assertions.assertThat;

@DirtiesContext
class Group12FactoriesIntegrationTests {

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

	private static void insert(ConnectionFactory factory, int id) {
		DatabaseClient.create(factory).sql("INSERT INTO item VALUES (" + id + ")").fetch().rowsUpdated().block(LONG);
	}

	private static Long count(ConnectionFactory factory) {
		return DatabaseClient.create(factory)
			.sql("SELECT count(*) FROM item")
			.map((row) -> row.get(0, Long.class))
			.one()
			.block(LONG);
	}

	@Nested
	@RollbackPerTest
	@SpringJUnitConfig
	class AFinalFactoryWithoutAPool {

		@Autowired
		private ConnectionFactory factory;

		@RepeatedTest(2)
		void isRolledBack() {
			insert(this.factory, 1);
			assertThat(count(this.factory)).isOne();
			assertThat(count(server.connectionFactoryFor(database))).isZero();
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			ConnectionFactory connectionFactory() {
				return server.connectionFactoryFor(database);
			}

		}

	}

	@Nested
	@RollbackPerTest
	@SpringJUnitConfig
	class APoolFromAUrl {

		@Autowired
		private ConnectionFactory factory;

		@RepeatedTest(2)
		void isRolledBack() {
			assertThat(this.factory).isInstanceOf(ConnectionPool.class);
			insert(this.factory, 1);
			assertThat(count(this.factory)).isOne();
			assertThat(count(server.connectionFactoryFor(database))).isZero();
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean(destroyMethod = "dispose")
			ConnectionPool connectionFactory() {
				return (ConnectionPool) ConnectionFactories.get("r2dbc:pool:postgresql://%s:%s@%s:%d/%s?maxSize=1"
					.formatted(server.user(), server.password(), server.host(), server.port(), database));
			}

		}

	}

	/**
	 * Nothing but the test asks for them.
	 */
	@Nested
	@RollbackPerTest
	@SpringJUnitConfig
	class FactoriesThatAreMadeWhenSomebodyAsks {

		@Autowired
		private BeanFactory beans;

		@RepeatedTest(2)
		void areRolledBack() {
			ConnectionFactory factory = this.beans.getBean("two", ConnectionFactory.class);
			insert(factory, 1);
			assertThat(count(factory)).isOne();
			assertThat(count(server.connectionFactoryFor(otherDatabase))).isZero();
		}

		@Lazy
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

		}

	}

	@Nested
	@RollbackPerTest
	@SpringJUnitConfig
	class TwoFactories {

		@Autowired
		@Qualifier("one")
		private ConnectionFactory one;

		@Autowired
		@Qualifier("two")
		private ConnectionFactory two;

		@RepeatedTest(2)
		void areBothRolledBack() {
			insert(this.one, 1);
			insert(this.two, 1);
			insert(this.two, 2);
			assertThat(count(this.one)).isOne();
			assertThat(count(this.two)).isEqualTo(2);
			assertThat(count(server.connectionFactoryFor(database))).isZero();
			assertThat(count(server.connectionFactoryFor(otherDatabase))).isZero();
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

		}

	}

	@Nested
	@RollbackPerTest
	@SpringJUnitConfig
	class APoolOfAnotherBean {

		@Autowired
		@Qualifier("driver")
		private ConnectionFactory driver;

		@Autowired
		private ConnectionPool pool;

		@RepeatedTest(2)
		void sharesItsTransaction() {
			insert(this.driver, 1);
			insert(this.pool, 2);
			assertThat(count(this.driver)).isEqualTo(2);
			assertThat(count(server.connectionFactoryFor(database))).isZero();
		}

		@Configuration(proxyBeanMethods = false)
		static class Factories {

			@Bean
			ConnectionFactory driver() {
				return server.connectionFactoryFor(database);
			}

			@Bean(destroyMethod = "dispose")
			ConnectionPool pool(@Qualifier("driver") ConnectionFactory driver) {
				return new ConnectionPool(ConnectionPoolConfiguration.builder(driver).initialSize(0).build());
			}

		}

	}

	/**
	 * An annotation of a project's own.
	 */
	@Target(ElementType.TYPE)
	@Retention(RetentionPolicy.RUNTIME)
	@RollbackPerTest
	@SpringJUnitConfig(AFinalFactoryWithoutAPool.Factories.class)
	@interface ProjectTest {

	}

	@RollbackPerTest
	abstract static class Inherited {

	}

	@Nested
	@ProjectTest
	class AnAnnotationOfTheProject {

		@RepeatedTest(2)
		void isFound(@Autowired ConnectionFactory factory) {
			insert(factory, 1);
			assertThat(count(factory)).isOne();
		}

		@Nested
		class AroundANestedClass {

			@RepeatedTest(2)
			void isFound(@Autowired ConnectionFactory factory) {
				insert(factory, 1);
				assertThat(count(factory)).isOne();
			}

		}

	}

	@Nested
	@SpringJUnitConfig(AFinalFactoryWithoutAPool.Factories.class)
	class AnInheritedAnnotation extends Inherited {

		@RepeatedTest(2)
		void isFound(@Autowired ConnectionFactory factory) {
			insert(factory, 1);
			assertThat(count(factory)).isOne();
		}

	}

	@Nested
	@SpringJUnitConfig(AFinalFactoryWithoutAPool.Factories.class)
	class AnAnnotatedMethod {

		@RepeatedTest(2)
		@RollbackPerTest
		void isRolledBack(@Autowired ConnectionFactory factory) {
			insert(factory, 1);
			assertThat(count(factory)).isOne();
		}

		@Test
		@RollbackPerTest
		@Commit
		void keepsItsWork(@Autowired ConnectionFactory factory) {
			DatabaseClient.create(factory).sql("CREATE TABLE kept ()").then().block(LONG);
		}

		@Test
		void anotherOneUsesRealConnections(@Autowired ConnectionFactory factory) {
			DatabaseClient.create(factory).sql("CREATE TABLE really ()").then().block(LONG);
			DatabaseClient.create(server.connectionFactoryFor(database)).sql("DROP TABLE really").then().block(LONG);
		}

		@AfterAll
		static void isKept() {
			server.executeIn(database, "DROP TABLE kept");
		}

	}

}
