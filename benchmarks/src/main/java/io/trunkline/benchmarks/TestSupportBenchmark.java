package io.trunkline.benchmarks;

import java.lang.reflect.Method;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.trunkline.test.DatabasePerTest;
import io.trunkline.test.RollbackPerTest;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.r2dbc.OptionsCapableConnectionFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.ContextConfiguration;
import org.springframework.test.context.TestContextManager;

/**
 * Tests of one insert and one select, one after the other in one context: without an
 * annotation, rolled back, and in a database of their own; and what it takes to empty 30
 * tables instead. The calls are those that JUnit makes through Spring's extension.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class TestSupportBenchmark {

	static final int COUNT = 20;

	private static final int TABLES = 30;

	private static final String TRUNCATE = "TRUNCATE "
			+ IntStream.rangeClosed(1, TABLES).mapToObj(TestSupportBenchmark::table).collect(Collectors.joining(", "));

	private final Database database = Database.current();

	private Tests plain = new Tests(Plain.class);

	private Tests rolledBack = new Tests(RolledBack.class);

	private Tests cloned = new Tests(Cloned.class);

	private static String table(int number) {
		return "tested_" + number;
	}

	/**
	 * Make the tables, then the contexts.
	 * @throws Exception if one fails
	 */
	@Setup
	public void open() throws Exception {
		createTables();
		this.plain.open();
		this.rolledBack.open();
		this.cloned.open();
	}

	void createTables() {
		for (int number = 1; number <= TABLES; number++) {
			this.database.execute("CREATE TABLE IF NOT EXISTS " + table(number) + " (id int PRIMARY KEY, name text)");
		}
	}

	/**
	 * Empty the table that the tests without an annotation write.
	 */
	@Setup(Level.Iteration)
	public void reset() {
		this.database.execute(TRUNCATE, "CHECKPOINT");
	}

	/**
	 * Close the contexts, and drop the tables.
	 * @throws Exception if a context fails
	 */
	@TearDown
	public void close() throws Exception {
		this.plain.close();
		this.rolledBack.close();
		this.cloned.close();
		for (int number = 1; number <= TABLES; number++) {
			this.database.execute("DROP TABLE " + table(number));
		}
	}

	/**
	 * Run tests that nothing is undone of.
	 * @throws Exception if one fails
	 */
	@Benchmark
	public void plain() throws Exception {
		this.plain.run(true);
	}

	/**
	 * Run tests that are rolled back.
	 * @throws Exception if one fails
	 */
	@Benchmark
	public void rolledBack() throws Exception {
		this.rolledBack.run(false);
	}

	/**
	 * Run tests with a database of their own.
	 * @throws Exception if one fails
	 */
	@Benchmark
	public void cloned() throws Exception {
		this.cloned.run(false);
	}

	/**
	 * Empty the tables, as often as there are tests, over the tests' own connections.
	 * @throws Exception if it fails
	 */
	@Benchmark
	public void truncate() throws Exception {
		this.plain.during((test) -> {
			for (int i = 0; i < COUNT; i++) {
				test.execute(TRUNCATE);
			}
		});
	}

	/**
	 * Run a test of several inserts and selects without an annotation.
	 * @return the times
	 * @throws Exception if it fails
	 */
	Times timePlain(int rows, int firstId) throws Exception {
		return this.plain.timed(rows, firstId);
	}

	/**
	 * Run a test of several inserts and selects in a database of its own.
	 * @return the times
	 * @throws Exception if it fails
	 */
	Times timeCloned(int rows) throws Exception {
		return this.cloned.timed(rows, 0);
	}

	/**
	 * What one test takes.
	 *
	 * @param start the milliseconds until it can begin
	 * @param all the milliseconds of all of it
	 */
	record Times(double start, double all) {

	}

	/**
	 * Runs the tests of a class as JUnit does.
	 */
	private static final class Tests {

		private final TestContextManager manager;

		private final Test test;

		private final Method method;

		Tests(Class<? extends Test> type) {
			try {
				this.manager = new TestContextManager(type);
				this.test = type.getDeclaredConstructor().newInstance();
				this.method = Test.class.getDeclaredMethod("insertAndSelect", int.class);
			}
			catch (ReflectiveOperationException ex) {
				throw new IllegalStateException(ex);
			}
		}

		void open() throws Exception {
			this.manager.beforeTestClass();
			this.manager.prepareTestInstance(this.test);
		}

		void run(boolean keeps) throws Exception {
			for (int i = 0; i < COUNT; i++) {
				int id = keeps ? i : 0;
				during((test) -> test.insertAndSelect(id));
			}
		}

		void during(Consumer<Test> work) throws Exception {
			this.manager.beforeTestMethod(this.test, this.method);
			work.accept(this.test);
			this.manager.afterTestMethod(this.test, this.method, null);
		}

		Times timed(int rows, int firstId) throws Exception {
			long start = System.nanoTime();
			AtomicLong begun = new AtomicLong();
			during((test) -> {
				begun.set(System.nanoTime());
				for (int i = 0; i < rows; i++) {
					test.insertAndSelect(firstId + i);
				}
			});
			return new Times((begun.get() - start) / 1e6, (System.nanoTime() - start) / 1e6);
		}

		void close() throws Exception {
			this.manager.afterTestClass();
		}

	}

	/**
	 * A test class.
	 */
	@ContextConfiguration(classes = Application.class)
	abstract static class Test {

		@Autowired
		private DatabaseClient client;

		void insertAndSelect(int id) {
			execute("INSERT INTO tested_1 VALUES (" + id + ", 'a name')");
			String name = this.client.sql("SELECT name FROM tested_1 WHERE id = " + id)
				.mapValue(String.class)
				.one()
				.block();
			if (!"a name".equals(name)) {
				throw new IllegalStateException("Read " + name);
			}
		}

		void execute(String sql) {
			this.client.sql(sql).fetch().rowsUpdated().block();
		}

	}

	static final class Plain extends Test {

	}

	@RollbackPerTest
	static final class RolledBack extends Test {

	}

	/**
	 * The last to be closed, with the context that all of them share.
	 */
	@DatabasePerTest
	@DirtiesContext
	static final class Cloned extends Test {

	}

	/**
	 * What the tests are of.
	 */
	@Configuration
	static class Application {

		@Bean(destroyMethod = "dispose")
		ConnectionPool connectionFactory() {
			Database database = Database.current();
			return new ConnectionPool(ConnectionPoolConfiguration
				.builder(
						new OptionsCapableConnectionFactory(database.connectionOptions(), database.connectionFactory()))
				.build());
		}

		@Bean
		DatabaseClient databaseClient(ConnectionPool connectionFactory) {
			return DatabaseClient.create(connectionFactory);
		}

	}

}
