package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * Reads 1,000 tables once, as an application that starts does: nothing is compiled yet,
 * and the server has read nothing for this connection. Each time has a JVM of its own.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class FirstCatalogBenchmark {

	private final Database database = Database.current();

	private @Nullable R2dbcClient client;

	private @Nullable Connection jdbc;

	/**
	 * Make the tables unless an earlier fork has, and open the connections.
	 */
	@Setup
	public void open() {
		CatalogTables.create(this.database);
		this.client = R2dbcClient.create(this.database, 1);
		this.jdbc = this.database.jdbc();
	}

	/**
	 * Close the connections.
	 * @throws SQLException if the server does not let go
	 */
	@TearDown
	public void close() throws SQLException {
		if (this.client != null && this.jdbc != null) {
			this.client.close();
			this.jdbc.close();
		}
	}

	/**
	 * Read all tables.
	 */
	@Benchmark
	public int load() {
		if (this.client == null) {
			throw new IllegalStateException("Not open");
		}
		return CatalogTables.load(this.client);
	}

	/**
	 * Read columns, keys and indexes of all tables with pgjdbc.
	 * @throws SQLException if the server refuses
	 */
	@Benchmark
	public int pgjdbcAll() throws SQLException {
		if (this.jdbc == null) {
			throw new IllegalStateException("Not open");
		}
		return CatalogTables.load(this.jdbc);
	}

}
