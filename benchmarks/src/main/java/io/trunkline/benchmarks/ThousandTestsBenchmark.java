package io.trunkline.benchmarks;

import java.util.concurrent.TimeUnit;

import io.trunkline.test.RollbackPerTest;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.launcher.core.LauncherDiscoveryRequestBuilder;
import org.junit.platform.launcher.core.LauncherFactory;
import org.junit.platform.launcher.listeners.SummaryGeneratingListener;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

import org.springframework.test.context.TestContextManager;
import org.springframework.test.context.junit.jupiter.SpringExtension;

import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

/**
 * 1,000 tests of one insert and one select that are rolled back, run by JUnit in a JVM
 * that has started the context and run no test before.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ThousandTestsBenchmark {

	static final int COUNT = 1000;

	private final Database database = Database.current();

	/**
	 * Make the table, and the context, which JUnit's tests find in Spring's cache.
	 */
	@Setup
	public void open() {
		this.database.execute("CREATE TABLE tested_1 (id int PRIMARY KEY, name text)");
		new TestContextManager(RolledBack.class).getTestContext().getApplicationContext();
	}

	/**
	 * Close the context, and drop the table.
	 */
	@TearDown
	public void close() {
		new TestContextManager(RolledBack.class).getTestContext().markApplicationContextDirty(null);
		this.database.execute("DROP TABLE tested_1");
	}

	/**
	 * Run the tests.
	 */
	@Benchmark
	public void rolledBack() {
		SummaryGeneratingListener listener = new SummaryGeneratingListener();
		LauncherFactory.create()
			.execute(LauncherDiscoveryRequestBuilder.request().selectors(selectClass(RolledBack.class)).build(),
					listener);
		if (listener.getSummary().getTestsSucceededCount() != COUNT) {
			listener.getSummary().getFailures().forEach((failure) -> failure.getException().printStackTrace());
			throw new IllegalStateException("Not all tests were green");
		}
	}

	/**
	 * The tests. One key for all of them shows that each is rolled back.
	 */
	@RollbackPerTest
	@ExtendWith(SpringExtension.class)
	static final class RolledBack extends TestSupportBenchmark.Test {

		@RepeatedTest(COUNT)
		void insertsAndSelects() {
			insertAndSelect(0);
		}

	}

}
