package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

import io.trunkline.schema.SchemaCatalog;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Looks a known table up, and reads 1,000 tables of 20 columns each, with a key, an index
 * and a foreign key. The peer reads the columns of all tables in one call, then keys and
 * indexes table by table, as the metadata of pgjdbc have it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class SchemaCatalogBenchmark {

	static final int LOOK_UPS = 1_000_000;

	private final Database database = Database.current();

	private @Nullable R2dbcClient client;

	private @Nullable SchemaCatalog catalog;

	private @Nullable Connection jdbc;

	/**
	 * Make the tables unless an earlier fork has, and open the connections.
	 */
	@Setup
	public void open() {
		CatalogTables.create(this.database);
		R2dbcClient opened = R2dbcClient.create(this.database, 1);
		this.client = opened;
		this.catalog = CatalogTables.newCatalog(opened);
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
	 * Look a known table up, as often as a rate can be told from.
	 */
	@Benchmark
	public void lookUp(Blackhole blackhole) {
		SchemaCatalog known = this.catalog;
		if (known == null) {
			throw new IllegalStateException("Not open");
		}
		for (int i = 0; i < LOOK_UPS; i++) {
			blackhole.consume(known.table("catalog.t1").block());
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

	/**
	 * Read only the columns of all tables with pgjdbc.
	 * @throws SQLException if the server refuses
	 */
	@Benchmark
	public int pgjdbcColumns() throws SQLException {
		if (this.jdbc == null) {
			throw new IllegalStateException("Not open");
		}
		return CatalogTables.columns(this.jdbc);
	}

}
