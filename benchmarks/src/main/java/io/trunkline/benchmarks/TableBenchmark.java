package io.trunkline.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.trunkline.table.TableManager;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.publisher.Mono;

import org.springframework.r2dbc.core.DatabaseClient;

/**
 * Many rows as maps, by the table manager, by a statement that is written by hand for a
 * {@link DatabaseClient}, by the driver's batch, and by Spring Data. The peers upsert a
 * tenth of the rows: they need as many round trips.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class TableBenchmark {

	static final int COUNT = 100_000;

	static final int PEER_COUNT = 10_000;

	private final Database database = Database.current();

	private final List<Measurement> rows = Measurement.list(COUNT);

	private final List<Map<String, Object>> maps = Measurement.maps(this.rows);

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final TableManager tables = TableManager.create(this.client.connectionFactory());

	private final DatabaseClient databaseClient = DatabaseClient.create(this.client.connectionFactory());

	private final SpringDataUpserts springData = new SpringDataUpserts(this.client, this.rows.subList(0, PEER_COUNT));

	/**
	 * Create the table.
	 */
	@Setup
	public void create() {
		this.database.execute(Measurement.createTable("keyed"), "ALTER TABLE keyed ADD PRIMARY KEY (id)");
	}

	/**
	 * Give it every second key and the first ones, and as many others.
	 */
	@Setup(Level.Iteration)
	public void reset() {
		this.database.execute("TRUNCATE keyed",
				"INSERT INTO keyed SELECT n, 'old', 0, now() FROM generate_series(0, " + (COUNT - 1)
						+ ") n WHERE n % 2 = 0 OR n < " + PEER_COUNT,
				"INSERT INTO keyed SELECT -n, 'other', 0, now() FROM generate_series(1, " + COUNT / 2 + ") n",
				"VACUUM ANALYZE keyed", "CHECKPOINT");
	}

	/**
	 * Close the connections.
	 */
	@TearDown
	public void close() {
		this.client.close();
		this.database.execute("DROP TABLE keyed");
	}

	/**
	 * Select many rows with the manager.
	 */
	@Benchmark
	public long trunklineMaps() {
		return checked(this.tables.select("keyed").all().count());
	}

	/**
	 * Select many rows with the client.
	 */
	@Benchmark
	public long clientMaps() {
		return checked(this.databaseClient.sql("SELECT " + Measurement.COLUMNS + " FROM keyed").fetch().all().count());
	}

	private static long checked(Mono<Long> rows) {
		Long count = rows.block();
		if (count == null || count < COUNT) {
			throw new IllegalStateException("Only " + count + " rows were read");
		}
		return count;
	}

	/**
	 * Upsert many rows with the manager.
	 */
	@Benchmark
	public void trunklineUpsert() {
		this.tables.upsert("keyed").rows(this.maps).execute().block();
	}

	/**
	 * Upsert a tenth of the rows with the driver's batch, in one transaction.
	 */
	@Benchmark
	public void driverBatch() {
		DriverBatch.upsert(this.client, "keyed", this.rows.subList(0, PEER_COUNT));
	}

	/**
	 * Update a tenth of the rows with a repository of Spring Data, in one transaction.
	 */
	@Benchmark
	public void saveAll() {
		this.springData.saveAll();
	}

}
