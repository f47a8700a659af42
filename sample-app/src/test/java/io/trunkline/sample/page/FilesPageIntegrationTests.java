package io.trunkline.sample.page;

import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;

import io.trunkline.sample.SampleDatabase;
import org.junit.jupiter.api.Test;

import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of the section Files.
 */
class FilesPageIntegrationTests extends PageFixture {

	@Test
	void uploadsShowsAndDeletesFiles() throws Exception {
		Path text = Files.writeString(this.directory.resolve("hello.txt"), "hello, world\n");
		Path large = writeLines(this.directory.resolve("large.bin"), "0123456789abcdef".repeat(64), 204_800);
		open("");
		this.browser.find("#picker").sendKeys(text + "\n" + large);
		this.browser.awaitText("#uploads li:nth-child(1)", "Done: 13 B");
		this.browser.awaitText("#uploads li:nth-child(2)", "Done: 200.0 MiB");
		assertThat(database().count("files WHERE name = 'large.bin' AND size = 200 * 1024 * 1024")).isOne();
		this.browser.click("button[aria-label='View hello.txt']");
		this.browser.awaitText(".view pre", "hello, world");
		for (String name : List.of("hello.txt", "large.bin")) {
			this.browser.click("button[aria-label='Delete " + name + "']");
			this.browser.click("#dialog-action");
			this.browser.awaitGone("button[aria-label='Delete " + name + "']");
		}
		assertThat(database().count("files WHERE name IN ('hello.txt', 'large.bin')")).isZero();
		assertThat(database().count("pg_largeobject_metadata")).isEqualTo(database().count("files"));
	}

	@Test
	void takesSeveralFilesThatAreDroppedAndCancelsOneOfThem() throws Exception {
		Path small = Files.writeString(this.directory.resolve("small.txt"), "small\n");
		Path large = writeLines(this.directory.resolve("slow.bin"), "x".repeat(1023) + "\n", 65_536);
		Path waiting = Files.writeString(this.directory.resolve("waiting.txt"), "waiting\n");
		open("");
		this.browser.limitUpload(4 * 1024 * 1024);
		this.browser.drop("#drop", List.of(large, small, waiting));
		this.browser.awaitText("#uploads li:nth-child(2)", "Done: 6 B");
		this.browser.awaitText("#uploads li:nth-child(3)", "Done: 8 B");
		this.browser.awaitText("#uploads li:nth-child(1) .state", "MiB/s");
		assertThat(this.browser.find("#uploads li:nth-child(1) .state").getText()).contains("of 64.0 MiB", "left");
		this.browser.await("the database must be storing it", () -> active("COPY") == 1);
		this.browser.click("button[aria-label='Cancel the upload of slow.bin']");
		this.browser.awaitText("#uploads li:nth-child(1) .state", "Cancelled. Nothing was stored.");
		this.browser.await("the server must stop", () -> active("COPY") == 0);
		assertThat(database().count("files WHERE name = 'slow.bin'")).isZero();
		this.browser.awaitText("#files", "waiting.txt");
		this.browser.await("no object must be left behind",
				() -> database().count("pg_largeobject_metadata") == database().count("files"));
	}

	@Test
	void showsPicturesAndTheBeginningOfTextsAndChecksums() throws Exception {
		String line = "a line of a long text\n";
		Path log = writeLines(this.directory.resolve("long.txt"), line, 10_000);
		open("");
		this.browser.find("#picker").sendKeys(log.toString());
		this.browser.click("button[aria-label='View long.txt']");
		this.browser.awaitText(".view pre", "… and so on");
		String shown = this.browser.find(".view pre").getText();
		assertThat(shown.length()).isBetween(4096, 4200);
		assertThat(contentAnswers()).containsExactly("206");
		this.browser.click("button[aria-label='View long.txt']");
		this.browser.awaitGone(".view");
		this.browser.click("button[aria-label='View circles.svg']");
		this.browser.awaitPicture(".view img");
		this.browser.click("summary[aria-label='SHA-256 of long.txt']");
		byte[] hash = MessageDigest.getInstance("SHA-256").digest(line.repeat(10_000).getBytes(StandardCharsets.UTF_8));
		this.browser.awaitText("#files details[open]", HexFormat.of().formatHex(hash));
	}

	@Test
	void asksForAPictureOnceByRangeAndSaysWhyItShowsNone() throws Exception {
		Path broken = Files.writeString(this.directory.resolve("broken.png"), "this is no picture");
		Path large = this.directory.resolve("large.png");
		try (RandomAccessFile content = new RandomAccessFile(large.toFile(), "rw")) {
			content.setLength(21 * 1024 * 1024);
		}
		open("");
		this.browser.find("#picker").sendKeys(broken + "\n" + large);
		this.browser.awaitText("#files", "large.png");
		this.browser.script("""
				window.addresses = new Set();
				const make = URL.createObjectURL;
				const revoke = URL.revokeObjectURL;
				URL.createObjectURL = (blob) => { const made = make(blob); addresses.add(made); return made; };
				URL.revokeObjectURL = (address) => { addresses.delete(address); revoke(address); };
				""");
		this.browser.click("button[aria-label='View circles.svg']");
		this.browser.awaitPicture(".view img");
		assertThat(contentAnswers()).containsExactly("206");
		this.browser.click("button[aria-label='View broken.png']");
		this.browser.awaitText("tr:has([aria-label='View broken.png']) .error",
				"This browser cannot show broken.png: it is no picture of the type image/png.");
		assertThat(contentAnswers()).containsExactly("206", "206");
		this.browser.click("button[aria-label='View large.png']");
		this.browser.awaitText("tr:has([aria-label='View large.png']) .error",
				"large.png has 21.0 MiB, and pictures are shown up to 20.0 MiB. Download it to look at it.");
		assertThat(contentAnswers()).containsExactly("206", "206");
		assertThat(this.browser.script("return addresses.size")).isEqualTo(0L);
		assertThat(this.browser.findAll(".view")).hasSize(1);
	}

	private List<String> contentAnswers() {
		return ((List<?>) Objects.requireNonNull(this.browser.script("""
				return performance.getEntriesByType("resource").filter(({ name }) => name.endsWith("/content"))
					.map(({ responseStatus }) => responseStatus);
				"""))).stream().map(String::valueOf).toList();
	}

	@Test
	void tellsWhyTheDatabaseHasBrokenOffALargeUpload() throws Exception {
		Path large = writeLines(this.directory.resolve("cut.bin"), "x".repeat(1023) + "\n", 65_536);
		open("");
		this.browser.limitUpload(4 * 1024 * 1024);
		this.browser.find("#picker").sendKeys(large.toString());
		this.browser.await("the database must be storing it", () -> active("COPY") == 1);
		assertThat(database().count("(SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
				+ " WHERE datname = current_database() AND query LIKE 'COPY%') killed"))
			.isOne();
		this.browser.awaitText("#uploads li:nth-child(1) .state",
				"503 Service Unavailable: terminating connection due to administrator command (SQLSTATE 57P01)");
		assertThat(database().count("files WHERE name = 'cut.bin'")).isZero();
		this.browser.click("button[aria-label='Remove cut.bin from the list of uploads']");
		this.browser.awaitGone("#uploads li");
	}

	@Test
	void leavesOpenWhatIsLookedAtWhenAnUploadEnds() throws Exception {
		Path text = Files.writeString(this.directory.resolve("later.txt"), "later\n");
		open("");
		this.browser.click("button[aria-label='View circles.svg']");
		this.browser.awaitPicture(".view img");
		this.browser.click("summary[aria-label='SHA-256 of welcome.txt']");
		this.browser.find("#picker").sendKeys(text.toString());
		this.browser.awaitText("#files tr:nth-child(1)", "later.txt");
		this.browser.awaitPicture("tr:has([aria-label='View circles.svg']) + .view img");
		assertThat(this.browser.find("#files details[open]").getText()).isNotEmpty();
		this.browser.click("button[aria-label='View later.txt']");
		this.browser.awaitText(".view pre", "later");
		this.browser.click("button[aria-label='Delete later.txt']");
		this.browser.click("#dialog-action");
		this.browser.awaitGone("button[aria-label='View later.txt']");
		assertThat(this.browser.findAll(".view pre")).isEmpty();
		assertThat(this.browser.findAll(".view img")).hasSize(1);
	}

	@Test
	void tellsWhatADatabaseRefuses() throws Exception {
		Path file = Files.writeString(this.directory.resolve("x".repeat(240) + ".txt"), "x");
		database().execute("ALTER TABLE files ADD CONSTRAINT short_names CHECK (length(name) < 200)");
		try {
			open("");
			this.browser.find("#picker").sendKeys(file.toString());
			this.browser.awaitText("#uploads li:nth-child(1) .state", "short_names");
			assertThat(this.browser.find("#uploads li:nth-child(1) .state").getText()).contains("SQLSTATE 23514");
		}
		finally {
			database().execute("ALTER TABLE files DROP CONSTRAINT short_names");
		}
	}

	@Test
	void saysWhatToDoWhereThereIsNothingYet() {
		try (SampleDatabase empty = new SampleDatabase(); ConfigurableApplicationContext application = empty.start(0)) {
			this.browser.get(address(application));
			this.browser.awaitText("#empty", "There are no files yet. Drop some above, or choose them.");
			empty.execute("DROP TABLE books, files");
			this.browser.get(address(application) + "/#tables");
			this.browser.script("location.reload()");
			this.browser.awaitText("#tables-empty", "There are no tables yet. Create one to begin with.");
		}
	}

}
