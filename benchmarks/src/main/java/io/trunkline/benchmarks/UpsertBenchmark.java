package io.trunkline.benchmarks;

import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.Merge;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.publisher.Flux;

/**
 * Upserts maps by key in one transaction, into a table that has half of the keys. The
 * peers get a tenth of the rows: they need as many round trips.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class UpsertBenchmark {

	static final int COUNT = 100_000;

	static final int PEER_COUNT = 10_000;

	private final Database database = Database.current();

	private final List<Measurement> rows = Measurement.list(COUNT);

	private final List<Map<String, Object>> maps = Measurement.maps(this.rows);

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final BulkCopyService bulkCopy = BulkCopyService.create(this.client.connectionFactory());

	private final SpringDataUpserts springData = new SpringDataUpserts(this.client, this.rows.subList(0, PEER_COUNT));

	/**
	 * Create the table.
	 */
	@Setup
	public void create() {
		this.database.execute(Measurement.createTable("keyed"), "ALTER TABLE keyed ADD PRIMARY KEY (id)");
	}

	/**
	 * Give the table every second key, and all of those that are saved, which Spring Data
	 * takes for rows that are there.
	 */
	@Setup(Level.Iteration)
	public void reset() {
		this.database.execute("TRUNCATE keyed", "INSERT INTO keyed SELECT n, 'old', 0, now() FROM generate_series(0, "
				+ (COUNT - 1) + ") n WHERE n % 2 = 0 OR n < " + PEER_COUNT, "VACUUM ANALYZE keyed", "CHECKPOINT");
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
	 * Stage and merge with the service.
	 */
	@Benchmark
	public void trunkline() {
		this.bulkCopy.load("keyed").merge(Merge.update("id")).fromMaps(Flux.fromIterable(this.maps)).block();
	}

	/**
	 * Upsert with the driver's batch.
	 */
	@Benchmark
	public void driverBatch() {
		DriverBatch.upsert(this.client, "keyed", this.rows.subList(0, PEER_COUNT));
	}

	/**
	 * Update with a repository of Spring Data.
	 */
	@Benchmark
	public void saveAll() {
		this.springData.saveAll();
	}

}
