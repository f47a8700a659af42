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
	 * @throws SQLException if the server refuses
	 */
	static void run(PrintStream out) throws SQLException {
		CopyRecordsBenchmark sides = new CopyRecordsBenchmark();
		sides.writeFile();
		sides.compile();
		Pairs pairs = new Pairs(WARMUPS, PAIRS, sides::reset);
		pairs.printHeader(out, "1M records in");
		pairs.compare(out, "÷ PgBulkInsert", 1, sides::trunkline, sides::pgBulkInsert);
		pairs.compare(out, "÷ the server's limit", 0.85, sides::trunkline, sides::serverFile);
		out.printf("%nThe client's processor time for 1M records, median of %d: service %,d ms, PgBulkInsert %,d ms%n",
				PAIRS, processorMillis(sides, sides::trunkline), processorMillis(sides, sides::pgBulkInsert));
		sides.close();
	}

	private static long processorMillis(CopyRecordsBenchmark sides, Pairs.Side work) throws SQLException {
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

}
