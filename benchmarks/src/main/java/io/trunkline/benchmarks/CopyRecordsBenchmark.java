package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.TimeUnit;

import de.bytefish.pgbulkinsert.PgBulkInsert;
import de.bytefish.pgbulkinsert.mapping.AbstractMapping;
import io.r2dbc.postgresql.api.PostgresqlStatement;
import io.trunkline.copy.BulkCopyService;
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
 * Loads a million Java records in one transaction. The server reading a file that is in
 * its own binary format already is the most that any client can reach.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class CopyRecordsBenchmark {

	static final int COUNT = 1_000_000;

	/**
	 * The driver's batch would take more than a minute for all of them.
	 */
	static final int BATCH_COUNT = 20_000;

	private static final int FEW = 10;

	private static final int COMPILING_LOADS = 3000;

	private final Database database = Database.current();

	private final List<Measurement> rows = Measurement.list(COUNT);

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final BulkCopyService bulkCopy = BulkCopyService.create(this.client.connectionFactory());

	private final Connection jdbc = this.database.transactionalJdbc();

	/**
	 * Let the server write its file.
	 */
	@Setup
	public void writeFile() {
		this.database.execute(Measurement.createTable("measurements"), Measurement.createTable("server_rows"),
				"TRUNCATE measurements, server_rows");
		this.bulkCopy.copyIn("server_rows").fromObjects(Flux.fromIterable(this.rows), Measurement.class).block();
		this.database.execute("COPY server_rows TO " + file() + " (FORMAT binary)");
	}

	/**
	 * Empty the table.
	 */
	@Setup(Level.Iteration)
	public void reset() {
		this.database.execute("TRUNCATE measurements", "CHECKPOINT");
	}

	/**
	 * Close the connections.
	 * @throws SQLException if the server does not let go
	 */
	@TearDown
	public void close() throws SQLException {
		this.client.close();
		this.jdbc.close();
		this.database.execute("DROP TABLE measurements, server_rows");
	}

	private String file() {
		return "'" + this.database.value("SHOW data_directory") + "/trunkline_measurements.bin'";
	}

	/**
	 * Load with the service.
	 */
	@Benchmark
	public void trunkline() {
		checked(trunkline(this.rows));
	}

	private long trunkline(List<Measurement> rows) {
		return this.bulkCopy.copyIn("measurements")
			.fromObjects(Flux.fromIterable(rows), Measurement.class)
			.blockOptional()
			.orElseThrow()
			.rows();
	}

	/**
	 * Load with PgBulkInsert over pgjdbc's CopyManager.
	 * @throws SQLException if the server refuses
	 */
	@Benchmark
	public void pgBulkInsert() throws SQLException {
		pgBulkInsert(this.rows);
	}

	private void pgBulkInsert(List<Measurement> rows) throws SQLException {
		new PgBulkInsert<>(new MeasurementMapping()).saveAll(this.jdbc.unwrap(PGConnection.class), rows);
		this.jdbc.commit();
	}

	/**
	 * Load a few rows many times, so that what begins and ends a load is compiled on both
	 * sides: a million rows each second would leave it interpreted.
	 */
	void compile() throws SQLException {
		List<Measurement> few = this.rows.subList(0, FEW);
		for (int n = 0; n < COMPILING_LOADS; n++) {
			trunkline(few);
			pgBulkInsert(few);
		}
	}

	/**
	 * Let the server read its own file.
	 * @throws SQLException if the server refuses
	 */
	@Benchmark
	public void serverFile() throws SQLException {
		try (Statement statement = this.jdbc.createStatement()) {
			checked(statement.executeUpdate("COPY measurements FROM " + file() + " (FORMAT binary)"));
		}
		this.jdbc.commit();
	}

	/**
	 * Load the first rows with the driver's batch.
	 */
	@Benchmark
	public void driverBatch() {
		this.client.inTransaction((connection) -> {
			PostgresqlStatement statement = connection
				.createStatement("INSERT INTO measurements (" + Measurement.COLUMNS + ") VALUES ($1, $2, $3, $4)");
			for (int n = 0; n < BATCH_COUNT; n++) {
				Measurement row = this.rows.get(n);
				if (n > 0) {
					statement.add();
				}
				statement.bind(0, row.id()).bind(1, row.name()).bind(2, row.value()).bind(3, row.takenAt());
			}
			return statement.execute().flatMap((result) -> result.getRowsUpdated());
		}).blockLast();
	}

	private static void checked(long rows) {
		if (rows != COUNT) {
			throw new IllegalStateException("Loaded " + rows + " rows");
		}
	}

	/**
	 * The same four columns for PgBulkInsert.
	 */
	private static final class MeasurementMapping extends AbstractMapping<Measurement> {

		MeasurementMapping() {
			super("public", "measurements");
			mapLong("id", Measurement::id);
			mapText("name", Measurement::name);
			mapDouble("value", Measurement::value);
			mapTimeStampTz("taken_at", (row) -> row.takenAt().atZone(ZoneOffset.UTC));
		}

	}

}
