package io.trunkline.benchmarks;

import java.io.PrintStream;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/**
 * Compares two sides that differ by less than a machine does from minute to minute. So
 * they take turns in one JVM, and each pair of neighbours is one ratio.
 */
final class Pairs {

	private final int warmups;

	private final int count;

	private final Runnable reset;

	/**
	 * Create a comparison.
	 * @param warmups how many pairs do not count
	 * @param count how many pairs count
	 * @param reset runs before each side, outside of the timing
	 */
	Pairs(int warmups, int count, Runnable reset) {
		this.warmups = warmups;
		this.count = count;
		this.reset = reset;
	}

	void printHeader(PrintStream out, String compared) {
		out.printf("%n| %s | goal | median of %d pairs | quarters |%n", compared, this.count);
		out.println("|---|---:|---:|---:|");
	}

	/**
	 * Compare, and print the ratio of the rates.
	 * @throws SQLException if the server refuses one side's statement
	 */
	void compare(PrintStream out, String name, double goal, Side ours, Side peer) throws SQLException {
		List<Double> ratios = new ArrayList<>();
		for (int n = 0; n < this.warmups + this.count; n++) {
			boolean first = n % 2 == 0;
			double before = time(first ? ours : peer);
			double after = time(first ? peer : ours);
			if (n >= this.warmups) {
				// The rate of one is the other's time.
				ratios.add(first ? after / before : before / after);
			}
		}
		Quartiles found = Quartiles.of(ratios);
		out.printf("| %s | %.2f | %.2f%s | %.2f to %.2f |%n", name, goal, found.median(),
				(found.median() < goal) ? ", missed" : "", found.lower(), found.upper());
	}

	private double time(Side work) throws SQLException {
		this.reset.run();
		long start = System.nanoTime();
		work.run();
		return System.nanoTime() - start;
	}

	/**
	 * One of the two, which may work over JDBC.
	 */
	interface Side {

		void run() throws SQLException;

	}

}
