package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import org.postgresql.PGConnection;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;

/**
 * The database that both sides of a comparison use. Its name is one that no other use of
 * the server has: between iterations all objects are deleted that were not made to be
 * read.
 */
final class Database {

	static final String NAME = "trunkline_benchmarks";

	/** Set for the forked JVMs by the one that started an embedded server. */
	static final String URL_PROPERTY = "trunkline.benchmarks.url";

	static final String URL_VARIABLE = "TRUNKLINE_TEST_URL";

	/** From here on, objects stay until the database is dropped. */
	static final long FIRST_KEPT_OID = 4_000_000_000L;

	/** One transaction must not take more locks than the server has by default. */
	private static final int DELETED_AT_ONCE = 1000;

	private final ConnectionFactoryOptions options;

	private Database(String url) {
		this.options = ConnectionFactoryOptions.parse(url);
	}

	static Database current() {
		String url = System.getProperty(URL_PROPERTY, System.getenv(URL_VARIABLE));
		if (url == null) {
			throw new IllegalStateException("Run " + Benchmarks.class.getName() + ", or set " + URL_VARIABLE);
		}
		return new Database(url);
	}

	/**
	 * Create the database, empty.
	 */
	void create() {
		drop();
		executeIn(serverDatabase(), "CREATE DATABASE " + NAME);
	}

	void drop() {
		executeIn(serverDatabase(), "DROP DATABASE IF EXISTS " + NAME + " WITH (FORCE)");
	}

	private String serverDatabase() {
		return (String) this.options.getRequiredValue(ConnectionFactoryOptions.DATABASE);
	}

	ConnectionFactory connectionFactory() {
		return ConnectionFactories.get(connectionOptions());
	}

	ConnectionFactoryOptions connectionOptions() {
		return this.options.mutate().option(ConnectionFactoryOptions.DATABASE, NAME).build();
	}

	/**
	 * Open a connection over JDBC that commits each statement.
	 */
	Connection jdbc() {
		return jdbc(NAME);
	}

	/**
	 * Open a connection over JDBC to another database of the server, for statements that
	 * nobody may be connected to this one for.
	 */
	Connection serverJdbc() {
		return jdbc(serverDatabase());
	}

	Connection jdbc(String database) {
		Object port = this.options.getValue(ConnectionFactoryOptions.PORT);
		try {
			return DriverManager.getConnection(
					"jdbc:postgresql://%s:%s/%s".formatted(this.options.getRequiredValue(ConnectionFactoryOptions.HOST),
							(port != null) ? port : 5432, database),
					(String) this.options.getRequiredValue(ConnectionFactoryOptions.USER),
					this.options.getRequiredValue(ConnectionFactoryOptions.PASSWORD).toString());
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Open a connection over JDBC that commits on demand, as the API for large objects
	 * wants it.
	 */
	Connection transactionalJdbc() {
		try {
			Connection connection = jdbc();
			connection.setAutoCommit(false);
			return connection;
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	void execute(String... sql) {
		executeIn(NAME, sql);
	}

	private void executeIn(String database, String... sql) {
		try (Connection connection = jdbc(database); Statement statement = connection.createStatement()) {
			for (String each : sql) {
				statement.execute(each);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Make an object to be read, unless an earlier fork has.
	 * @return the oid
	 */
	long keptObject(int size) {
		long oid = FIRST_KEPT_OID + size / Content.KIB;
		if (count(oid, oid) == 1) {
			return oid;
		}
		try (Connection connection = transactionalJdbc(); Statement statement = connection.createStatement()) {
			statement.execute("SELECT lo_create(" + oid + "::oid)");
			LargeObjectManager manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
			try (LargeObject object = manager.open(oid, LargeObjectManager.WRITE)) {
				for (int written = 0; written < size; written += Content.BLOCK.length) {
					object.write(Content.BLOCK, 0, Math.min(Content.BLOCK.length, size - written));
				}
			}
			connection.commit();
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		settle();
		return oid;
	}

	/**
	 * Make objects to be read, unless an earlier fork has.
	 * @return the oids
	 */
	List<Long> keptObjects(int count, int size) {
		long first = FIRST_KEPT_OID + 10_000_000;
		if (count(first, first + count - 1) != count) {
			try (Connection connection = jdbc();
					PreparedStatement statement = connection
						.prepareStatement("SELECT lo_from_bytea((? + n)::oid, ?) FROM generate_series(0, ?) n")) {
				for (int done = 0; done < count; done += DELETED_AT_ONCE) {
					statement.setLong(1, first + done);
					statement.setBytes(2, Content.bytes(size));
					statement.setInt(3, Math.min(DELETED_AT_ONCE, count - done) - 1);
					statement.execute();
				}
			}
			catch (SQLException ex) {
				throw new IllegalStateException(ex);
			}
			settle();
		}
		List<Long> oids = new ArrayList<>();
		for (int n = 0; n < count; n++) {
			oids.add(first + n);
		}
		return oids;
	}

	private long count(long first, long last) {
		return Long.parseLong(value("SELECT count(*) FROM pg_largeobject_metadata WHERE oid BETWEEN " + first + "::oid"
				+ " AND " + last + "::oid"));
	}

	String value(String sql) {
		try (Connection connection = jdbc();
				Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery(sql)) {
			result.next();
			return result.getString(1);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Delete what the last iteration has written and leave nothing of it for the next one
	 * to pay for: no dead rows, no dirty pages.
	 */
	void reset() {
		String delete = "SELECT count(lo_unlink(oid)) FROM (SELECT oid FROM pg_largeobject_metadata WHERE oid < "
				+ FIRST_KEPT_OID + "::oid LIMIT " + DELETED_AT_ONCE + ") o";
		while (!"0".equals(value(delete))) {
			continue;
		}
		settle();
	}

	private void settle() {
		execute("VACUUM pg_catalog.pg_largeobject, pg_catalog.pg_largeobject_metadata", "CHECKPOINT");
	}

}
