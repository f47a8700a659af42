package io.trunkline.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.CopyFormat;
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
import org.postgresql.PGConnection;
import reactor.core.publisher.Flux;

/**
 * A CSV file of a million rows into a table, and a table into a CSV file.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class CopyFileBenchmark {

	static final int COUNT = 1_000_000;

	private final Database database = Database.current();

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final BulkCopyService bulkCopy = BulkCopyService.create(this.client.connectionFactory());

	private final Connection jdbc = this.database.transactionalJdbc();

	private @Nullable Path directory;

	/**
	 * Write the file that is loaded.
	 * @throws IOException if there is no room for it
	 */
	@Setup
	public void writeFile() throws IOException {
		this.directory = Files.createTempDirectory("trunkline-benchmarks");
		this.database.execute(Measurement.createTable("measurements"), Measurement.createTable("exported"),
				"TRUNCATE measurements, exported");
		this.bulkCopy.copyIn("exported")
			.fromObjects(Flux.fromIterable(Measurement.list(COUNT)), Measurement.class)
			.block();
		this.bulkCopy.copyOut("exported").format(CopyFormat.csv()).to(file("loaded.csv")).block();
	}

	/**
	 * Empty the table.
	 */
	@Setup(Level.Iteration)
	public void reset() {
		this.database.execute("TRUNCATE measurements", "CHECKPOINT");
	}

	/**
	 * Close the connections and delete the files.
	 * @throws SQLException if the server does not let go
	 * @throws IOException if a file cannot be deleted
	 */
	@TearDown
	public void close() throws SQLException, IOException {
		this.client.close();
		this.jdbc.close();
		this.database.execute("DROP TABLE measurements, exported");
		Files.deleteIfExists(file("loaded.csv"));
		Files.deleteIfExists(file("exported.csv"));
		Files.deleteIfExists(file(""));
	}

	private Path file(String name) {
		if (this.directory == null) {
			throw new IllegalStateException("Not set up");
		}
		return this.directory.resolve(name);
	}

	/**
	 * Load with the service.
	 */
	@Benchmark
	public void trunklineIn() {
		checked(this.bulkCopy.copyIn("measurements")
			.format(CopyFormat.csv())
			.from(file("loaded.csv"))
			.blockOptional()
			.orElseThrow()
			.rows());
	}

	/**
	 * Load with pgjdbc's CopyManager.
	 * @throws SQLException if the server refuses
	 * @throws IOException if the file cannot be read
	 */
	@Benchmark
	public void pgjdbcIn() throws SQLException, IOException {
		try (InputStream source = Files.newInputStream(file("loaded.csv"))) {
			checked(this.jdbc.unwrap(PGConnection.class)
				.getCopyAPI()
				.copyIn("COPY measurements FROM STDIN (FORMAT csv)", source));
		}
		this.jdbc.commit();
	}

	/**
	 * Export with the service.
	 */
	@Benchmark
	public void trunklineOut() {
		checked(this.bulkCopy.copyOut("exported")
			.format(CopyFormat.csv())
			.to(file("exported.csv"))
			.blockOptional()
			.orElseThrow()
			.rows());
	}

	/**
	 * Export with pgjdbc's CopyManager.
	 * @throws SQLException if the server refuses
	 * @throws IOException if the file cannot be written
	 */
	@Benchmark
	public void pgjdbcOut() throws SQLException, IOException {
		try (OutputStream target = Files.newOutputStream(file("exported.csv"))) {
			checked(this.jdbc.unwrap(PGConnection.class)
				.getCopyAPI()
				.copyOut("COPY exported TO STDOUT (FORMAT csv)", target));
		}
		this.jdbc.commit();
	}

	private static void checked(long rows) {
		if (rows != COUNT) {
			throw new IllegalStateException("Copied " + rows + " rows");
		}
	}

}
