package io.trunkline.sample.page;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.openqa.selenium.Keys;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of all sections for whoever has a small screen, no mouse, a screen reader, or
 * prefers the dark.
 */
class LayoutPageIntegrationTests extends PageFixture {

	private final List<String> problems = new ArrayList<>();

	@ParameterizedTest
	@CsvSource({ "360,true,false", "360,true,true", "768,false,false", "1280,false,false", "1280,false,true" })
	void fitsTheScreenAndNamesWhatIsOnIt(int width, boolean phone, boolean dark) throws Exception {
		Path csv = Files.writeString(this.directory.resolve("some.csv"),
				"id,title\n1,Emma\nnot a number but a long text without an end to it,Kim\n");
		this.browser.width(width, 800, phone);
		this.browser.dark(dark);
		open("");
		this.browser.awaitText("#server", "connected");
		this.browser.click("button[aria-label='View measurements.csv']");
		this.browser.awaitText(".view pre", "sensor");
		check("files", width);
		this.browser.click("button[aria-label='Delete welcome.txt']");
		check("the question before a deletion", width);
		this.browser.click("#dialog-cancel");
		importSome(csv);
		check("transfer", width);
		this.browser.click("nav a[href='#tables']");
		this.browser.click("#create-open");
		check("the creation of a table", width);
		this.browser.click("#create-cancel");
		this.browser.click("#catalogue a[href='#tables/public.products']");
		this.browser.awaitText("#rows-state", "Rows 1 to");
		if (this.browser.script("return document.querySelector('#rows-body .actions').getBoundingClientRect().right > "
				+ width) == Boolean.TRUE) {
			this.problems.add("what can be done with a row is out of sight");
		}
		this.browser.click("#chosen summary");
		this.browser.click("#filter-add");
		check("tables", width);
		this.browser.click("button[aria-label='Edit row 1']");
		check("a row that is edited", width);
		this.browser.click("nav a[href='#live']");
		this.browser.awaitText("#listen-state", "Listening");
		this.browser.click("#send [name=payload]");
		this.browser.insert("x".repeat(500));
		this.browser.click("#send [type=submit]");
		this.browser.awaitText("#feed li:nth-child(1)", "xxx");
		check("live", width);
		assertThat(this.problems).isEmpty();
	}

	private void importSome(Path csv) {
		this.browser.click("nav a[href='#transfer']");
		this.browser.find("#import [name=file]").sendKeys(csv.toString());
		this.browser.awaitText("#preview-body", "Emma");
		this.browser.click("#import [type=submit]");
		this.browser.awaitText("#import-state", "rejected");
		this.browser.awaitText("#rejected", "22P02");
	}

	private void check(String state, int width) {
		long actual = (Long) Objects.requireNonNull(this.browser.script("return document.documentElement.scrollWidth"));
		if (actual > width) {
			this.problems.add(state + " is " + actual + " pixels wide");
		}
		this.browser.violations().forEach((violation) -> this.problems.add(state + ": " + violation));
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void followsTheColoursOfTheSystem(boolean dark) {
		this.browser.dark(dark);
		open("");
		String colour = this.browser.find("body").getCssValue("background-color");
		int red = Integer.parseInt(colour.replaceFirst("rgba?\\((\\d+).*", "$1"));
		assertThat(red < 128).as(colour).isEqualTo(dark);
	}

	@Test
	void needsNoMouse() {
		database().execute("CREATE TABLE keyboard (id bigint PRIMARY KEY, name text)");
		open("");
		this.browser.awaitText("#files", "welcome.txt");
		this.browser.tabTo("#picker");
		this.browser.tabTo("button[aria-label='View welcome.txt']");
		this.browser.type(Keys.ENTER);
		this.browser.awaitText(".view pre", "This file is a large object");
		open("");
		this.browser.tabTo("nav a[href='#tables']");
		this.browser.type(Keys.ENTER);
		this.browser.awaitText("#catalogue", "keyboard");
		this.browser.tabTo("#catalogue a[href='#tables/public.keyboard']");
		this.browser.type(Keys.ENTER);
		this.browser.awaitText("#rows-empty", "The table has no rows yet");
		for (int id = 1; id <= 2; id++) {
			this.browser.tabTo("#row-add");
			this.browser.type(Keys.ENTER, String.valueOf(id), Keys.TAB, "row " + id, Keys.ENTER);
			this.browser.awaitText("#rows-body", "row " + id);
			this.browser.await("the focus must go back", () -> this.browser.isFocused("#row-add"));
		}
		this.browser.tabTo("#rows-head th:nth-child(2) button");
		this.browser.type(Keys.ENTER);
		this.browser.awaitGone("#rows[aria-busy]");
		this.browser.type(Keys.ENTER);
		this.browser.awaitText("#rows-body tr:nth-child(1)", "row 2");
		this.browser.tabTo("button[aria-label='Edit row 2']");
		this.browser.type(Keys.ENTER);
		this.browser.tabTo("tr.edited [aria-label='name']");
		this.browser.type(Keys.chord(Keys.CONTROL, "a"), "changed", Keys.ENTER);
		this.browser.awaitText("#rows-body tr:nth-child(1)", "changed");
		this.browser.await("the focus must be on the row",
				() -> this.browser.isFocused("button[aria-label='Edit row 2']"));
		this.browser.tabTo("button[aria-label='Delete row 2']");
		this.browser.type(Keys.ENTER);
		this.browser.await("the question must come", () -> this.browser.isFocused("#dialog-cancel"));
		this.browser.type(Keys.ESCAPE);
		this.browser.await("the focus must go back", () -> this.browser.isFocused("button[aria-label='Delete row 2']"));
		this.browser.type(Keys.ENTER);
		this.browser.tabTo("#dialog-action");
		this.browser.type(Keys.ENTER);
		this.browser.awaitText("#rows-state", "Rows 1 to 1 of 1");
		assertThat(database().query("SELECT name FROM keyboard")).containsExactly("row 1");
	}

	@Test
	void importsAndSendsWithoutAMouse() throws Exception {
		open("#transfer");
		this.browser.find("#import [name=file]")
			.sendKeys(
					Files.writeString(this.directory.resolve("some.csv"), "id,title\n4711,Emma\nno,Kim\n").toString());
		this.browser.awaitText("#preview-body", "Emma");
		this.browser.tabTo("#import [type=submit]");
		this.browser.type(Keys.ENTER);
		this.browser.awaitText("#import-state", "1 inserted, 0 updated, 0 skipped, 1 rejected");
		this.browser.tabTo("#rejects-download");
		this.browser.type(Keys.ENTER);
		this.browser.await("the rejects must be saved",
				() -> Files.exists(this.directory.resolve("books-rejects.csv")));
		open("#live");
		this.browser.awaitText("#listen-state", "Listening to table_changes");
		this.browser.tabTo("#send [name=payload]");
		this.browser.type("by hand", Keys.TAB, Keys.ENTER);
		this.browser.awaitText("#feed li:nth-child(1)", "by hand");
	}

	@Test
	void asksNobodyButTheApplication() {
		open("");
		this.browser.awaitText("#files", "welcome.txt");
		List<?> elsewhere = (List<?>) this.browser.script("""
				return performance.getEntriesByType("resource").map(({ name }) => name)
					.filter((name) => !name.startsWith(location.origin) && !name.startsWith("data:"));
				""");
		assertThat(elsewhere).isEmpty();
	}

	@Test
	void hasLandmarksAndAHeadingForEachPart() {
		open("");
		assertThat(this.browser.findAll("header, main, nav[aria-label]")).hasSize(3);
		for (String name : List.of("files", "transfer", "tables", "live")) {
			this.browser.click("nav a[href='#" + name + "']");
			this.browser.await(name + " must be shown", () -> this.browser.find("#section-" + name).isDisplayed());
			assertThat(this.browser.find("nav a[aria-current]").getDomAttribute("href")).isEqualTo("#" + name);
			assertThat(this.browser.findAll("#section-" + name + " section[aria-labelledby] h2")).isNotEmpty();
		}
	}

}
