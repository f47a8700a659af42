package io.trunkline.embedded;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/**
 * Tests of {@link EmbeddedPostgresServer} in a JVM of its own: one that is killed, and
 * one that runs as another user.
 */
class ServerProcessIntegrationTests {

	private static final Duration PATIENCE = Duration.ofSeconds(40);

	private static final List<String> CHANGES_OF_USER = List.of("setpriv", "runuser", "su");

	@Test
	void theServerEndsWithAKilledJvmAndLeavesNothing() throws Exception {
		try (Child child = Child.start(Map.of(), List.of())) {
			assertThat(child.accepts()).isTrue();
			child.kill();
			Awaitility.await().atMost(PATIENCE).until(() -> !child.server.isAlive());
			Awaitility.await().atMost(PATIENCE).until(() -> !Files.exists(child.data.getParent()));
		}
	}

	@Test
	void theNextStartClearsAwayWhatNothingElseDid() throws Exception {
		try (Child child = Child.start(Map.of(), List.of())) {
			// The shell would stop the server: it is the child of the JVM, not of the
			// server.
			child.process.children().forEach(ProcessHandle::destroyForcibly);
			child.kill();
			assertThat(child.server.isAlive()).isTrue();
			try (EmbeddedPostgresServer next = EmbeddedPostgresServer.builder().start()) {
				assertThat(next.isRunning()).isTrue();
				Awaitility.await().atMost(PATIENCE).until(() -> !child.server.isAlive());
				assertThat(child.data.getParent()).doesNotExist();
			}
		}
	}

	@Test
	void aGivenDirectoryIsTakenOverFromADeadJvmButNotFromALivingOne(@TempDir Path parent) throws Exception {
		EmbeddedPostgresServerIntegrationTests.passable(parent);
		Path data = parent.resolve("data");
		EmbeddedPostgresServer next = EmbeddedPostgresServer.builder().dataDirectory(data).build();
		try (Child child = Child.start(Map.of(), List.of(), data.toString())) {
			assertThat(catchThrowableOfType(EmbeddedPostgresException.class, next::start).getReason())
				.isEqualTo(EmbeddedPostgresException.Reason.DATA_DIRECTORY_IN_USE);
			assertThat(child.accepts()).isTrue();
			child.process.children().forEach(ProcessHandle::destroyForcibly);
			child.kill();
			assertThat(child.server.isAlive()).isTrue();
			try (next) {
				next.start();
				Awaitility.await().atMost(PATIENCE).until(() -> !child.server.isAlive());
				assertThat(EmbeddedPostgresServerIntegrationTests.query(next, "SELECT 1")).isEqualTo("1");
			}
		}
	}

	@Test
	void jvmsThatAreTheFirstOnAMachineDoNotDisturbEachOther(@TempDir Path fresh) throws Exception {
		EmbeddedPostgresServerIntegrationTests.passable(fresh);
		List<Callable<Child>> starts = Collections.nCopies(3,
				() -> Child.start(Map.of("JAVA_TOOL_OPTIONS", "-Djava.io.tmpdir=" + fresh), List.of()));
		ExecutorService executor = Executors.newFixedThreadPool(starts.size());
		List<Future<Child>> children = executor.invokeAll(starts);
		executor.shutdown();
		int accepting = 0;
		for (Future<Child> started : children) {
			try (Child child = started.get()) {
				accepting += child.accepts() ? 1 : 0;
			}
		}
		assertThat(accepting).isEqualTo(starts.size());
	}

	@Test
	void theServerEndsWithAJvmThatEndsByItself() throws Exception {
		try (Child child = Child.start(Map.of(), List.of())) {
			child.process.getOutputStream().close();
			assertThat(child.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			Awaitility.await().atMost(PATIENCE).until(() -> !child.server.isAlive());
			assertThat(child.data.getParent()).doesNotExist();
		}
	}

	/**
	 * As root, all ways to become somebody else that this machine has; otherwise only the
	 * user of the tests.
	 */
	static Stream<String> ways() {
		boolean root = Workspace.currentUid() == 0;
		List<String> ways = new ArrayList<>(List.of("as is"));
		if (root) {
			CHANGES_OF_USER.stream().filter((program) -> find(program) != null).forEach(ways::add);
			if (find("setpriv") != null) {
				ways.add("not root");
			}
		}
		return ways.stream();
	}

	@ParameterizedTest
	@MethodSource("ways")
	void runs(String way, @TempDir Path directory) throws Exception {
		EmbeddedPostgresServerIntegrationTests.passable(directory);
		try (Child child = start(way, directory)) {
			assertThat(child.accepts()).isTrue();
			String owner = Files.getOwner(child.data).getName();
			switch (way) {
				case "as is" -> assertThat(owner).isEqualTo(System.getProperty("user.name"));
				case "not root" -> assertThat(owner).isEqualTo("nobody");
				default -> assertThat(owner).isIn("postgres", "nobody");
			}
			child.restart();
			assertThat(child.accepts()).isTrue();
		}
	}

	private static Child start(String way, Path directory) throws IOException {
		if (way.equals("as is")) {
			return Child.start(Map.of(), List.of());
		}
		if (way.equals("not root")) {
			return Child.start(Map.of("CLASSPATH", readableClassPath(directory)),
					List.of("setpriv", "--reuid=nobody", "--clear-groups"));
		}
		// A PATH without unshare is as good as a kernel that does not permit it.
		for (String program : List.of("id", "sh", "rm", way)) {
			Path found = find(program);
			assertThat(found).as(program).isNotNull();
			// JUnit warns of each link that leads out of the directory.
			Path script = Files.writeString(directory.resolve(program), "#!/bin/sh\nexec " + found + " \"$@\"\n");
			Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwxr-xr-x"));
		}
		return Child.start(Map.of("PATH", directory.toString()), List.of());
	}

	/** Another user may not read the repository of Maven. */
	private static String readableClassPath(Path directory) throws IOException {
		List<String> copies = new ArrayList<>();
		for (String entry : System.getProperty("java.class.path").split(File.pathSeparator)) {
			if (entry.contains("binaries-darwin") || entry.contains("binaries-windows") || !new File(entry).exists()) {
				continue;
			}
			Path source = Path.of(entry);
			Path copy = directory.resolve(copies.size() + "-" + source.getFileName());
			copyReadable(source, copy);
			copies.add(copy.toString());
		}
		return String.join(File.pathSeparator, copies);
	}

	private static void copyReadable(Path source, Path target) throws IOException {
		try (Stream<Path> files = Files.walk(source)) {
			for (Path file : (Iterable<Path>) files::iterator) {
				Path copy = target.resolve(source.relativize(file).toString());
				Files.copy(file, copy);
				Files.setPosixFilePermissions(copy, PosixFilePermissions.fromString("rwxr-xr-x"));
			}
		}
	}

	private static @Nullable Path find(String program) {
		return Stream.of(System.getenv("PATH").split(File.pathSeparator))
			.map((directory) -> Path.of(directory, program))
			.filter(Files::isExecutable)
			.findFirst()
			.orElse(null);
	}

	/**
	 * A JVM with a server.
	 */
	private static final class Child implements AutoCloseable {

		private final Process process;

		private final BufferedReader output;

		private final int port;

		private final Path data;

		private final ProcessHandle server;

		private Child(Process process) throws IOException {
			this.process = process;
			this.output = process.inputReader(StandardCharsets.UTF_8);
			String[] words = await("server ").split(" ");
			this.port = Integer.parseInt(words[1]);
			this.data = Path.of(words[2]);
			this.server = new DataDirectory(this.data).server().orElseThrow();
		}

		static Child start(Map<String, String> environment, List<String> wrapper, String... arguments)
				throws IOException {
			List<String> command = new ArrayList<>(wrapper);
			command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
			command.add(ServerMain.class.getName());
			command.addAll(List.of(arguments));
			ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
			builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
			builder.environment().putAll(environment);
			return new Child(builder.start());
		}

		private String await(String prefix) throws IOException {
			StringBuilder all = new StringBuilder();
			for (String line = this.output.readLine(); line != null; line = this.output.readLine()) {
				if (line.startsWith(prefix)) {
					return line;
				}
				all.append(line).append('\n');
			}
			throw new IOException("The child ended early: " + all);
		}

		boolean accepts() {
			try (Connection connection = DriverManager
				.getConnection("jdbc:postgresql://127.0.0.1:" + this.port + "/postgres", "postgres", "postgres")) {
				return connection.isValid(10);
			}
			catch (SQLException ex) {
				return false;
			}
		}

		void restart() throws IOException {
			this.process.getOutputStream().write('r');
			this.process.getOutputStream().flush();
			await("restarted");
		}

		void kill() throws InterruptedException {
			this.process.destroyForcibly();
			this.process.waitFor();
		}

		@Override
		public void close() {
			try {
				this.process.getOutputStream().close();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
			finally {
				Awaitility.await().atMost(PATIENCE).until(() -> !this.process.isAlive());
			}
		}

	}

}
