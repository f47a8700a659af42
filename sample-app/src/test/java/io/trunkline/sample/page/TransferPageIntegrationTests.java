package io.trunkline.sample.page;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.support.ui.Select;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of the section Import/Export.
 */
class TransferPageIntegrationTests extends PageFixture {

	@BeforeEach
	void emptyTheTable() {
		database().execute("TRUNCATE books");
	}

	private void choose(Path file) {
		open("#transfer");
		this.browser.find("#import [name=file]").sendKeys(file.toString());
	}

	private Path file(String name, String content) throws IOException {
		return Files.writeString(this.directory.resolve(name), content);
	}

	@Test
	void importsAFileAndOffersItsRejects() throws Exception {
		choose(file("some.csv", "id,title\n1,Emma\ntwo,Kim\n"));
		this.browser.awaitText("#preview-body", "Emma");
		this.browser.click("#import [type=submit]");
		this.browser.awaitText("#import-state", "1 inserted, 0 updated, 0 skipped, 1 rejected");
		assertThat(this.browser.find("#import-state").getText()).contains("rows/s");
		assertThat(this.browser.find("#rejected").getText()).contains("3", "id", "22P02", "two,Kim");
		this.browser.click("#rejects-download");
		Path rejects = this.directory.resolve("books-rejects.csv");
		this.browser.await("the rejects must be saved", () -> Files.exists(rejects));
		assertThat(Files.readString(rejects)).contains("\"3\",\"id\"", "\"two,Kim\"");
	}

	@Test
	void changesRowsThatAreThereAlreadyWhereThatIsChosen() throws Exception {
		database().execute("INSERT INTO books (id, title) VALUES (1, 'Emma'), (3, 'Kim')");
		choose(file("some.jsonl", "{\"id\": 1, \"title\": \"Persuasion\"}\n{\"id\": 2, \"title\": \"Villette\"}\n"));
		new Select(this.browser.find("#import [name=format]")).selectByValue("jsonl");
		new Select(this.browser.find("#import [name=mode]")).selectByValue("upsert");
		this.browser.awaitText("#preview-body", "Villette");
		this.browser.click("#import [type=submit]");
		this.browser.awaitText("#import-state", "1 inserted, 1 updated, 0 skipped, 0 rejected");
		assertThat(database().query("SELECT title FROM books ORDER BY id")).containsExactly("Persuasion", "Villette",
				"Kim");
	}

	@Test
	void exportsATable() throws Exception {
		database().execute("INSERT INTO books (id, title) VALUES (1, 'Emma')");
		open("#transfer");
		this.browser.click("#export [type=submit]");
		Path exported = this.directory.resolve("books.csv");
		this.browser.await("the export must be saved", () -> Files.exists(exported));
		assertThat(Files.readString(exported)).contains("1,Emma");
		this.browser.find("#export [name=table]").sendKeys("h");
		this.browser.click("#export [type=submit]");
		this.browser.awaitText("#export-error", "did you mean [books]");
	}

	@Test
	void tellsOfColumnsThatATableLacks() throws Exception {
		choose(file("some.csv", "id,titel\n1,Emma\n"));
		this.browser.awaitText("#preview-head th.error", "titel not in the table");
		this.browser.click("#import [type=submit]");
		this.browser.awaitText("#import-error", "did you mean [title]");
	}

	@ParameterizedTest
	@ValueSource(strings = { "reject", "stop" })
	void tellsOfRowsAndTheirRateWhileItImports(String onError) throws Exception {
		choose(file("many.csv",
				IntStream.range(0, 400_000)
					.mapToObj((number) -> number + ",a title of some length\n")
					.collect(Collectors.joining("", "id,title\n", ""))));
		new Select(this.browser.find("#import [name=onError]")).selectByValue(onError);
		this.browser.limitUpload(2 * 1024 * 1024);
		this.browser.click("#import [type=submit]");
		this.browser.awaitMatch("#import-state",
				Pattern.compile("\\d+%: \\S+ [KM]iB of \\S+ MiB, \\S+ [KM]iB/s · [0-9,]+ rows, [0-9,]+ rows/s"));
		this.browser.limitUpload(-1);
		this.browser.awaitText("#import-state", "400,000 inserted");
		assertThat(database().count("books")).isEqualTo(400_000);
	}

	@Test
	void tellsWhyALargeFileIsRefusedWhileItIsSent() throws Exception {
		Path csv = file("large.csv", "id,title\nno number,a\n");
		choose(writeLines(csv, "5,a title of some length\n", 2_000_000));
		new Select(this.browser.find("#import [name=onError]")).selectByValue("stop");
		this.browser.click("#import [type=submit]");
		this.browser.awaitText("#import-error",
				"400 Bad Request: invalid input syntax for type bigint: \"no number\" (line 2, column id)");
		this.browser.find("#import [name=table]").sendKeys("h");
		this.browser.click("#import [type=submit]");
		this.browser.awaitText("#import-error", "404 Not Found: There is no table or view [booksh]");
	}

	@ParameterizedTest
	@ValueSource(strings = { "csv", "jsonl", "text", "binary" })
	void takesBackWhatItExports(String format) throws Exception {
		database().execute("INSERT INTO books (id, title, author) VALUES (1, E'Two\nlines', NULL), (2, 'Kim', '')");
		open("#transfer");
		new Select(this.browser.find("#export [name=format]")).selectByValue(format);
		this.browser.click("#export [type=submit]");
		AtomicReference<Path> exported = new AtomicReference<>();
		this.browser.await("the export must be saved", () -> {
			exported.set(saved());
			return exported.get() != null;
		});
		database().execute("TRUNCATE books");
		this.browser.find("#import [name=file]").sendKeys(exported.get().toString());
		assertThat(this.browser.find("#import [name=format]").getDomProperty("value")).isEqualTo(format);
		if (format.equals("binary")) {
			this.browser.awaitText("#preview-note", "The rows of a binary file are not shown here.");
			assertThat(this.browser.find("#import [name=onError] [value=reject]").isEnabled()).isFalse();
		}
		else {
			this.browser.awaitText("#preview-body", "Kim");
		}
		this.browser.click("#import [type=submit]");
		this.browser.awaitText("#import-state", "2 inserted, 0 updated, 0 skipped, 0 rejected");
		assertThat(database().query("SELECT title || coalesce(author, '!') FROM books ORDER BY id"))
			.containsExactly("Two\nlines!", "Kim");
	}

	private @Nullable Path saved() {
		try (Stream<Path> files = Files.list(this.directory)) {
			return files.filter((file) -> file.getFileName().toString().matches("books\\.(csv|jsonl|txt|bin)"))
				.findFirst()
				.orElse(null);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Test
	void saysWhyThereIsNothingToPreview() throws Exception {
		choose(file("some.jsonl", "id,title\n1,Emma\n"));
		this.browser.awaitText("#preview-note", "The beginning of the file cannot be read as JSON lines.");
		this.browser.find("#import [name=file]").sendKeys(file("empty.csv", "").toString());
		this.browser.awaitText("#preview-note", "The file is empty.");
		this.browser.click("#import [type=submit]");
		this.browser.awaitText("#import-error", "The source is empty");
	}

	@Test
	void cancelsAnImportOnTheServer() throws Exception {
		Path csv = file("large.csv", "id,title\n");
		writeLines(csv, "5,a title of some length\n", 2_000_000);
		choose(csv);
		this.browser.limitUpload(4 * 1024 * 1024);
		this.browser.click("#import [type=submit]");
		this.browser.await("the server must be at work", () -> active("COPY") == 1);
		this.browser.awaitText("#import-state", "MiB");
		this.browser.click("#import-cancel");
		this.browser.awaitText("#import-error", "Cancelled. Nothing was imported.");
		this.browser.await("the server must stop", () -> active("COPY") == 0);
		assertThat(database().count("books")).isZero();
		assertThat(this.browser.find("#import [type=submit]").isEnabled()).isTrue();
	}

	@Test
	void cancelsAnImportThatTheDatabaseIsAtWorkOn() throws Exception {
		choose(file("some.csv", "id,title\n1,Emma\n"));
		try (Connection other = database().jdbc(); Statement statement = other.createStatement()) {
			other.setAutoCommit(false);
			statement.execute("LOCK books IN SHARE MODE");
			this.browser.click("#import [type=submit]");
			this.browser.awaitText("#import-state", "Sent; the database is at work on the rows");
			this.browser.await("the server must wait", () -> waiting() == 1);
			this.browser.click("#import-cancel");
			this.browser.awaitText("#import-error", "Cancelled. Nothing was imported.");
			this.browser.await("the server must stop", () -> waiting() == 0);
		}
		assertThat(database().count("books")).isZero();
	}

	private static long waiting() {
		return database().count("pg_locks WHERE NOT granted AND relation = 'books'::regclass");
	}

}
