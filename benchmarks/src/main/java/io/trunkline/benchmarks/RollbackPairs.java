package io.trunkline.benchmarks;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;

/**
 * What a rollback adds to a test. It is less than a JVM differs from the next one, and
 * most of a young JVM's time is its compiler's. So tests with and without the annotation
 * take turns, and each pair of neighbours is one difference.
 */
final class RollbackPairs {

	private static final int WARMUPS = 20;

	private static final int COUNT = 60;

	private static final double MOST_MILLIS = 1;

	private static final double MOST_OF_TRUNCATE = 0.1;

	private RollbackPairs() {
	}

	/**
	 * Compare tests in blocks, and print what the rollback adds to one.
	 * @throws Exception if a test fails
	 */
	static void run(PrintStream out) throws Exception {
		TestSupportBenchmark tests = new TestSupportBenchmark();
		tests.open();
		try {
			List<Double> added = new ArrayList<>();
			List<Double> fractions = new ArrayList<>();
			for (int n = 0; n < WARMUPS + COUNT; n++) {
				boolean first = n % 2 == 0;
				double before = time(tests, first ? tests::rolledBack : tests::plain);
				double after = time(tests, first ? tests::plain : tests::rolledBack);
				double difference = first ? before - after : after - before;
				double truncate = time(tests, tests::truncate);
				if (n >= WARMUPS) {
					added.add(difference);
					fractions.add(difference / truncate);
				}
			}
			out.printf("%n| a rollback adds | at most | median of %d pairs | quarters |%n", COUNT);
			out.println("|---|---:|---:|---:|");
			print(out, "to a test, ms", MOST_MILLIS, added);
			print(out, "of truncating 30 tables", MOST_OF_TRUNCATE, fractions);
		}
		finally {
			tests.close();
		}
	}

	private static double time(TestSupportBenchmark tests, Block block) throws Exception {
		tests.reset();
		long start = System.nanoTime();
		block.run();
		return (System.nanoTime() - start) / 1e6 / TestSupportBenchmark.COUNT;
	}

	private static void print(PrintStream out, String name, double most, List<Double> values) {
		Quartiles found = Quartiles.of(values);
		out.printf("| %s | %.2f | %.2f%s | %.2f to %.2f |%n", name, most, found.median(),
				(found.median() > most) ? ", missed" : "", found.lower(), found.upper());
	}

	/**
	 * As many tests as JMH takes for one.
	 */
	private interface Block {

		void run() throws Exception;

	}

}
