package io.trunkline.benchmarks;

import java.io.PrintStream;
import java.sql.SQLException;

/**
 * A million records by the service, against PgBulkInsert and against the server that
 * reads its own file.
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
		run(sides::close);
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
