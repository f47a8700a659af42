package io.trunkline.test;

import java.lang.reflect.Method;
import java.time.Duration;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.r2dbc.OptionsCapableConnectionFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.annotation.Commit;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.annotation.DirtiesContext.HierarchyMode;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.TestContextManager;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of when the connection that goes from test to test is given back, step by step as
 * JUnit takes them.
 */
class KeptConnectionOfAContextIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static String database;

	private final TestContextManager manager = new TestContextManager(Mixed.class);

	private final Mixed test = new Mixed();

	@BeforeEach
	void open() throws Exception {
		database = server.createDatabase();
		server.executeIn(database, "CREATE TABLE item (id int PRIMARY KEY)");
		this.manager.beforeTestClass();
		this.manager.prepareTestInstance(this.test);
	}

	@AfterEach
	void close() throws Exception {
		this.manager.afterTestClass();
		server.dropDatabase(database);
	}

	private void run(String name) throws Exception {
		Method method = Mixed.class.getDeclaredMethod(name);
		this.manager.beforeTestMethod(this.test, method);
		method.invoke(this.test);
		this.manager.afterTestMethod(this.test, method, null);
	}

	private int acquired() {
		return this.test.pool.getMetrics().orElseThrow().acquiredSize();
	}

	private static int outside(String sql) {
		return ask(DatabaseClient.create(server.connectionFactoryFor(database)), sql);
	}

	private static int ask(DatabaseClient client, String sql) {
		return client.sql(sql).mapValue(Integer.class).one().block(LONG);
	}

	@Test
	void staysBetweenTestsThatAreRolledBack() throws Exception {
		run("rolledBack");
		assertThat(acquired()).isOne();
		run("rolledBack");
		assertThat(acquired()).isOne();
		assertThat(outside("SELECT count(*)::int FROM item")).isZero();
	}

	@Test
	void isGivenBackForATestWithoutTheAnnotation() throws Exception {
		for (int i = 0; i < 5; i++) {
			run("rolledBack");
			this.manager.beforeTestMethod(this.test, Mixed.class.getDeclaredMethod("plain"));
			assertThat(acquired()).isZero();
			assertThat(outside(Mixed.LOCKS)).isZero();
			this.manager.afterTestMethod(this.test, Mixed.class.getDeclaredMethod("plain"), null);
		}
	}

	@Test
	void isGivenBackAfterATestThatIsCommitted() throws Exception {
		run("rolledBack");
		run("committed");
		assertThat(acquired()).isZero();
		assertThat(outside("SELECT count(*)::int FROM item")).isOne();
	}

	@Test
	void isGivenBackForATestWithADatabaseOfItsOwn() throws Exception {
		for (int i = 0; i < 3; i++) {
			run("rolledBack");
			run("ofItsOwn");
			assertThat(acquired()).isZero();
		}
		run("rolledBack");
		assertThat(outside("SELECT count(*)::int FROM item")).isZero();
	}

	@Test
	void isGivenBackAtTheEndOfTheClass() throws Exception {
		run("rolledBack");
		this.manager.afterTestClass();
		assertThat(outside(Mixed.LOCKS)).isZero();
		assertThat(this.test.pool.getMetrics().orElseThrow().acquiredSize()).isZero();
	}

	@Test
	void isGivenBackWhereTheContextIsClosedBetweenTests() throws Exception {
		run("rolledBack");
		int pid = this.test.pid;
		this.manager.getTestContext().markApplicationContextDirty(HierarchyMode.EXHAUSTIVE);
		server.executeIn(database, "DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE pid = " + pid
				+ ") AND clock_timestamp() < now() + interval '10 s' LOOP PERFORM pg_stat_clear_snapshot(); END LOOP; END $$");
		assertThat(outside("SELECT count(*)::int FROM pg_stat_activity WHERE pid = " + pid)).isZero();
	}

	/**
	 * Tests of all kinds.
	 */
	@ContextConfiguration(classes = Application.class)
	@DirtiesContext
	static class Mixed {

		static final String LOCKS = "SELECT count(*)::int FROM pg_locks JOIN pg_database d ON d.oid = database"
				+ " WHERE locktype = 'advisory' AND datname = current_database()";

		@Autowired
		private ConnectionPool pool;

		private int pid;

		@RollbackPerTest
		void rolledBack() {
			DatabaseClient client = DatabaseClient.create(this.pool);
			assertThat(ask(client, "SELECT count(*)::int FROM item")).isZero();
			client.sql("INSERT INTO item VALUES (1)").fetch().rowsUpdated().block(LONG);
			assertThat(ask(client, "SELECT CASE WHEN pg_try_advisory_lock(7) THEN 1 ELSE 0 END")).isOne();
			this.pid = ask(client, "SELECT pg_backend_pid()");
		}

		void plain() {
		}

		@RollbackPerTest
		@Commit
		void committed() {
			DatabaseClient.create(this.pool).sql("INSERT INTO item VALUES (1)").fetch().rowsUpdated().block(LONG);
		}

		@DatabasePerTest
		void ofItsOwn() {
			DatabaseClient client = DatabaseClient.create(this.pool);
			client.sql("INSERT INTO item VALUES (1)").fetch().rowsUpdated().block(LONG);
			assertThat(ask(client, "SELECT count(*)::int FROM item")).isOne();
		}

	}

	/**
	 * A pool of one connection.
	 */
	@Configuration(proxyBeanMethods = false)
	static class Application {

		@Bean(destroyMethod = "dispose")
		ConnectionPool connectionFactory() {
			ConnectionFactory real = server.connectionFactoryFor(database);
			return new ConnectionPool(ConnectionPoolConfiguration
				.builder(new OptionsCapableConnectionFactory(server.options(server.user(), server.password(), database),
						real))
				.initialSize(0)
				.maxSize(1)
				.build());
		}

	}

}
