package io.trunkline.sample.transfer;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.sample.SampleApplication;

/**
 * The sample application in a JVM of its own, so that its heap can be limited.
 */
final class ApplicationProcess implements AutoCloseable {

	private static final String PAGE = "    Page      ";

	private final Process process;

	private final URI address;

	private ApplicationProcess(Process process, URI address) {
		this.process = process;
		this.address = address;
	}

	/**
	 * Start the application, and wait until it is ready.
	 * @param database the database that it works with
	 * @param heap the size of its heap, such as {@code 256m}
	 * @throws IOException if it does not start
	 */
	static ApplicationProcess start(PostgresTestServer postgres, String database, String heap) throws IOException {
		List<String> command = List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
				"-Xmx" + heap, "-XX:+ExitOnOutOfMemoryError", SampleApplication.class.getName(), "--server.port=0",
				"--spring.r2dbc.url=" + postgres.r2dbcUrl(database), "--spring.r2dbc.username=" + postgres.user(),
				"--logging.level.io.trunkline.copy=info");
		ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
		builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
		builder.environment().put("SPRING_R2DBC_PASSWORD", postgres.password());
		Process process = builder.start();
		BufferedReader output = new BufferedReader(
				new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
		StringBuilder all = new StringBuilder();
		for (String line = output.readLine(); line != null; line = output.readLine()) {
			if (line.startsWith(PAGE)) {
				Thread drain = new Thread(() -> output.lines().forEach(System.out::println), "application's output");
				drain.setDaemon(true);
				drain.start();
				return new ApplicationProcess(process, URI.create(line.substring(PAGE.length())));
			}
			all.append(line).append('\n');
		}
		throw new IOException("The application has not started: " + all);
	}

	URI resolve(String path) {
		return this.address.resolve(path);
	}

	@Override
	public void close() {
		this.process.destroy();
		this.process.onExit().join();
	}

}
