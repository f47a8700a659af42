package io.trunkline.embedded;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

/**
 * What the files of a data directory tell.
 *
 * @param path the directory
 */
record DataDirectory(Path path) {

	private static final String LOCK_FILE = "trunkline.lock";

	Path lockFile() {
		return this.path.resolve(LOCK_FILE);
	}

	/**
	 * Whether a server of this library worked on it before, so that what is left of that
	 * may be cleared away.
	 */
	boolean isOurs() {
		return Files.exists(lockFile());
	}

	boolean isInitialized() {
		return Files.exists(this.path.resolve("PG_VERSION"));
	}

	boolean isEmpty() throws IOException {
		if (!Files.exists(this.path)) {
			return true;
		}
		try (var files = Files.list(this.path)) {
			return files.findAny().isEmpty();
		}
	}

	String majorVersion() throws IOException {
		return Files.readString(this.path.resolve("PG_VERSION")).strip();
	}

	private Path pidFile() {
		return this.path.resolve("postmaster.pid");
	}

	@Nullable Long pid() {
		try {
			List<String> lines = Files.readAllLines(pidFile());
			return lines.isEmpty() ? null : Long.valueOf(lines.get(0).strip());
		}
		catch (IOException | NumberFormatException ex) {
			return null;
		}
	}

	/**
	 * Return the server that works on this directory. The number in its file alone does
	 * not tell: after a crash it can be that of any other process.
	 */
	Optional<ProcessHandle> server() {
		Long pid = pid();
		return (pid != null) ? ProcessHandle.of(pid).filter(ProcessHandle::isAlive).filter(this::serves)
				: Optional.empty();
	}

	private boolean serves(ProcessHandle process) {
		Optional<String> command = process.info().command();
		if (command.isEmpty()) {
			// Not ours to look at; PostgreSQL decides.
			return true;
		}
		Path program = Path.of(command.get()).getFileName();
		if (program == null || !program.toString().startsWith("postgres")) {
			return false;
		}
		return process.info()
			.arguments()
			.map((arguments) -> List.of(arguments).contains(this.path.toString()))
			.orElse(true);
	}

	/**
	 * Remove the file of a server that is gone. PostgreSQL does so itself, except where
	 * another process has its number by now.
	 */
	void removeStalePidFile() throws IOException {
		if (server().isEmpty()) {
			Files.deleteIfExists(pidFile());
		}
	}

}
