package io.trunkline.benchmarks;

import java.util.List;

import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.api.PostgresqlStatement;

/**
 * The peer of upserts: a statement of the driver with many bindings, which it sends one
 * after the other.
 */
final class DriverBatch {

	private DriverBatch() {
	}

	/**
	 * Upsert rows by their key, in one transaction.
	 */
	static void upsert(R2dbcClient client, String table, List<Measurement> rows) {
		client.inTransaction((connection) -> {
			PostgresqlStatement statement = connection
				.createStatement("INSERT INTO " + table + " (" + Measurement.COLUMNS
						+ ") VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET name = excluded.name,"
						+ " value = excluded.value, taken_at = excluded.taken_at");
			for (int n = 0; n < rows.size(); n++) {
				if (n > 0) {
					statement.add();
				}
				Measurement row = rows.get(n);
				statement.bind(0, row.id()).bind(1, row.name()).bind(2, row.value()).bind(3, row.takenAt());
			}
			return statement.execute().flatMap(PostgresqlResult::getRowsUpdated);
		}).blockLast();
	}

}
