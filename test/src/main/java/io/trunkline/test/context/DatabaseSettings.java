package io.trunkline.test.context;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

import io.r2dbc.spi.R2dbcException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * What {@code ALTER DATABASE … SET} and {@code ALTER ROLE … IN DATABASE … SET} gave a
 * database, which a copy of it does not have: its {@code search_path}, for example.
 */
final class DatabaseSettings {

	static final DatabaseSettings NONE = new DatabaseSettings(List.of());

	/**
	 * A list of names is stored as it was written, with their quotes, and is written
	 * again as it is; what else there is becomes a string. That is how {@code pg_dump}
	 * does it.
	 */
	private static final String READ = """
			SELECT pg_catalog.format(
			           CASE setrole WHEN 0 THEN 'ALTER DATABASE %%1$I SET %1$I TO %2$s'
			           ELSE 'ALTER ROLE %3$s IN DATABASE %%1$I SET %1$I TO %2$s' END,
			           pg_catalog.split_part(setting, '=', 1),
			           pg_catalog.replace(
			               CASE WHEN pg_catalog.lower(pg_catalog.split_part(setting, '=', 1)) IN ('search_path',
			                   'temp_tablespaces', 'local_preload_libraries', 'session_preload_libraries')
			               AND pg_catalog.strpos(setting, '=') < pg_catalog.length(setting)
			               THEN pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1)
			               ELSE pg_catalog.quote_literal(
			                   pg_catalog.substr(setting, pg_catalog.strpos(setting, '=') + 1)) END,
			               '%', '%%'),
			           CASE setrole WHEN 0 THEN '' ELSE setrole::pg_catalog.regrole::text END)
			FROM pg_catalog.pg_db_role_setting s
			    JOIN pg_catalog.pg_database d ON d.oid = s.setdatabase,
			    pg_catalog.unnest(setconfig) AS setting
			WHERE datname = $1""";

	private static final Log logger = LogFactory.getLog(DatabaseSettings.class);

	private final List<String> statements;

	private DatabaseSettings(List<String> statements) {
		this.statements = new CopyOnWriteArrayList<>(statements);
	}

	static DatabaseSettings of(MaintenanceConnection connection, String database) {
		return new DatabaseSettings(connection.run(READ, database));
	}

	/**
	 * Give them to another database. A role may not be allowed to give it what somebody
	 * else gave the first one.
	 */
	void apply(MaintenanceConnection connection, String database) {
		for (String format : this.statements) {
			String statement = connection.run("SELECT pg_catalog.format($1, $2)", format, database).get(0);
			try {
				connection.run(statement);
			}
			catch (R2dbcException ex) {
				this.statements.remove(format);
				logger.warn("The databases of the tests are without a setting that their template has: " + statement,
						ex);
			}
		}
	}

}
