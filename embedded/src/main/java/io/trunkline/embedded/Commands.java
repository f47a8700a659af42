package io.trunkline.embedded;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs short-lived programs.
 */
final class Commands {

	private static final long TIMEOUT_SECONDS = 120;

	private Commands() {
	}

	/**
	 * Run a program to its end and collect what it prints.
	 */
	static Output run(Path directory, List<String> command) throws IOException {
		Process process = builder(directory, command).start();
		process.getOutputStream().close();
		String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		try {
			if (!process.waitFor(TIMEOUT_SECONDS, TimeUnit.SECONDS)) {
				process.destroyForcibly();
				throw new IOException(command.get(0) + " does not end");
			}
		}
		catch (InterruptedException ex) {
			process.destroyForcibly();
			Thread.currentThread().interrupt();
			throw new IOException("Interrupted while waiting for " + command.get(0), ex);
		}
		return new Output(process.exitValue(), text);
	}

	static ProcessBuilder builder(Path directory, List<String> command) {
		ProcessBuilder builder = new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
		// PGDATA, PGPORT, PGOPTIONS and the like of the developer's shell are meant for
		// another server.
		builder.environment().keySet().removeIf((name) -> name.startsWith("PG"));
		// Messages are read by this code, so they must not be translated.
		builder.environment().put("LC_ALL", "C");
		return builder;
	}

	/**
	 * Quote a word for a POSIX shell.
	 */
	static String quote(String word) {
		return "'" + word.replace("'", "'\\''") + "'";
	}

	static String quote(List<String> words) {
		return String.join(" ", words.stream().map(Commands::quote).toList());
	}

	/**
	 * What a program left behind.
	 *
	 * @param exitCode its exit code
	 * @param text what it printed to both streams
	 */
	record Output(int exitCode, String text) {

		boolean successful() {
			return this.exitCode == 0;
		}

	}

}
