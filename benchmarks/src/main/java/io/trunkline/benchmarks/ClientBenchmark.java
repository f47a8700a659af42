package io.trunkline.benchmarks;

import java.util.List;
import java.util.concurrent.TimeUnit;

import io.trunkline.client.PostgresClient;
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
import reactor.core.publisher.Mono;

import org.springframework.r2dbc.core.DatabaseClient;

/**
 * Reads 100,000 rows as maps, and inserts, updates and selects single rows, each in a
 * transaction of its own.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ClientBenchmark {

	static final int COUNT = 100_000;

	static final int SINGLE_COUNT = 1_000;

	private static final String SELECT = "SELECT " + Measurement.COLUMNS + " FROM queried";

	private static final String INSERT = "INSERT INTO single (id, name) VALUES (:id, :name)";

	private static final String UPDATE = "UPDATE single SET name = :name WHERE id = :id";

	private static final String READ = "SELECT name FROM single WHERE id = :id";

	private final Database database = Database.current();

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final PostgresClient postgresClient = PostgresClient.create(this.client.connectionFactory());

	private final DatabaseClient databaseClient = DatabaseClient.create(this.client.connectionFactory());

	/**
	 * Fill the table that is read.
	 */
	@Setup
	public void fill() {
		this.database.execute(Measurement.createTable("queried"), "TRUNCATE queried",
				"INSERT INTO queried SELECT n, 'name of row ' || n, n / 7.0, now() FROM generate_series(1, " + COUNT
						+ ") n",
				"CREATE TABLE IF NOT EXISTS single (id integer PRIMARY KEY, name text)", "VACUUM ANALYZE queried");
	}

	/**
	 * Empty the table that is written.
	 */
	@Setup(Level.Iteration)
	public void reset() {
		this.database.execute("TRUNCATE single", "CHECKPOINT");
	}

	/**
	 * Close the connections.
	 */
	@TearDown
	public void close() {
		this.client.close();
		this.database.execute("DROP TABLE queried", "DROP TABLE single");
	}

	/**
	 * Read with the client.
	 */
	@Benchmark
	public void trunklineMaps() {
		check(this.postgresClient.sql(SELECT).fetch(), COUNT);
	}

	/**
	 * Read with Spring's client.
	 */
	@Benchmark
	public void databaseClientMaps() {
		check(this.databaseClient.sql(SELECT).fetch().all().collectList(), COUNT);
	}

	/**
	 * Write and read single rows with the client.
	 */
	@Benchmark
	public void trunklineSingle() {
		check(Flux.range(0, SINGLE_COUNT)
			.concatMap((id) -> this.postgresClient.sql(INSERT)
				.bind("id", id)
				.bind("name", "first")
				.execute()
				.then(this.postgresClient.sql(UPDATE).bind("id", id).bind("name", "second").execute())
				.then(this.postgresClient.sql(READ).bind("id", id).fetchValue(String.class)))
			.collectList(), SINGLE_COUNT);
	}

	/**
	 * Write and read single rows with Spring's client.
	 */
	@Benchmark
	public void databaseClientSingle() {
		check(Flux.range(0, SINGLE_COUNT)
			.concatMap((id) -> this.databaseClient.sql(INSERT)
				.bind("id", id)
				.bind("name", "first")
				.fetch()
				.rowsUpdated()
				.then(this.databaseClient.sql(UPDATE).bind("id", id).bind("name", "second").fetch().rowsUpdated())
				.then(this.databaseClient.sql(READ).bind("id", id).mapValue(String.class).one()))
			.collectList(), SINGLE_COUNT);
	}

	private static <T> void check(Mono<List<T>> rows, int count) {
		List<T> read = rows.block();
		if (read == null || read.size() != count) {
			throw new IllegalStateException("Read other rows than " + count);
		}
	}

}
