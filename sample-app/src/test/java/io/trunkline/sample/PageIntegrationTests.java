package io.trunkline.sample;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.support.ui.Select;
import org.openqa.selenium.support.ui.WebDriverWait;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * Tests of the page in Chromium, as its users see it.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, args = "--demo",
		properties = "logging.level.org.openqa.selenium=error")
@DirtiesContext
@Timeout(300)
class PageIntegrationTests {

	private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

	private static final Path DRIVER = Path.of("/usr/bin/chromedriver");

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final PostgresTestServer postgres = PostgresTestServer.get();

	private static final String database = postgres.createDatabase();

	private ChromeDriver browser;

	@TempDir
	private Path directory;

	@LocalServerPort
	private int port;

	@DynamicPropertySource
	static void connect(DynamicPropertyRegistry registry) {
		registry.add("spring.r2dbc.url", () -> postgres.r2dbcUrl(database));
		registry.add("spring.r2dbc.username", postgres::user);
		registry.add("spring.r2dbc.password", postgres::password);
		registry.add("trunkline.table.deletion-password", () -> "open sesame");
	}

	@BeforeAll
	static void findChromium() {
		assumeTrue(Files.isExecutable(CHROMIUM) && Files.isExecutable(DRIVER),
				() -> "There is no " + CHROMIUM + " with " + DRIVER + ": install chromium and chromium-driver");
	}

	@AfterAll
	static void dropDatabase() {
		postgres.dropDatabase(database);
	}

	@BeforeEach
	void openBrowser() {
		ChromeOptions options = new ChromeOptions();
		options.setBinary(CHROMIUM.toFile());
		options.addArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
				"--disable-background-networking", "--disable-component-update", "--disable-sync", "--lang=en");
		options.setExperimentalOption("prefs", Map.of("download.default_directory", this.directory.toString()));
		ChromeDriverService service = new ChromeDriverService.Builder().usingDriverExecutable(DRIVER.toFile())
			.usingAnyFreePort()
			.build();
		this.browser = new ChromeDriver(service, options);
		this.browser.manage().window().setSize(new Dimension(1280, 1000));
	}

	@AfterEach
	void closeBrowser() {
		this.browser.quit();
	}

	@Test
	void uploadsShowsAndDeletesFiles() throws Exception {
		Path text = Files.writeString(this.directory.resolve("hello.txt"), "hello, world\n");
		Path large = this.directory.resolve("large.bin");
		writeLines(large, "0123456789abcdef".repeat(64), 204_800);
		open("");
		find("#picker").sendKeys(text + "\n" + large);
		awaitText("#uploads li:nth-child(1)", "Done: 13 B");
		awaitText("#uploads li:nth-child(2)", "Done: 200.0 MiB");
		click("button[aria-label='View hello.txt']");
		awaitText(".view pre", "hello, world");
		for (String name : List.of("hello.txt", "large.bin")) {
			click("button[aria-label='Delete " + name + "']");
			click("#dialog-action");
			awaitGone("button[aria-label='Delete " + name + "']");
		}
	}

	@Test
	void importsAFileAndOffersItsRejects() throws Exception {
		Path csv = Files.writeString(this.directory.resolve("some.csv"), "id,title\n1,Emma\ntwo,Kim\n");
		open("#transfer");
		find("#import [name=file]").sendKeys(csv.toString());
		awaitText("#preview-body", "Emma");
		click("#import [type=submit]");
		awaitText("#import-state", "1 inserted, 0 updated, 0 skipped, 1 rejected");
		assertThat(find("#rejected").getText()).contains("3", "id", "22P02", "two,Kim");
		click("#rejects-download");
		Path rejects = this.directory.resolve("books-rejects.csv");
		new WebDriverWait(this.browser, PATIENCE).until((driver) -> Files.exists(rejects));
		assertThat(Files.readString(rejects)).contains("\"3\",\"id\"", "\"two,Kim\"");
	}

	@Test
	void tellsOfColumnsThatATableLacks() throws Exception {
		Path csv = Files.writeString(this.directory.resolve("some.csv"), "id,titel\n1,Emma\n");
		open("#transfer");
		find("#import [name=file]").sendKeys(csv.toString());
		awaitText("#preview-head th.error", "titel not in the table");
		click("#import [type=submit]");
		awaitText("#import-error", "did you mean [title]");
	}

	@Test
	void cancelsAnImportOnTheServer() throws Exception {
		Path csv = this.directory.resolve("large.csv");
		Files.writeString(csv, "id,title\n");
		writeLines(csv, "5,a title of some length\n", 8_000_000);
		open("#transfer");
		find("#import [name=file]").sendKeys(csv.toString());
		click("#import [type=submit]");
		awaitText("#import-state", "MiB");
		click("#import-cancel");
		awaitText("#import-error", "Cancelled. Nothing was imported.");
		new WebDriverWait(this.browser, PATIENCE).until((driver) -> count(
				"pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query LIKE 'COPY%'") == 0);
		assertThat(count("books WHERE title = 'a title of some length'")).isZero();
	}

	@Test
	void createsFillsEditsAndDropsATable() {
		open("#tables");
		click("#create-open");
		find("#create-form [name=table]").sendKeys("Друзья");
		find("fieldset:nth-child(2) [data-option=name]").sendKeys("имя");
		WebElement type = find("fieldset:nth-child(2) [data-option=type]");
		type.clear();
		type.sendKeys("nonsense");
		click("#create-form [type=submit]");
		awaitText("#create-error", "type \"nonsense\" does not exist");
		type.clear();
		type.sendKeys("varchar(20)");
		click("#create-form [type=submit]");
		awaitText("#rows-empty", "The table has no rows yet");
		for (String name : List.of("Анна", "Борис")) {
			click("#row-add");
			find("tr.new [aria-label='имя']").sendKeys(name, Keys.ENTER);
			awaitText("#rows-body", name);
		}
		new Actions(this.browser).doubleClick(find("#rows-body tr:nth-child(2) td:nth-child(2)")).perform();
		WebElement name = find("tr.edited [aria-label='имя']");
		name.sendKeys(Keys.chord(Keys.CONTROL, "a"), "x".repeat(21), Keys.ENTER);
		awaitText("tr.edited .error", "value too long for type character varying(20)");
		name.sendKeys(Keys.chord(Keys.CONTROL, "a"), "Вера", Keys.ENTER);
		awaitText("#rows-body tr:nth-child(2)", "Вера");
		click("button[aria-label='Delete row 1']");
		click("#dialog-action");
		awaitText("#rows-state", "Rows 1 to 1 of 1");
		click("#table-drop");
		find("#dialog [name=password]").sendKeys("a guess", Keys.ENTER);
		awaitText("#dialog-error", "the deletion password is wrong");
		find("#dialog [name=password]").sendKeys("open sesame", Keys.ENTER);
		awaitGone("a[href$='" + "%D0%94%D1%80%D1%83%D0%B7%D1%8C%D1%8F" + "']");
		assertThat(find("#catalogue").getText()).contains("customers").doesNotContain("Друзья");
	}

	@Test
	void filtersSortsAndPages() {
		open("#tables/public.customers");
		awaitText("#rows-state", "Rows 1 to 25 of 500");
		click("#rows-next");
		awaitText("#rows-state", "Rows 26 to 50 of 500");
		click("#rows-previous");
		awaitText("#rows-state", "Rows 1 to 25 of 500");
		click("#rows-head th:nth-child(1) button");
		click("#rows-head th:nth-child(1) button");
		awaitText("#rows-body tr:nth-child(1)", "customer500@example.org");
		click("#filter-add");
		new Select(find("#filters select:nth-of-type(1)")).selectByVisibleText("email");
		new Select(find("#filters select:nth-of-type(2)")).selectByVisibleText("contains");
		find("#filters input").sendKeys("mer49", Keys.ENTER);
		awaitText("#rows-state", "Rows 1 to 11 of 11");
		WebElement value = find("#filters input");
		value.sendKeys("x", Keys.ENTER);
		awaitText("#rows-empty", "No row meets the filter.");
		click("#rows-empty button");
		awaitText("#rows-state", "Rows 1 to 25 of 500");
	}

	@Test
	void showsWhatIsSentAndWhatChangesATable() {
		open("#live");
		awaitText("#listen-state", "Listening to table_changes");
		assertThat(find("#feed-empty").getText()).contains("Send a payload above");
		find("#send [name=payload]").sendKeys("Привет, \"all\"");
		click("#send [type=submit]");
		awaitText("#feed li:nth-child(1)", "Привет, \"all\"");
		find("#send [name=payload]").sendKeys("x".repeat(8000));
		click("#send [type=submit]");
		awaitText("#send-error", "7999");
		click("nav a[href='#tables']");
		click("#catalogue a[href='#tables/public.books']");
		awaitText("#rows-head", "title");
		awaitGone("#rows[aria-busy]");
		click("#row-add");
		find("tr.new [aria-label='id']").sendKeys("1817");
		find("tr.new [aria-label='title']").sendKeys("Persuasion", Keys.ENTER);
		awaitText("#rows-body", "Persuasion");
		click("nav a[href='#live']");
		awaitText("#feed li:nth-child(1)", "public.books");
		assertThat(find("#feed li:nth-child(1)").getText()).contains("insert", "1");
		awaitText("#server", "Notifications: listening to 1 channel");
		click("#listen-stop");
		awaitText("#listen-state", "Not listening");
		find("#listen [name=channel]").sendKeys("x".repeat(64), Keys.ENTER);
		awaitText("#listen-error", "'channel'");
	}

	@Test
	void tellsWhereNotificationsAreMissing() {
		String address;
		try (ConfigurableApplicationContext first = start("0")) {
			address = "http://127.0.0.1:" + first.getEnvironment().getProperty("local.server.port");
			this.browser.get(address + "/#live");
			awaitText("#listen-state", "Listening to table_changes");
			assertThat(count("(SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
					+ " WHERE datname = current_database() AND query LIKE 'LISTEN%') killed"))
				.isPositive();
			awaitText("#feed li:nth-child(1)", "The database was out of reach");
		}
		awaitText("#listen-state", "The application does not answer");
		try (ConfigurableApplicationContext second = start(address.substring(address.lastIndexOf(':') + 1))) {
			assertThat(second.isRunning()).isTrue();
			awaitText("#feed li:nth-child(1)", "Connected again");
			assertThat(find("#listen-state").getText()).isEqualTo("Listening to table_changes");
		}
	}

	@Test
	void tellsWhatItIsConnectedTo() {
		open("");
		awaitText("#server", "database " + database);
		assertThat(find("#server").getText()).contains("PostgreSQL", "connected", "of 20 connections in use");
	}

	@Test
	void findsTheApplicationAgainAfterARestart() {
		String address;
		try (ConfigurableApplicationContext first = start("0")) {
			address = "http://127.0.0.1:" + first.getEnvironment().getProperty("local.server.port");
			this.browser.get(address);
			awaitText("#server", "connected");
		}
		awaitText("#server", "the application does not answer");
		click("#refresh");
		awaitText("#list-error", "The application does not answer. Is it still running?");
		try (ConfigurableApplicationContext second = start(address.substring(address.lastIndexOf(':') + 1))) {
			assertThat(second.isRunning()).isTrue();
			awaitText("#server", "connected");
			click("#refresh");
			new WebDriverWait(this.browser, PATIENCE).until((driver) -> !find("#list-error").isDisplayed());
			assertThat(find("#files").getText()).contains("welcome.txt");
		}
	}

	private static ConfigurableApplicationContext start(String port) {
		return SpringApplication.run(SampleApplication.class, "--server.port=" + port,
				"--spring.r2dbc.url=" + postgres.r2dbcUrl(database), "--spring.r2dbc.username=" + postgres.user(),
				"--spring.r2dbc.password=" + postgres.password());
	}

	private static long count(String from) {
		try (Connection connection = postgres.jdbc(database);
				Statement statement = connection.createStatement();
				ResultSet result = statement.executeQuery("SELECT count(*) FROM " + from)) {
			result.next();
			return result.getLong(1);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static void writeLines(Path file, String line, int lines) throws IOException {
		try (BufferedWriter writer = Files.newBufferedWriter(file, StandardOpenOption.CREATE,
				StandardOpenOption.APPEND)) {
			for (String text : (Iterable<String>) Stream.generate(() -> line).limit(lines)::iterator) {
				writer.write(text);
			}
		}
	}

	private void open(String section) {
		this.browser.get("http://127.0.0.1:" + this.port + "/" + section);
	}

	private WebElement find(String selector) {
		return this.browser.findElement(By.cssSelector(selector));
	}

	private void click(String selector) {
		new WebDriverWait(this.browser, PATIENCE).ignoring(StaleElementReferenceException.class).until((driver) -> {
			WebElement target = driver.findElement(By.cssSelector(selector));
			if (!target.isDisplayed() || !target.isEnabled()) {
				return false;
			}
			target.click();
			return true;
		});
	}

	private void awaitText(String selector, String text) {
		new WebDriverWait(this.browser, PATIENCE).withMessage(() -> selector + " must tell '" + text + "'")
			.ignoring(StaleElementReferenceException.class)
			.until((driver) -> driver.findElement(By.cssSelector(selector)).getText().contains(text));
	}

	private void awaitGone(String selector) {
		new WebDriverWait(this.browser, PATIENCE).ignoring(StaleElementReferenceException.class)
			.until((driver) -> driver.findElements(By.cssSelector(selector)).isEmpty());
	}

}
