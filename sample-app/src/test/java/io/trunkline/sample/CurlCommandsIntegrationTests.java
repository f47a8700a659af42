package io.trunkline.sample;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Runs the curl lines of each page, one after the other, against an application of its
 * own with the data of the demonstration.
 */
@Timeout(180)
class CurlCommandsIntegrationTests {

	private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

	private static final String ADDRESS = "http://127.0.0.1:8080";

	/** What does not end by itself. */
	private static final String STREAM = "curl -N ";

	@BeforeAll
	static void findCurl() throws Exception {
		assumeTrue(isInstalled(), "There is no curl: install it to run the lines of the documentation");
	}

	private static boolean isInstalled() throws InterruptedException {
		try {
			return new ProcessBuilder("sh", "-c", "command -v curl").start().waitFor() == 0;
		}
		catch (IOException ex) {
			return false;
		}
	}

	static List<Path> pages() throws IOException {
		try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
			return Stream.concat(Stream.of(ROOT.resolve("README.md")), docs.sorted())
				.filter((page) -> page.toString().endsWith(".md") && !commands(page).isEmpty())
				.toList();
		}
	}

	private static List<String> commands(Path page) {
		try (Stream<String> lines = Files.lines(page)) {
			return lines.filter((line) -> line.startsWith("curl ")).toList();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Test
	void findsThePages() throws Exception {
		assertThat(pages()).contains(ROOT.resolve("README.md"), ROOT.resolve("docs/getting-started.md"));
	}

	@ParameterizedTest
	@MethodSource("pages")
	void runsTheCommandsOfAPage(Path page) throws Exception {
		try (SampleDatabase database = new SampleDatabase();
				ConfigurableApplicationContext application = database.start(0, "--demo")) {
			String address = "http://127.0.0.1:" + application.getEnvironment().getProperty("local.server.port");
			for (String command : commands(page)) {
				assertThat(command).contains(ADDRESS);
				String here = command.replace(ADDRESS, address)
					.replaceFirst("^curl", "curl --silent --show-error --fail-with-body");
				if (command.startsWith(STREAM)) {
					assertThat(firstLine(here)).as(command).isNotEmpty();
				}
				else {
					run(command, here);
				}
			}
		}
	}

	private static void run(String command, String here) throws Exception {
		Process process = start(here);
		String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
		assertThat(process.waitFor()).as("%s%n%s", command, output).isZero();
	}

	private static String firstLine(String here) throws Exception {
		Process process = start("exec " + here);
		try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
			return lines.readLine();
		}
		finally {
			process.destroy();
			process.waitFor(1, TimeUnit.MINUTES);
		}
	}

	private static Process start(String command) throws IOException {
		return new ProcessBuilder("sh", "-c", command).directory(ROOT.toFile()).redirectErrorStream(true).start();
	}

}
