package io.trunkline.embedded;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

import io.trunkline.embedded.EmbeddedPostgresException.Reason;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * Run a real PostgreSQL server from binaries on the class path, for development and
 * tests. It listens on {@code 127.0.0.1} only, and asks for a password.
 * <p>
 * Without a data directory the server works on a temporary one, which {@link #close()}
 * deletes. A given data directory keeps its data; it may be one that already exists.
 * Either way {@link #stop()} followed by {@link #start()} finds the same data on the same
 * port.
 * <p>
 * The server does not outlive its JVM: on Linux and macOS a small process waits for the
 * end of the JVM, even by SIGKILL, and then stops the server and deletes a temporary data
 * directory. What survives nevertheless, such as after a loss of power, is stopped and
 * deleted when the next server starts for the same user.
 * <p>
 * Methods may be called from any thread; they block.
 *
 * @since 0.1.0
 */
public final class EmbeddedPostgresServer implements AutoCloseable {

	/**
	 * The address that the server listens on.
	 */
	public static final String HOST = "127.0.0.1";

	private static final Logger logger = LoggerFactory.getLogger(EmbeddedPostgresServer.class);

	private final ServerOptions options;

	private final Platform platform = Platform.current();

	private final Cluster cluster;

	private final ServerProcess process;

	private @Nullable PostgresBinaries binaries;

	private @Nullable Thread shutdownHook;

	private int port;

	private boolean closed;

	private EmbeddedPostgresServer(ServerOptions options) {
		this.options = options;
		this.cluster = new Cluster(options, this.platform);
		this.process = new ServerProcess(options, this.platform, this.cluster);
		this.port = options.port();
	}

	/**
	 * Return a builder with the defaults: any major version, a temporary data directory,
	 * a free port, and the database, user and password {@code postgres}.
	 * @return a new builder
	 */
	public static Builder builder() {
		return new Builder();
	}

	/**
	 * Start the server and wait until it accepts connections; does nothing when it runs.
	 * The first start unpacks the binaries, which takes some seconds once per user and
	 * version.
	 * @return this server
	 * @throws EmbeddedPostgresException if it cannot be started
	 * @throws IllegalStateException if it was closed
	 */
	public synchronized EmbeddedPostgresServer start() {
		if (this.closed) {
			throw new IllegalStateException("The server was closed; build another one");
		}
		if (isRunning()) {
			return this;
		}
		long begin = System.nanoTime();
		boolean started = false;
		boolean fresh = !this.cluster.isTemporary();
		try {
			// What a crashed server left over.
			this.process.release();
			PostgresBinaries programs = prepare();
			this.port = this.process.start(programs, this.port);
			connectOnce();
			started = true;
			logger.info("PostgreSQL {} runs at {} as user '{}' (started in {} ms)", programs.version(), getR2dbcUrl(),
					getUsername(), TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - begin));
			return this;
		}
		catch (IOException ex) {
			throw new EmbeddedPostgresException(Reason.START_FAILED,
					"The embedded PostgreSQL server could not be started: " + ex.getMessage(),
					"Look at the cause, or set 'spring.r2dbc.url' to use another server.", ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new EmbeddedPostgresException(Reason.START_FAILED, "Interrupted during the start of PostgreSQL",
					"Start it again.", ex);
		}
		finally {
			if (!started) {
				abandon(fresh);
			}
		}
	}

	private PostgresBinaries prepare() throws IOException {
		PostgresBinaries programs = this.binaries;
		if (programs == null || !Files.isExecutable(Path.of(programs.program("postgres")))) {
			programs = PostgresBinaries.resolve(this.platform, Workspace.temporary());
			this.binaries = programs;
		}
		Integer version = this.options.version();
		if (version != null) {
			programs.requireMajor(version);
		}
		this.cluster.prepare(programs);
		if (this.options.shutdownHook() && this.shutdownHook == null) {
			this.shutdownHook = new Thread(this::close, "trunkline-postgres-shutdown");
			Runtime.getRuntime().addShutdownHook(this.shutdownHook);
		}
		return programs;
	}

	/**
	 * Try the credentials and create the database where it is missing: a given data
	 * directory may know others.
	 */
	private void connectOnce() {
		try {
			connect(this.options.database()).close();
			return;
		}
		catch (SQLException ex) {
			if (!"3D000".equals(ex.getSQLState())) {
				throw refused(ex);
			}
		}
		try (Connection connection = connect("template1"); Statement statement = connection.createStatement()) {
			statement.execute("CREATE DATABASE \"" + this.options.database().replace("\"", "\"\"") + "\"");
		}
		catch (SQLException ex) {
			throw refused(ex);
		}
	}

	private Connection connect(String database) throws SQLException {
		Properties properties = new Properties();
		properties.setProperty("user", this.options.username());
		properties.setProperty("password", this.options.password());
		properties.setProperty("connectTimeout", "10");
		try {
			// The driver manager only finds what the application's own loader sees.
			Class.forName("org.postgresql.Driver");
		}
		catch (ClassNotFoundException ex) {
			throw new IllegalStateException("org.postgresql:postgresql is not on the class path", ex);
		}
		return DriverManager.getConnection(jdbcUrl(database), properties);
	}

	private EmbeddedPostgresException refused(SQLException ex) {
		String state = (ex.getSQLState() != null) ? ex.getSQLState() : "";
		if (state.startsWith("28")) {
			return new EmbeddedPostgresException(Reason.CREDENTIALS,
					"The data directory %s was created with another user name or password: %s"
						.formatted(getDataDirectory(), ex.getMessage()),
					"Give the user name and password that it was created with, or delete it if nobody needs its data.",
					ex);
		}
		return new EmbeddedPostgresException(Reason.START_FAILED,
				"The embedded PostgreSQL server runs but refuses connections: " + ex.getMessage(),
				"Check the settings given to it.", ex);
	}

	/**
	 * Stop the server, ending its connections, and keep its data and port for the next
	 * {@link #start()}; does nothing when it does not run.
	 */
	public synchronized void stop() {
		stop("fast");
		this.cluster.unlock();
	}

	private void stop(String mode) {
		try {
			PostgresBinaries programs = this.binaries;
			if (programs != null) {
				this.process.stop(programs, mode);
			}
			this.process.release();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("The embedded PostgreSQL server could not be stopped", ex);
		}
	}

	/**
	 * Stop the server and start it again, on the same data and port. Its connections end.
	 */
	public synchronized void restart() {
		stop();
		start();
	}

	/**
	 * Stop the server for good, and delete its data directory if that is a temporary one;
	 * does nothing the second time.
	 */
	@Override
	public synchronized void close() {
		if (this.closed) {
			return;
		}
		this.closed = true;
		abandon(true);
		Thread hook = this.shutdownHook;
		if (hook != null && Thread.currentThread() != hook) {
			try {
				Runtime.getRuntime().removeShutdownHook(hook);
			}
			catch (IllegalStateException ex) {
				// The JVM is about to end; the hook finds the server closed.
			}
		}
	}

	private void abandon(boolean delete) {
		try {
			stop((delete && this.cluster.isTemporary()) ? "immediate" : "fast");
			if (delete) {
				this.cluster.delete();
			}
		}
		catch (IOException | UncheckedIOException ex) {
			// The next start of any server deletes what is left.
			logger.debug("The data directory {} could not be deleted", this.cluster.dataDirectory(), ex);
		}
		finally {
			this.cluster.unlock();
		}
	}

	/**
	 * Whether the server's process is there.
	 * @return {@code true} if it is
	 */
	public synchronized boolean isRunning() {
		return this.process.isRunning();
	}

	/**
	 * Return the address to connect to.
	 * @return the host
	 */
	public String getHost() {
		return HOST;
	}

	/**
	 * Return the port, which is the same after a restart.
	 * @return the port
	 * @throws IllegalStateException if any free port is to be taken and the server was
	 * not started yet
	 */
	public synchronized int getPort() {
		if (this.port == 0) {
			throw new IllegalStateException("The server was not started yet, so its port is not known");
		}
		return this.port;
	}

	/**
	 * Return the superuser's name.
	 * @return the user name
	 */
	public String getUsername() {
		return this.options.username();
	}

	/**
	 * Return the superuser's password.
	 * @return the password
	 */
	public String getPassword() {
		return this.options.password();
	}

	/**
	 * Return the name of the database that is there after the start.
	 * @return the database
	 */
	public String getDatabase() {
		return this.options.database();
	}

	/**
	 * Return where the server keeps its data.
	 * @return the data directory
	 * @throws IllegalStateException if it is temporary and the server was not started yet
	 */
	public synchronized Path getDataDirectory() {
		Path data = this.cluster.dataDirectory();
		if (data == null) {
			throw new IllegalStateException("The server was not started yet, so its data directory is not known");
		}
		return data;
	}

	/**
	 * Return the server's version, such as {@code 18.6}.
	 * @return the version
	 * @throws IllegalStateException if the server was not started yet
	 */
	public synchronized String getVersion() {
		if (this.binaries == null) {
			throw new IllegalStateException("The server was not started yet, so its version is not known");
		}
		return this.binaries.version();
	}

	/**
	 * Return the URL for R2DBC, without user name and password.
	 * @return the URL
	 */
	public String getR2dbcUrl() {
		return "r2dbc:postgresql://%s:%d/%s".formatted(HOST, getPort(), encode(this.options.database()));
	}

	/**
	 * Return the URL for JDBC, without user name and password.
	 * @return the URL
	 */
	public String getJdbcUrl() {
		return jdbcUrl(this.options.database());
	}

	private String jdbcUrl(String database) {
		return "jdbc:postgresql://%s:%d/%s".formatted(HOST, getPort(), encode(database));
	}

	private static String encode(String database) {
		return URLEncoder.encode(database, StandardCharsets.UTF_8).replace("+", "%20");
	}

	@Override
	public String toString() {
		return "EmbeddedPostgresServer on port " + this.port;
	}

	/**
	 * Builds an {@link EmbeddedPostgresServer}.
	 */
	public static final class Builder {

		private static final Pattern SETTING = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*(\\.[A-Za-z_][A-Za-z0-9_]*)?");

		private final Map<String, String> settings = new LinkedHashMap<>();

		private @Nullable Integer version;

		private @Nullable Path dataDirectory;

		private boolean inMemory;

		private int port;

		private String database = "postgres";

		private String username = "postgres";

		private String password = "postgres";

		private Level logLevel = Level.DEBUG;

		private Duration startTimeout = Duration.ofSeconds(60);

		private boolean shutdownHook = true;

		private Builder() {
		}

		/**
		 * Expect a major version. Only one set of binaries can be on the class path, so
		 * this chooses none: it makes the start fail with the dependency to declare where
		 * they are of another version.
		 * @param major 14 to 18
		 * @return this builder
		 */
		public Builder version(int major) {
			if (major < 14 || major > 18) {
				throw new IllegalArgumentException("PostgreSQL version must be 14 to 18 but is " + major);
			}
			this.version = major;
			return this;
		}

		/**
		 * Keep the data in a directory, which is created when it is missing. Writes to it
		 * are durable.
		 * @param dataDirectory the directory
		 * @return this builder
		 */
		public Builder dataDirectory(Path dataDirectory) {
			this.dataDirectory = dataDirectory;
			return this;
		}

		/**
		 * Keep temporary data in memory where the system offers at least 1 GiB of it as
		 * {@code /dev/shm}, and on disk otherwise. A given data directory stays where it
		 * is.
		 * @param inMemory whether to do so
		 * @return this builder
		 */
		public Builder inMemory(boolean inMemory) {
			this.inMemory = inMemory;
			return this;
		}

		/**
		 * Listen on a port.
		 * @param port the port, or 0 for a free one
		 * @return this builder
		 */
		public Builder port(int port) {
			if (port < 0 || port > 65535) {
				throw new IllegalArgumentException("Port must be 0 to 65535 but is " + port);
			}
			this.port = port;
			return this;
		}

		/**
		 * Set a parameter of {@code postgresql.conf}.
		 * @param name its name, such as {@code max_connections}
		 * @param value its value
		 * @return this builder
		 */
		public Builder setting(String name, String value) {
			if (!SETTING.matcher(name).matches()) {
				throw new IllegalArgumentException("'" + name + "' is not the name of a PostgreSQL setting");
			}
			this.settings.put(name, value);
			return this;
		}

		/**
		 * Set parameters of {@code postgresql.conf}.
		 * @param settings values by name
		 * @return this builder
		 */
		public Builder settings(Map<String, String> settings) {
			settings.forEach(this::setting);
			return this;
		}

		/**
		 * Name the database, which is created when it is missing.
		 * @param database the name
		 * @return this builder
		 */
		public Builder database(String database) {
			this.database = requireText("Database", database);
			return this;
		}

		/**
		 * Name the superuser.
		 * @param username the name
		 * @return this builder
		 */
		public Builder username(String username) {
			this.username = requireText("User name", username);
			if (username.startsWith("pg_")) {
				throw new IllegalArgumentException("User name must not begin with 'pg_' but is '" + username + "'");
			}
			return this;
		}

		/**
		 * Set the superuser's password.
		 * @param password the password
		 * @return this builder
		 */
		public Builder password(String password) {
			this.password = requireText("Password", password);
			return this;
		}

		/**
		 * Choose the level at which the logger {@code io.trunkline.embedded.server} gets
		 * what the server prints.
		 * @param logLevel the level, {@code DEBUG} by default
		 * @return this builder
		 */
		public Builder logLevel(Level logLevel) {
			this.logLevel = logLevel;
			return this;
		}

		/**
		 * Limit how long the server may take until it accepts connections.
		 * @param startTimeout the limit, 60 seconds by default
		 * @return this builder
		 */
		public Builder startTimeout(Duration startTimeout) {
			if (startTimeout.toSeconds() < 1) {
				throw new IllegalArgumentException("Start timeout must be a second at least but is " + startTimeout);
			}
			this.startTimeout = startTimeout;
			return this;
		}

		/**
		 * Whether to close the server in a shutdown hook, which is the default. Where
		 * something else closes it in time, the hook would only compete with that.
		 * @param shutdownHook whether to do so
		 * @return this builder
		 */
		public Builder shutdownHook(boolean shutdownHook) {
			this.shutdownHook = shutdownHook;
			return this;
		}

		private static String requireText(String name, String value) {
			if (value.isBlank() || value.indexOf('\0') >= 0 || value.indexOf('\n') >= 0) {
				throw new IllegalArgumentException(name + " must be one line of text");
			}
			return value;
		}

		/**
		 * Build a server that does not run yet.
		 * @return a new server
		 */
		public EmbeddedPostgresServer build() {
			return new EmbeddedPostgresServer(new ServerOptions(this.version, this.dataDirectory, this.inMemory,
					this.port, this.database, this.username, this.password, this.settings, this.logLevel,
					this.startTimeout, this.shutdownHook));
		}

		/**
		 * Build a server and start it.
		 * @return a new server that runs
		 * @throws EmbeddedPostgresException if it cannot be started
		 */
		public EmbeddedPostgresServer start() {
			return build().start();
		}

	}

}
