package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;

import io.trunkline.connection.PostgresConnections;
import io.trunkline.schema.SchemaCatalog;
import io.trunkline.schema.TableInfo;

/**
 * 1,000 tables of 20 columns each, with a key, an index and a foreign key.
 */
final class CatalogTables {

	static final int COUNT = 1000;

	private static final int COLUMNS = 20;

	private CatalogTables() {
	}

	/**
	 * Make the tables unless an earlier fork has. One transaction for each hundred: each
	 * takes locks.
	 */
	static void create(Database database) {
		if (!database.value("SELECT count(*) FROM pg_namespace WHERE nspname = 'catalog'").equals("0")) {
			return;
		}
		database.execute("CREATE SCHEMA catalog", "CREATE TABLE catalog.target (id int PRIMARY KEY)");
		for (int first = 0; first < COUNT; first += 100) {
			database.execute(
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
		database.execute("VACUUM ANALYZE");
	}

	static SchemaCatalog newCatalog(R2dbcClient client) {
		return SchemaCatalog.builder(PostgresConnections.create(client.connectionFactory())).build();
	}

	/**
	 * Read all tables by a catalogue that knows none.
	 */
	static int load(R2dbcClient client) {
		Integer columns = newCatalog(client).tables()
			.map(TableInfo::columns)
			.reduce(0, (sum, read) -> sum + read.size())
			.block();
		return checked((columns != null) ? columns : 0);
	}

	/**
	 * Read columns, keys and indexes of all tables with pgjdbc.
	 */
	static int load(Connection jdbc) throws SQLException {
		int columns = columns(jdbc);
		DatabaseMetaData metadata = jdbc.getMetaData();
		for (int i = 0; i < COUNT; i++) {
			drain(metadata.getPrimaryKeys(null, "catalog", "t" + i));
			drain(metadata.getImportedKeys(null, "catalog", "t" + i));
			drain(metadata.getIndexInfo(null, "catalog", "t" + i, false, true));
		}
		return columns;
	}

	/**
	 * Read only the columns of all tables with pgjdbc.
	 */
	static int columns(Connection jdbc) throws SQLException {
		int columns = 0;
		try (ResultSet result = jdbc.getMetaData().getColumns(null, "catalog", "%", "%")) {
			while (result.next()) {
				columns += (result.getString("COLUMN_NAME") != null) ? 1 : 0;
			}
		}
		return checked(columns);
	}

	private static void drain(ResultSet result) throws SQLException {
		try (result) {
			while (result.next()) {
				result.getString(1);
			}
		}
	}

	private static int checked(int columns) {
		if (columns < COUNT * COLUMNS) {
			throw new IllegalStateException("Only " + columns + " columns were read");
		}
		return columns;
	}

}
