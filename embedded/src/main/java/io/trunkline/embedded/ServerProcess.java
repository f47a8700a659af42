package io.trunkline.embedded;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.trunkline.embedded.EmbeddedPostgresException.Reason;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The process of a server on a cluster, and the small one beside it that ends it when the
 * JVM is gone.
 */
final class ServerProcess {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddedPostgresServer.class);

	private static final int PORT_ATTEMPTS = 10;

	private static final Duration STOP_TIMEOUT = Duration.ofSeconds(30);

	private final ServerOptions options;

	private final Platform platform;

	private final Cluster cluster;

	private @Nullable Process launcher;

	ServerProcess(ServerOptions options, Platform platform, Cluster cluster) {
		this.options = options;
		this.platform = platform;
		this.cluster = cluster;
	}

	boolean isRunning() {
		return this.launcher != null && this.cluster.isServed();
	}

	/**
	 * Start the server and wait until it is ready.
	 * @param programs the binaries
	 * @param port the port to listen on, or 0 for a free one
	 * @return the port that it listens on
	 * @throws IOException if a program cannot be run
	 * @throws InterruptedException if the thread is interrupted meanwhile
	 */
	int start(PostgresBinaries programs, int port) throws IOException, InterruptedException {
		boolean anyPort = port == 0;
		for (int attempt = 1;; attempt++) {
			int candidate = anyPort ? freePort() : port;
			ServerOutput output = launch(programs, candidate);
			if (output.awaitReady()) {
				return candidate;
			}
			release();
			boolean taken = output.tail().contains("could not bind")
					|| output.tail().contains("Address already in use");
			if (!taken) {
				if (output.tail().contains("lock file \"postmaster.pid\" already exists")) {
					throw Cluster.inUse(this.cluster.readyDataDirectory());
				}
				throw EmbeddedPostgresException.startFailed("it ended during the start", output.tail());
			}
			if (!anyPort || attempt == PORT_ATTEMPTS) {
				throw new EmbeddedPostgresException(Reason.PORT_IN_USE,
						"Port %d, which the embedded PostgreSQL server should listen on, is already in use."
							.formatted(candidate),
						"Stop what listens on port %d, or give another port (0 takes a free one)."
							.formatted(candidate));
			}
		}
	}

	private static int freePort() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(EmbeddedPostgresServer.HOST))) {
			return socket.getLocalPort();
		}
	}

	private ServerOutput launch(PostgresBinaries programs, int candidate) throws IOException {
		Privileges owner = this.cluster.owner();
		Path data = this.cluster.readyDataDirectory();
		List<String> start = new ArrayList<>(List.of(programs.program("pg_ctl"), "start", "-w", "-t",
				Long.toString(this.options.startTimeout().toSeconds()), "-D", data.toString(), "-o",
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
		return ServerOutput.follow(process.getInputStream(), this.options.logLevel(),
				"trunkline-postgres-" + candidate);
	}

	/**
	 * The shell that starts the server stays: it holds the pipe that the server prints
	 * to, and the end of its own input tells that the JVM is gone. Its parent cannot be
	 * watched instead, as that can already have changed before the shell looks.
	 */
	private String script(PostgresBinaries programs, Privileges owner, Path data, List<String> start) {
		Path temporary = this.cluster.temporaryDirectory();
		String stop = Commands.quote(stopCommand(programs, owner, data, (temporary != null) ? "immediate" : "fast"));
		String delete = (temporary != null) ? "; rm -rf " + Commands.quote(temporary.toString()) : "";
		return Commands.quote(start) + " </dev/null || exit $?\n"
		// An interrupt from the terminal is for the JVM, whose end decides.
				+ "trap '' INT HUP TERM\n" + "echo '" + ServerOutput.READY + "'\n"
				// The JVM writes a line when it stopped the server itself.
				+ "read -r line && exit 0\n" + stop + " >/dev/null 2>&1 </dev/null" + delete + "\n";
	}

	private String serverArguments(int candidate) {
		Map<String, String> settings = new LinkedHashMap<>();
		settings.put("listen_addresses", EmbeddedPostgresServer.HOST);
		settings.put("unix_socket_directories", "");
		settings.put("logging_collector", "off");
		settings.put("log_destination", "stderr");
		settings.put("lc_messages", "C");
		if (this.options.dataDirectory() == null) {
			// Nothing of a temporary directory has to survive a crash.
			settings.put("fsync", "off");
			settings.put("synchronous_commit", "off");
			settings.put("full_page_writes", "off");
		}
		settings.putAll(this.options.settings());
		StringBuilder arguments = new StringBuilder("-p ").append(candidate);
		settings.forEach((name, value) -> arguments.append(" -c ").append(quoteSetting(name + "=" + value)));
		return arguments.toString();
	}

	private String quoteSetting(String setting) {
		// pg_ctl hands its options to the shell of the system.
		return this.platform.isWindows() ? "\"" + setting.replace("\"", "\\\"") + "\"" : Commands.quote(setting);
	}

	static List<String> stopCommand(PostgresBinaries programs, Privileges owner, Path data, String mode) {
		return owner.wrap(programs.program("pg_ctl"), "stop", "-w", "-t", Long.toString(STOP_TIMEOUT.toSeconds()), "-m",
				mode, "-D", data.toString());
	}

	/**
	 * Stop the server; does nothing when it does not run.
	 * @param programs the binaries
	 * @param mode how to, as {@code pg_ctl} names it
	 * @throws IOException if a program cannot be run
	 */
	void stop(PostgresBinaries programs, String mode) throws IOException {
		if (isRunning()) {
			Commands.Output output = Commands.run(programs.directory(), stopCommand(programs, mode));
			if (!output.successful() && isRunning()) {
				logger.warn("PostgreSQL does not stop, so it is told to do so at once: {}", output.text().strip());
				Commands.run(programs.directory(), stopCommand(programs, "immediate"));
			}
		}
	}

	private List<String> stopCommand(PostgresBinaries programs, String mode) {
		return stopCommand(programs, this.cluster.owner(), this.cluster.readyDataDirectory(), mode);
	}

	/**
	 * Let the process beside the server end, once the server has.
	 * @throws IOException if it cannot be told so
	 */
	void release() throws IOException {
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

}
