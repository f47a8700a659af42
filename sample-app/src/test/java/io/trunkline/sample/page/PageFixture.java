package io.trunkline.sample.page;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.stream.Stream;

import io.trunkline.sample.SampleDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

/**
 * A test of the page in Chromium, as its users see it: a database and a browser for each
 * class, with the data of the demonstration, and a window for each test.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, args = "--demo",
		properties = "logging.level.org.openqa.selenium=error")
@DirtiesContext
@Timeout(600)
abstract class PageFixture {

	/** One for each context, and so for each class. */
	private static SampleDatabase database;

	private static Browser shared;

	@TempDir
	Path directory;

	Browser browser;

	@LocalServerPort
	private int port;

	@DynamicPropertySource
	static void connect(DynamicPropertyRegistry registry) {
		database = new SampleDatabase();
		database.connect(registry);
	}

	@BeforeAll
	static void openBrowser() {
		Browser.assumeInstalled();
		shared = new Browser();
	}

	@AfterAll
	static void closeAll() {
		if (shared != null) {
			shared.close();
			shared = null;
		}
		if (database != null) {
			database.close();
			database = null;
		}
	}

	@BeforeEach
	void openWindow() {
		this.browser = shared;
		this.browser.openWindow(this.directory);
	}

	static SampleDatabase database() {
		return database;
	}

	void open(String section) {
		this.browser.get("http://127.0.0.1:" + this.port + "/" + section);
	}

	/**
	 * How many statements of other clients the server works on.
	 */
	static long active(String statement) {
		return database.count("pg_stat_activity WHERE datname = current_database() AND state = 'active'"
				+ " AND pid <> pg_backend_pid() AND query LIKE '" + statement + "%'");
	}

	static String address(ConfigurableApplicationContext application) {
		return "http://127.0.0.1:" + port(application);
	}

	static int port(ConfigurableApplicationContext application) {
		return application.getEnvironment().getRequiredProperty("local.server.port", Integer.class);
	}

	static Path writeLines(Path file, String line, int lines) throws IOException {
		try (BufferedWriter writer = Files.newBufferedWriter(file, StandardOpenOption.CREATE,
				StandardOpenOption.APPEND)) {
			for (String text : (Iterable<String>) Stream.generate(() -> line).limit(lines)::iterator) {
				writer.write(text);
			}
		}
		return file;
	}

}
