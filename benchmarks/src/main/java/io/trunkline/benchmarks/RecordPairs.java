package io.trunkline.benchmarks;

import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Arrays;

import com.sun.management.OperatingSystemMXBean;

/**
 * A million records by the service, against PgBulkInsert and against the server that
 * reads its own file. The server's work is the longer part of a load, so what the clients
 * cost is told as well, as processor time.
 */
final class RecordPairs {

	private static final int WARMUPS = 5;

	private static final int PAIRS = 20;

	private RecordPairs() {
	}

	/**
	 * Compare, and print the ratios.
	 */
	static void run(PrintStream out) {
		CopyRecordsBenchmark sides = new CopyRecordsBenchmark();
		sides.writeFile();
		run(sides::compile);
		Pairs pairs = new Pairs(WARMUPS, PAIRS, sides::reset);
		pairs.printHeader(out, "1M records in");
		pairs.compare(out, "÷ PgBulkInsert", 1, sides::trunkline, () -> run(sides::pgBulkInsert));
		pairs.compare(out, "÷ the server's limit", 0.85, sides::trunkline, () -> run(sides::serverFile));
		out.printf("%nThe client's processor time for 1M records, median of %d: service %,d ms, PgBulkInsert %,d ms%n",
				PAIRS, processorMillis(sides, sides::trunkline),
				processorMillis(sides, () -> run(sides::pgBulkInsert)));
		run(sides::close);
	}

	private static long processorMillis(CopyRecordsBenchmark sides, Runnable work) {
		OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
		long[] times = new long[PAIRS];
		for (int n = 0; n < PAIRS; n++) {
			sides.reset();
			long start = system.getProcessCpuTime();
			work.run();
			times[n] = system.getProcessCpuTime() - start;
		}
		Arrays.sort(times);
		return Duration.ofNanos(times[PAIRS / 2]).toMillis();
	}

	private static void run(Statement work) {
		try {
			work.run();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Work over JDBC.
	 */
	private interface Statement {

		void run() throws SQLException;

	}

}
