package io.trunkline.embedded.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.embedded.EmbeddedPostgresServer;
import org.jspecify.annotations.Nullable;

/**
 * The PostgreSQL server that all tests of a JVM share. It is the one that the environment
 * variable {@code TRUNKLINE_TEST_URL} names
 * ({@code r2dbc:postgresql://user:password@host:port/database}, a superuser), or else an
 * embedded one that starts with the first call of {@link #get()}.
 * <p>
 * Tests share its databases as well: use {@link #createDatabase()} for anything that must
 * not meet the traces of other tests.
 *
 * @since 0.1.0
 */
public final class PostgresTestServer {

	private static final String URL_VARIABLE = "TRUNKLINE_TEST_URL";

	private static @Nullable PostgresTestServer instance;

	private final AtomicInteger names = new AtomicInteger();

	private final boolean external;

	private final String host;

	private final int port;

	private final String user;

	private final String password;

	private final String database;

	private final int majorVersion;

	private PostgresTestServer(boolean external, String host, int port, String user, String password, String database) {
		this.external = external;
		this.host = host;
		this.port = port;
		this.user = user;
		this.password = password;
		this.database = database;
		this.majorVersion = queryMajorVersion();
	}

	/**
	 * Return the server of this JVM, started when it was not yet.
	 * @return the running server
	 */
	public static synchronized PostgresTestServer get() {
		if (instance == null) {
			String url = System.getenv(URL_VARIABLE);
			instance = (url != null && !url.isBlank()) ? external(url) : embedded();
		}
		return instance;
	}

	private static PostgresTestServer external(String url) {
		ConnectionFactoryOptions options = ConnectionFactoryOptions.parse(url);
		Object port = options.getValue(ConnectionFactoryOptions.PORT);
		return new PostgresTestServer(true, (String) options.getRequiredValue(ConnectionFactoryOptions.HOST),
				(port != null) ? (Integer) port : 5432,
				(String) options.getRequiredValue(ConnectionFactoryOptions.USER),
				options.getRequiredValue(ConnectionFactoryOptions.PASSWORD).toString(),
				(String) options.getRequiredValue(ConnectionFactoryOptions.DATABASE));
	}

	private static PostgresTestServer embedded() {
		EmbeddedPostgresServer server = EmbeddedPostgresServer.builder()
			.inMemory(true)
			.setting("max_connections", "200")
			.start();
		return new PostgresTestServer(false, server.getHost(), server.getPort(), server.getUsername(),
				server.getPassword(), server.getDatabase());
	}

	private int queryMajorVersion() {
		try (Connection connection = jdbc(); Statement statement = connection.createStatement()) {
			ResultSet result = statement.executeQuery("SHOW server_version_num");
			result.next();
			return result.getInt(1) / 10000;
		}
		catch (SQLException ex) {
			throw new IllegalStateException("No answer from the test server " + jdbcUrl(), ex);
		}
	}

	/**
	 * Whether the server was given from outside, so that it cannot be restarted.
	 * @return {@code true} for a server named by {@code TRUNKLINE_TEST_URL}
	 */
	public boolean isExternal() {
		return this.external;
	}

	public int majorVersion() {
		return this.majorVersion;
	}

	public String host() {
		return this.host;
	}

	public int port() {
		return this.port;
	}

	public String user() {
		return this.user;
	}

	public String password() {
		return this.password;
	}

	public String database() {
		return this.database;
	}

	/**
	 * Return the R2DBC URL of the default database, without credentials.
	 * @return the URL
	 */
	public String r2dbcUrl() {
		return r2dbcUrl(this.database);
	}

	public String r2dbcUrl(String database) {
		return "r2dbc:postgresql://%s:%d/%s".formatted(this.host, this.port, database);
	}

	/**
	 * Return the JDBC URL of the default database, without credentials.
	 * @return the URL
	 */
	public String jdbcUrl() {
		return jdbcUrl(this.database);
	}

	public String jdbcUrl(String database) {
		return "jdbc:postgresql://%s:%d/%s".formatted(this.host, this.port, database);
	}

	/**
	 * Return driver options for the superuser and the default database.
	 * @return the options
	 */
	public ConnectionFactoryOptions options() {
		return options(this.user, this.password, this.database);
	}

	public ConnectionFactoryOptions options(String user, String password, String database) {
		return ConnectionFactoryOptions.parse(r2dbcUrl(database))
			.mutate()
			.option(ConnectionFactoryOptions.USER, user)
			.option(ConnectionFactoryOptions.PASSWORD, password)
			.build();
	}

	/**
	 * Return the driver's own factory, without a pool, for the superuser and the default
	 * database.
	 * @return a new factory
	 */
	public ConnectionFactory connectionFactory() {
		return ConnectionFactories.get(options());
	}

	/**
	 * Return the driver's own factory for another user and the default database.
	 * @param user the role, for example from {@link #createRole(String)}
	 * @param password its password
	 * @return a new factory
	 */
	public ConnectionFactory connectionFactory(String user, String password) {
		return ConnectionFactories.get(options(user, password, this.database));
	}

	/**
	 * Return the driver's own factory for the superuser and another database.
	 * @param database the database, for example from {@link #createDatabase()}
	 * @return a new factory
	 */
	public ConnectionFactory connectionFactoryFor(String database) {
		return ConnectionFactories.get(options(this.user, this.password, database));
	}

	/**
	 * Open a JDBC connection to the default database as superuser.
	 * @return a new connection, to be closed by the caller
	 * @throws SQLException if the server refuses it
	 */
	public Connection jdbc() throws SQLException {
		return jdbc(this.database);
	}

	public Connection jdbc(String database) throws SQLException {
		return DriverManager.getConnection(jdbcUrl(database), this.user, this.password);
	}

	/**
	 * Run statements over JDBC in the default database as superuser, each in its own
	 * transaction.
	 * @param sql the statements
	 */
	public void execute(String... sql) {
		executeIn(this.database, sql);
	}

	/**
	 * Run statements over JDBC in another database as superuser, each in its own
	 * transaction.
	 * @param database the database
	 * @param sql the statements
	 */
	public void executeIn(String database, String... sql) {
		try (Connection connection = jdbc(database); Statement statement = connection.createStatement()) {
			for (String each : sql) {
				statement.execute(each);
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex.getMessage(), ex);
		}
	}

	/**
	 * Create a role that may log in and is no superuser.
	 * @param password its password
	 * @return its name, which no other role has
	 */
	public String createRole(String password) {
		String name = newName("role");
		execute("CREATE ROLE %s LOGIN NOSUPERUSER PASSWORD '%s'".formatted(name, password.replace("'", "''")));
		return name;
	}

	/**
	 * Drop a role with everything it owns in the default database.
	 * @param name the role
	 */
	public void dropRole(String name) {
		execute("DROP OWNED BY " + name + " CASCADE", "DROP ROLE " + name);
	}

	/**
	 * Create an empty database.
	 * @return its name, which no other database has
	 */
	public String createDatabase() {
		String name = newName("db");
		execute("CREATE DATABASE " + name + " TEMPLATE template0");
		return name;
	}

	/**
	 * Drop a database, with the connections to it.
	 * @param name the database
	 */
	public void dropDatabase(String name) {
		execute("DROP DATABASE IF EXISTS " + name + " WITH (FORCE)");
	}

	private String newName(String kind) {
		// Several JVMs can share an external server.
		return "trunkline_%s_%d_%d".formatted(kind, ProcessHandle.current().pid(), this.names.incrementAndGet())
			.toLowerCase(Locale.ROOT);
	}

	@Override
	public String toString() {
		return (this.external ? "external" : "embedded") + " PostgreSQL " + this.majorVersion + " at " + r2dbcUrl();
	}

}
