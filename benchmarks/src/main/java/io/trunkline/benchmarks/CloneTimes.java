package io.trunkline.benchmarks;

import java.io.PrintStream;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import io.trunkline.benchmarks.TestSupportBenchmark.Times;
import org.jspecify.annotations.Nullable;

/**
 * What the database of a test takes: the server, to make it, to connect to it and to drop
 * it; the test, until it can begin; and all of the test, compared with one that has none.
 * The tests insert and select some rows, so that there is something to make the next
 * databases beside: 20, in less time than one is made in, and 100, in about that time.
 */
final class CloneTimes {

	private static final double MOST_MILLIS = 30;

	private CloneTimes() {
	}

	/**
	 * Print the times.
	 * @throws Exception if a test fails
	 */
	static void run(PrintStream out) throws Exception {
		TestSupportBenchmark tests = new TestSupportBenchmark();
		tests.createTables();
		Alone alone = new Alone();
		alone.run();
		Rows few = new Rows(20);
		Rows many = new Rows(100);
		tests.open();
		try {
			// The template is a copy of the tables without a row.
			tests.timeCloned(1);
			few.run(tests, 4, 6);
			many.run(tests, 1, 3);
		}
		finally {
			tests.close();
		}
		out.printf("%n| the database of a test, ms | at most | median | quarters |%n");
		out.println("|---|---:|---:|---:|");
		print(out, "made by the server, alone", MOST_MILLIS, alone.made);
		print(out, "connected to for the first time, alone", null, alone.connected);
		print(out, "dropped, alone", null, alone.dropped);
		few.print(out);
		many.print(out);
	}

	private static void print(PrintStream out, String name, @Nullable Double most, List<Double> millis) {
		Quartiles found = Quartiles.of(millis);
		out.printf("| %s | %s | %.1f%s | %.1f to %.1f |%n", name, (most != null) ? "%.0f".formatted(most) : "",
				found.median(), (most != null && found.median() > most) ? ", missed" : "", found.lower(),
				found.upper());
	}

	/**
	 * Tests of as many rows, in blocks that take turns.
	 */
	private static final class Rows {

		private final int count;

		private final List<Double> waits = new ArrayList<>();

		private final List<Double> all = new ArrayList<>();

		private final List<Double> plain = new ArrayList<>();

		Rows(int count) {
			this.count = count;
		}

		void run(TestSupportBenchmark tests, int warmups, int blocks) throws Exception {
			for (int n = 0; n < warmups + blocks; n++) {
				tests.reset();
				for (int i = 0; i < TestSupportBenchmark.COUNT; i++) {
					Times without = tests.timePlain(this.count, i * this.count);
					if (n >= warmups) {
						this.plain.add(without.all());
					}
				}
				for (int i = 0; i < TestSupportBenchmark.COUNT; i++) {
					Times times = tests.timeCloned(this.count);
					if (n >= warmups) {
						this.waits.add(times.start());
						this.all.add(times.all());
					}
				}
			}
		}

		void print(PrintStream out) {
			CloneTimes.print(out, "waited for by a test of %d rows".formatted(this.count), MOST_MILLIS, this.waits);
			CloneTimes.print(out, "all of a test of %d rows".formatted(this.count), null, this.all);
			CloneTimes.print(out, "all of it without a database", null, this.plain);
		}

	}

	/**
	 * Databases one after the other with nothing beside, by the statements of the test
	 * support.
	 */
	private static final class Alone {

		private static final String NAME = Database.NAME + "_clone";

		private final List<Double> made = new ArrayList<>();

		private final List<Double> connected = new ArrayList<>();

		private final List<Double> dropped = new ArrayList<>();

		void run() throws SQLException {
			Database database = Database.current();
			String strategy = strategy(database);
			try (Connection connection = database.serverJdbc(); Statement statement = connection.createStatement()) {
				for (int n = 0; n < TestSupportBenchmark.COUNT * 2; n++) {
					long start = System.nanoTime();
					statement.execute("CREATE DATABASE " + NAME + " TEMPLATE " + Database.NAME + strategy);
					long made = System.nanoTime();
					database.jdbc(NAME).close();
					long connected = System.nanoTime();
					statement.execute("DROP DATABASE " + NAME + " WITH (FORCE)");
					this.dropped.add((System.nanoTime() - connected) / 1e6);
					this.connected.add((connected - made) / 1e6);
					this.made.add((made - start) / 1e6);
				}
			}
		}

		/**
		 * Return how the test support has this server copy databases.
		 */
		private static String strategy(Database database) {
			boolean files = "off".equals(database.value("SHOW fsync"))
					&& Integer.parseInt(database.value("SHOW server_version_num")) >= 150000;
			return files ? " STRATEGY FILE_COPY" : "";
		}

	}

}
