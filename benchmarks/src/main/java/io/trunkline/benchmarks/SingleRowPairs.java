package io.trunkline.benchmarks;

import java.io.PrintStream;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

import io.trunkline.table.TableManager;
import reactor.core.publisher.Flux;

import org.springframework.r2dbc.core.DatabaseClient;

/**
 * Single rows as maps, by the table manager and by statements that are written by hand
 * for a {@link DatabaseClient}. They are inserted, updated and selected one after the
 * other, each in a transaction of its own.
 */
final class SingleRowPairs {

	private static final int COUNT = 2000;

	private static final int WARMUPS = 10;

	private static final int PAIRS = 20;

	private static final double GOAL = 0.9;

	private final Database database = Database.current();

	private final List<Measurement> rows = Measurement.list(COUNT);

	private final List<Map<String, Object>> maps = Measurement.maps(this.rows);

	private final R2dbcClient client = R2dbcClient.create(this.database, 1);

	private final TableManager tables = TableManager.create(this.client.connectionFactory());

	private final DatabaseClient databaseClient = DatabaseClient.create(this.client.connectionFactory());

	/**
	 * Compare, and print the ratios.
	 * @throws SQLException if the server refuses
	 */
	static void run(PrintStream out) throws SQLException {
		SingleRowPairs pairs = new SingleRowPairs();
		pairs.create();
		try {
			Pairs compared = new Pairs(WARMUPS, PAIRS, pairs::reset);
			compared.printHeader(out, "single rows ÷ DatabaseClient");
			compared.compare(out, "insert", GOAL, pairs::trunklineInsert, pairs::clientInsert);
			compared.compare(out, "update", GOAL, pairs::trunklineUpdate, pairs::clientUpdate);
			compared.compare(out, "select", GOAL, pairs::trunklineSelect, pairs::clientSelect);
		}
		finally {
			pairs.close();
		}
	}

	/**
	 * Create the tables.
	 */
	private void create() {
		this.database.execute(Measurement.createTable("keyed"), "ALTER TABLE keyed ADD PRIMARY KEY (id)",
				Measurement.createTable("added"), "ALTER TABLE added ADD PRIMARY KEY (id)");
	}

	/**
	 * Give one table all keys, and the other no rows.
	 */
	private void reset() {
		this.database.execute("TRUNCATE keyed, added",
				"INSERT INTO keyed SELECT n, 'old', 0, now() FROM generate_series(0, " + (COUNT - 1) + ") n",
				"VACUUM ANALYZE keyed");
	}

	/**
	 * Close the connections.
	 */
	private void close() {
		this.client.close();
		this.database.execute("DROP TABLE keyed, added");
	}

	/**
	 * Insert single rows with the manager.
	 */
	private void trunklineInsert() {
		Flux.fromIterable(this.maps).concatMap((row) -> this.tables.insert("added").row(row).execute()).blockLast();
	}

	/**
	 * Insert single rows with the client.
	 */
	private void clientInsert() {
		Flux.fromIterable(this.rows)
			.concatMap((row) -> this.databaseClient
				.sql("INSERT INTO added (" + Measurement.COLUMNS + ") VALUES ($1, $2, $3, $4)")
				.bind("$1", row.id())
				.bind("$2", row.name())
				.bind("$3", row.value())
				.bind("$4", row.takenAt())
				.fetch()
				.rowsUpdated())
			.blockLast();
	}

	/**
	 * Update single rows with the manager.
	 */
	private void trunklineUpdate() {
		Flux.range(0, COUNT)
			.concatMap((id) -> this.tables.update("keyed").where(Map.of("id", id)).set(Map.of("name", "new")).execute())
			.blockLast();
	}

	/**
	 * Update single rows with the client.
	 */
	private void clientUpdate() {
		Flux.range(0, COUNT)
			.concatMap((id) -> this.databaseClient.sql("UPDATE keyed SET name = $1 WHERE id = $2")
				.bind("$1", "new")
				.bind("$2", id.longValue())
				.fetch()
				.rowsUpdated())
			.blockLast();
	}

	/**
	 * Select single rows with the manager.
	 */
	private void trunklineSelect() {
		Flux.range(0, COUNT).concatMap((id) -> this.tables.select("keyed").where(Map.of("id", id)).one()).blockLast();
	}

	/**
	 * Select single rows with the client.
	 */
	private void clientSelect() {
		Flux.range(0, COUNT)
			.concatMap((id) -> this.databaseClient.sql("SELECT " + Measurement.COLUMNS + " FROM keyed WHERE id = $1")
				.bind("$1", id.longValue())
				.fetch()
				.one())
			.blockLast();
	}

}
