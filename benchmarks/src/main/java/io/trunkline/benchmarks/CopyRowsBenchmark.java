package io.trunkline.benchmarks;

import java.time.Instant;
import java.util.concurrent.TimeUnit;

import io.r2dbc.spi.Readable;
import io.trunkline.copy.BulkCopyService;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import reactor.core.publisher.Flux;

import org.springframework.r2dbc.core.DatabaseClient;

/**
 * Reads half a million rows as Java records.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class CopyRowsBenchmark {

	static final int COUNT = 500_000;

	private final Database database = Database.current();

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final BulkCopyService bulkCopy = BulkCopyService.create(this.client.connectionFactory());

	private final DatabaseClient databaseClient = DatabaseClient.create(this.client.connectionFactory());

	/**
	 * Fill the table.
	 */
	@Setup
	public void fill() {
		this.database.execute(Measurement.createTable("exported"), "TRUNCATE exported");
		this.bulkCopy.copyIn("exported")
			.fromObjects(Flux.fromIterable(Measurement.list(COUNT)), Measurement.class)
			.block();
	}

	/**
	 * Close the connections.
	 */
	@TearDown
	public void close() {
		this.client.close();
		this.database.execute("DROP TABLE exported");
	}

	/**
	 * Read with the service.
	 */
	@Benchmark
	public double trunkline() {
		return sum(this.bulkCopy.copyOut("exported").objects(Measurement.class));
	}

	/**
	 * Read with Spring's client and a mapper written by hand, its fastest way.
	 */
	@Benchmark
	public double databaseClient() {
		return sum(this.databaseClient.sql("SELECT " + Measurement.COLUMNS + " FROM exported")
			.map(CopyRowsBenchmark::measurement)
			.all());
	}

	private static Measurement measurement(Readable row) {
		return new Measurement(value(row.get(0, Long.class)), value(row.get(1, String.class)),
				value(row.get(2, Double.class)), value(row.get(3, Instant.class)));
	}

	private static <T> T value(@Nullable T value) {
		if (value == null) {
			throw new IllegalStateException("The columns are not nullable");
		}
		return value;
	}

	private static double sum(Flux<Measurement> rows) {
		long[] count = new long[1];
		Double sum = rows.doOnNext((row) -> count[0]++).map(Measurement::value).reduce(0.0, Double::sum).block();
		if (count[0] != COUNT || sum == null) {
			throw new IllegalStateException("Read " + count[0] + " rows");
		}
		return sum;
	}

}
