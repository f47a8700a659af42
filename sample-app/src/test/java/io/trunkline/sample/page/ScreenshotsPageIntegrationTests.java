package io.trunkline.sample.page;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Brings the page into the states that the documentation shows. With
 * {@code -Dtrunkline.screenshots.write=true} the pictures in {@code docs/images} are
 * taken anew.
 */
class ScreenshotsPageIntegrationTests extends PageFixture {

	private static final Path IMAGES = Path.of("../docs/images");

	private static final int MAX_BYTES = 250 * 1024;

	@BeforeEach
	void forgetTheUploadOfAnother() {
		database().execute("WITH gone AS (DELETE FROM files WHERE name = 'notes.txt' RETURNING oid)"
				+ " SELECT lo_unlink(oid) FROM gone");
	}

	@ParameterizedTest
	@EnumSource
	void showsWhatTheDocumentationShows(Screen screen) throws Exception {
		if (screen.phone) {
			this.browser.width(390, 1100, true);
		}
		else {
			this.browser.width(1200, (screen == Screen.IMPORT) ? 1240 : 860, false);
		}
		this.browser.dark(screen.dark);
		open("#" + screen.section);
		this.browser.awaitText("#server", "connected");
		switch (screen.section) {
			case "files" -> files();
			case "transfer" -> transfer();
			case "tables/public.products" -> tables(screen);
			default -> live();
		}
		byte[] picture = this.browser.screenshot();
		assertThat(picture.length).isBetween(1024, MAX_BYTES);
		assertThat(IMAGES.resolve(screen.file())).as("written by -Dtrunkline.screenshots.write=true")
			.satisfies((file) -> write(file, picture))
			.exists();
	}

	private static void write(Path file, byte[] picture) {
		if (Boolean.getBoolean("trunkline.screenshots.write")) {
			try {
				Files.createDirectories(IMAGES);
				Files.write(file, picture);
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
	}

	private void files() throws IOException {
		Path text = Files.writeString(this.directory.resolve("notes.txt"), "A few notes.\n".repeat(100));
		Path large = writeLines(this.directory.resolve("recording.bin"), "x".repeat(1023) + "\n", 65_536);
		this.browser.find("#picker").sendKeys(text.toString());
		this.browser.awaitText("#uploads li:nth-child(1)", "Done");
		this.browser.limitUpload(4 * 1024 * 1024);
		this.browser.find("#picker").sendKeys(large.toString());
		this.browser.awaitText("#uploads li:nth-child(2)", "left");
		this.browser.click("button[aria-label='View circles.svg']");
		this.browser.awaitPicture(".view img");
		this.browser.script("scrollTo(0, 0)");
	}

	private void transfer() throws IOException {
		String rows = IntStream.rangeClosed(1, 5000)
			.mapToObj((id) -> (id % 1200 == 0) ? "no. " + id + ",A book without a number,Unknown,9.90,1901-02-29\n"
					: id + ",Book " + id + ",Author " + id % 40 + "," + id % 90 + ".90,19" + (10 + id % 80)
							+ "-05-01\n")
			.collect(Collectors.joining("", "id,title,author,price,published\n", ""));
		Path csv = Files.writeString(this.directory.resolve("books.csv"), rows);
		database().execute("TRUNCATE books");
		this.browser.find("#import [name=file]").sendKeys(csv.toString());
		this.browser.awaitText("#preview-body", "Author 1");
		this.browser.click("#import [type=submit]");
		this.browser.awaitText("#import-state", "4,996 inserted");
		this.browser.awaitText("#rejected", "22P02");
	}

	private void tables(Screen screen) {
		this.browser.awaitText("#rows-state", "Rows 1 to");
		if (screen == Screen.DROP) {
			this.browser.click("#table-drop");
			this.browser.find("#dialog [name=password]").sendKeys("a guess");
			this.browser.click("#dialog-action");
			this.browser.awaitText("#dialog-error", "the deletion password is wrong");
			return;
		}
		this.browser.click("button[aria-label='Edit row 3']");
		this.browser.awaitText("tr.edited", "Save");
		this.browser.script("document.getElementById('chosen').scrollIntoView()");
	}

	private void live() {
		this.browser.awaitText("#listen-state", "Listening to table_changes");
		for (String payload : new String[] { "Good morning", "{\"order\": 4711, \"state\": \"paid\"}" }) {
			this.browser.find("#send [name=payload]").sendKeys(payload);
			this.browser.click("#send [type=submit]");
			this.browser.awaitText("#feed li:nth-child(1)", payload);
		}
	}

	enum Screen {

		FILES("files", false, false),

		FILES_PHONE("files", true, true),

		IMPORT("transfer", false, false),

		TABLES("tables/public.products", false, false),

		TABLES_DARK("tables/public.products", false, true),

		TABLES_PHONE("tables/public.products", true, false),

		DROP("tables/public.products", false, false),

		LIVE("live", false, true);

		private final String section;

		private final boolean phone;

		private final boolean dark;

		Screen(String section, boolean phone, boolean dark) {
			this.section = section;
			this.phone = phone;
			this.dark = dark;
		}

		String file() {
			return name().toLowerCase(Locale.ROOT).replace('_', '-') + ".png";
		}

	}

}
