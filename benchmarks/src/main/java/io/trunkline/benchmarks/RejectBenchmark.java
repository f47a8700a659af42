package io.trunkline.benchmarks;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.CopyFormat;
import io.trunkline.copy.LoadReport;
import io.trunkline.copy.Rejects;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Loads a CSV file of a million lines into a table with a key and a check: a clean one as
 * it is loaded where nothing is rejected, and one with every hundredth line bad.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class RejectBenchmark {

	static final int COUNT = 1_000_000;

	private static final int BAD = COUNT / 100;

	private final Database database = Database.current();

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final BulkCopyService bulkCopy = BulkCopyService.create(this.client.connectionFactory());

	private @Nullable Path directory;

	/**
	 * Write the files.
	 * @throws IOException if there is no room for them
	 */
	@Setup
	public void writeFiles() throws IOException {
		this.directory = Files.createTempDirectory("trunkline-benchmarks");
		List<Measurement> rows = Measurement.list(COUNT);
		write(rows, file("clean.csv"), false);
		write(rows, file("bad.csv"), true);
		this.database.execute(Measurement.createTable("checked"), "ALTER TABLE checked ADD PRIMARY KEY (id)",
				"ALTER TABLE checked ADD CHECK (value > -1e30)");
	}

	private static void write(List<Measurement> rows, Path target, boolean bad) throws IOException {
		try (BufferedWriter writer = Files.newBufferedWriter(target)) {
			int n = 0;
			for (Measurement row : rows) {
				n++;
				String id = (bad && n % 100 == 0) ? badId(n / 100) : Long.toString(row.id());
				writer.write(id + "," + row.name() + "," + row.value() + "," + row.takenAt() + "\n");
			}
		}
	}

	/**
	 * No number, none at all, one that is there already, one that is too large.
	 */
	private static String badId(int n) {
		return switch (n % 4) {
			case 0 -> "x";
			case 1 -> "";
			case 2 -> "1";
			default -> "92233720368547758070";
		};
	}

	/**
	 * Empty the table.
	 */
	@Setup(Level.Iteration)
	public void reset() {
		this.database.execute("TRUNCATE checked", "CHECKPOINT");
	}

	/**
	 * Close the connections and delete the files.
	 * @throws IOException if a file cannot be deleted
	 */
	@TearDown
	public void close() throws IOException {
		this.client.close();
		this.database.execute("DROP TABLE checked");
		Files.deleteIfExists(file("clean.csv"));
		Files.deleteIfExists(file("bad.csv"));
		Files.deleteIfExists(file(""));
	}

	private Path file(String name) {
		if (this.directory == null) {
			throw new IllegalStateException("Not set up");
		}
		return this.directory.resolve(name);
	}

	/**
	 * Load the clean file, where the first bad line would stop the load.
	 */
	@Benchmark
	public void none() {
		checked(this.bulkCopy.load("checked").format(CopyFormat.csv()).from(file("clean.csv")).block(), 0);
	}

	/**
	 * Load the file with bad lines, and reject those.
	 */
	@Benchmark
	public void oneInAHundred() {
		checked(this.bulkCopy.load("checked")
			.format(CopyFormat.csv())
			.reject(Rejects.upTo(BAD))
			.from(file("bad.csv"))
			.block(), BAD);
	}

	private static void checked(@Nullable LoadReport report, long rejected) {
		if (report == null || report.rejected() != rejected || report.inserted() != COUNT - rejected) {
			throw new IllegalStateException("Loaded " + report);
		}
	}

}
