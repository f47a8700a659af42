package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.TimeUnit;

import io.trunkline.connection.PostgresConnections;
import io.trunkline.schema.SchemaCatalog;
import io.trunkline.schema.TableInfo;
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

	static final int TABLES = 1000;

	private static final int COLUMNS = 20;

	private final Database database = Database.current();

	private @Nullable R2dbcClient client;

	private @Nullable SchemaCatalog catalog;

	private @Nullable Connection jdbc;

	/**
	 * Make the tables unless an earlier fork has, and open the connections.
	 */
	@Setup
	public void open() {
		if (this.database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'catalog'").equals("0")) {
			// One transaction for each hundred tables: each takes locks.
			this.database.execute("CREATE SCHEMA catalog", "CREATE TABLE catalog.target (id int PRIMARY KEY)");
			for (int first = 0; first < TABLES; first += 100) {
				this.database.execute(
						"""
								DO $$ BEGIN FOR i IN %d..%d LOOP
								 EXECUTE format('CREATE TABLE catalog.t%%s (id bigint PRIMARY KEY, target int REFERENCES catalog.target,
								  %%s)', i, (SELECT string_agg(format('column_%%s %%s', c, CASE c %% 4 WHEN 0 THEN 'text NOT NULL'
								   WHEN 1 THEN 'numeric(10,2) DEFAULT 0' WHEN 2 THEN 'timestamptz DEFAULT now()' ELSE 'int[]' END), ', ')
								   FROM generate_series(3, %d) c));
								 EXECUTE format('CREATE INDEX ON catalog.t%%s (target)', i);
								END LOOP; END $$"""
							.formatted(first, first + 99, COLUMNS));
			}
			this.database.execute("VACUUM ANALYZE");
		}
		R2dbcClient opened = R2dbcClient.create(this.database, 1);
		this.client = opened;
		this.catalog = newCatalog(opened);
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

	private static SchemaCatalog newCatalog(R2dbcClient client) {
		return SchemaCatalog.builder(PostgresConnections.create(client.connectionFactory())).build();
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
		Integer columns = newCatalog(this.client).tables()
			.map(TableInfo::columns)
			.reduce(0, (sum, read) -> sum + read.size())
			.block();
		return checked((columns != null) ? columns : 0);
	}

	/**
	 * Read columns, keys and indexes of all tables with pgjdbc.
	 * @throws SQLException if the server refuses
	 */
	@Benchmark
	public int pgjdbcAll() throws SQLException {
		int columns = pgjdbcColumns();
		if (this.jdbc == null) {
			throw new IllegalStateException("Not open");
		}
		DatabaseMetaData metadata = this.jdbc.getMetaData();
		for (int i = 0; i < TABLES; i++) {
			drain(metadata.getPrimaryKeys(null, "catalog", "t" + i));
			drain(metadata.getImportedKeys(null, "catalog", "t" + i));
			drain(metadata.getIndexInfo(null, "catalog", "t" + i, false, true));
		}
		return columns;
	}

	private static void drain(ResultSet result) throws SQLException {
		try (result) {
			while (result.next()) {
				result.getString(1);
			}
		}
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
		int columns = 0;
		try (ResultSet result = this.jdbc.getMetaData().getColumns(null, "catalog", "%", "%")) {
			while (result.next()) {
				columns += (result.getString("COLUMN_NAME") != null) ? 1 : 0;
			}
		}
		return checked(columns);
	}

	private static int checked(int columns) {
		if (columns < TABLES * COLUMNS) {
			throw new IllegalStateException("Only " + columns + " columns were read");
		}
		return columns;
	}

}
