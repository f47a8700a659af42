package io.trunkline.sample.page;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.support.ui.Select;

import static io.trunkline.sample.SampleDatabase.DELETION_PASSWORD;
import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of the section Tables. Each has a table of its own, or only reads.
 */
class TablesPageIntegrationTests extends PageFixture {

	private static final String ALL = Keys.chord(Keys.CONTROL, "a");

	@Test
	void createsFillsEditsAndDropsATable() {
		open("#tables");
		this.browser.click("#create-open");
		this.browser.find("#create-form [name=table]").sendKeys("Друзья");
		this.browser.find("fieldset:nth-child(2) [data-option=name]").sendKeys("имя");
		WebElement type = this.browser.find("fieldset:nth-child(2) [data-option=type]");
		type.clear();
		type.sendKeys("nonsense");
		this.browser.click("#create-form [type=submit]");
		this.browser.awaitText("#create-error", "type \"nonsense\" does not exist");
		type.clear();
		type.sendKeys("varchar(20)");
		this.browser.click("#create-form [type=submit]");
		this.browser.awaitText("#rows-empty", "The table has no rows yet");
		for (String name : List.of("Анна", "Борис")) {
			this.browser.click("#row-add");
			this.browser.find("tr.new [aria-label='имя']").sendKeys(name, Keys.ENTER);
			this.browser.awaitText("#rows-body", name);
		}
		editsInPlace();
		this.browser.click("button[aria-label='Delete row 1']");
		this.browser.click("#dialog-action");
		this.browser.awaitText("#rows-state", "Rows 1 to 1 of 1");
		this.browser.click("#table-drop");
		this.browser.find("#dialog [name=password]").sendKeys("a guess", Keys.ENTER);
		this.browser.awaitText("#dialog-error", "the deletion password is wrong");
		assertThat(database().query("SELECT \"имя\" FROM \"Друзья\"")).containsExactly("Вера");
		this.browser.find("#dialog [name=password]").sendKeys(ALL, DELETION_PASSWORD, Keys.ENTER);
		this.browser.awaitGone("a[href$='%D0%94%D1%80%D1%83%D0%B7%D1%8C%D1%8F']");
		assertThat(this.browser.find("#catalogue").getText()).contains("customers").doesNotContain("Друзья");
		assertThat(database().count("pg_class WHERE relname = 'Друзья'")).isZero();
	}

	private void editsInPlace() {
		this.browser.actions().doubleClick(this.browser.find("#rows-body tr:nth-child(2) td:nth-child(2)")).perform();
		WebElement name = this.browser.find("tr.edited [aria-label='имя']");
		assertThat(this.browser.isFocused("tr.edited [aria-label='имя']")).isTrue();
		name.sendKeys(ALL, "x".repeat(21), Keys.ENTER);
		this.browser.awaitText("tr.edited .error", "value too long for type character varying(20)");
		name.sendKeys(ALL, "Вера", Keys.ENTER);
		this.browser.awaitText("#rows-body tr:nth-child(2)", "Вера");
		assertThat(database().query("SELECT \"имя\" FROM \"Друзья\" ORDER BY id")).containsExactly("Анна", "Вера");
	}

	@Test
	void tellsWhyARowCannotBeDeleted() {
		database().execute("CREATE TABLE needed (id bigint PRIMARY KEY)", "INSERT INTO needed VALUES (1)",
				"CREATE TABLE needing (id bigint PRIMARY KEY REFERENCES needed)", "INSERT INTO needing VALUES (1)");
		open("#tables/public.needed");
		this.browser.click("button[aria-label='Delete row 1']");
		this.browser.click("#dialog-action");
		this.browser.awaitText("#dialog-error", "violates foreign key constraint \"needing_id_fkey\"");
		this.browser.click("#dialog-cancel");
		this.browser.click("#table-drop");
		this.browser.find("#dialog [name=password]").sendKeys(DELETION_PASSWORD, Keys.ENTER);
		this.browser.awaitText("#dialog-error", "constraint needing_id_fkey on table needing depends on table needed");
		assertThat(database().count("needed")).isOne();
	}

	@Test
	void tellsOfARowThatIsGoneWhenItIsSaved() {
		database().execute("CREATE TABLE gone (id bigint PRIMARY KEY, name text)", "INSERT INTO gone VALUES (1, 'a')");
		open("#tables/public.gone");
		this.browser.click("button[aria-label='Edit row 1']");
		database().execute("DELETE FROM gone");
		this.browser.find("tr.edited [aria-label='name']").sendKeys(ALL, "b", Keys.ENTER);
		this.browser.awaitText("tr.edited .error", "The row is no longer there");
		this.browser.type(Keys.ESCAPE);
		this.browser.awaitText("#rows-body", "a");
	}

	@Test
	void filtersSortsAndPages() {
		open("#tables/public.customers");
		this.browser.awaitText("#rows-state", "Rows 1 to 25 of 500");
		this.browser.click("#rows-next");
		this.browser.awaitText("#rows-state", "Rows 26 to 50 of 500");
		this.browser.click("#rows-previous");
		this.browser.awaitText("#rows-state", "Rows 1 to 25 of 500");
		this.browser.click("#rows-head th:nth-child(1) button");
		this.browser.click("#rows-head th:nth-child(1) button");
		this.browser.awaitText("#rows-body tr:nth-child(1)", "customer500@example.org");
		filter("email", "contains", "mer49");
		this.browser.awaitText("#rows-state", "Rows 1 to 11 of 11");
		this.browser.find("#filters input").sendKeys("x", Keys.ENTER);
		this.browser.awaitText("#rows-empty", "No row meets the filter.");
		this.browser.click("#rows-empty button");
		this.browser.awaitText("#rows-state", "Rows 1 to 25 of 500");
		filter("joined", "at least", "tomorrow-ish");
		this.browser.awaitText("#rows-error", "joined");
	}

	private void filter(String column, String comparison, String value) {
		this.browser.click("#filter-add");
		new Select(this.browser.find("#filters select:nth-of-type(1)")).selectByVisibleText(column);
		new Select(this.browser.find("#filters select:nth-of-type(2)")).selectByVisibleText(comparison);
		this.browser.find("#filters input").sendKeys(value, Keys.ENTER);
	}

	@Test
	void pagesThroughAMillionRowsByKeyset() {
		database().execute("CREATE TABLE million (id bigint PRIMARY KEY, name text NOT NULL, wave integer NOT NULL)",
				"INSERT INTO million SELECT n, 'row ' || n, n % 1000 FROM generate_series(1, 1000000) n",
				"CREATE INDEX ON million (wave, id)", "ANALYZE million");
		open("#tables/public.million");
		this.browser.awaitText("#rows-state", "Rows 1 to 25 of 1,000,000");
		new Select(this.browser.find("#rows-limit")).selectByVisibleText("500");
		for (int from = 1; from <= 10_000; from += 500) {
			this.browser.awaitText("#rows-state", "Rows %,d to %,d of 1,000,000".formatted(from, from + 499));
			assertThat(ids()).hasSize(500).startsWith((long) from).endsWith(from + 499L);
			this.browser.click("#rows-next");
		}
		new Select(this.browser.find("#rows-limit")).selectByVisibleText("100");
		filter("id", "more than", "999850");
		this.browser.awaitText("#rows-state", "Rows 1 to 100 of 150");
		this.browser.click("#rows-next");
		this.browser.awaitText("#rows-state", "Rows 101 to 150 of 150");
		assertThat(ids()).startsWith(999_951L).endsWith(1_000_000L);
		assertThat(this.browser.find("#rows-next").isEnabled()).isFalse();
		this.browser.click("#filter-clear");
		// The head moves when other rows come.
		this.browser.awaitText("#rows-state", "Rows 1 to 100 of 1,000,000");
		this.browser.click("#rows-head th:nth-child(3) button");
		this.browser.awaitText("#rows-body tr:nth-child(1) td:nth-child(3)", "0");
		List<Long> waves = new ArrayList<>();
		for (int page = 0; page < 15; page++) {
			this.browser.awaitText("#rows-state", "Rows %,d to".formatted(page * 100 + 1));
			waves.addAll(numbers(3));
			this.browser.click("#rows-next");
		}
		assertThat(waves).hasSize(1500).isSorted().startsWith(0L).endsWith(1L);
		assertThat(requests()).filteredOn((address) -> address.contains("_after=")).hasSizeGreaterThan(30);
		assertThat(requests()).noneMatch((address) -> address.contains("_offset="));
	}

	private List<Long> ids() {
		return numbers(1);
	}

	private List<Long> numbers(int column) {
		return strings("return [...document.querySelectorAll('#rows-body td:nth-child(" + column
				+ ")')].map((cell) => cell.textContent)")
			.map(Long::valueOf)
			.toList();
	}

	private List<String> requests() {
		return strings("return performance.getEntriesByType('resource').map(({ name }) => name)").toList();
	}

	private Stream<String> strings(String script) {
		return ((List<?>) Objects.requireNonNull(this.browser.script(script))).stream().map(String::valueOf);
	}

	@Test
	void emptiesATableWithThePasswordOnly() {
		database().execute("CREATE TABLE full_one (id bigint PRIMARY KEY)", "INSERT INTO full_one VALUES (1), (2)");
		open("#tables/public.full_one");
		this.browser.awaitText("#rows-state", "Rows 1 to 2 of 2");
		this.browser.click("#table-empty");
		this.browser.find("#dialog [name=password]").sendKeys("wrong", Keys.ENTER);
		this.browser.awaitText("#dialog-error", "the deletion password is wrong");
		assertThat(database().count("full_one")).isEqualTo(2);
		this.browser.type(Keys.ESCAPE);
		this.browser.await("the dialog must close", () -> !this.browser.find("#dialog").isDisplayed());
		this.browser.click("#table-empty");
		assertThat(this.browser.find("#dialog-error").isDisplayed()).isFalse();
		this.browser.find("#dialog [name=password]").sendKeys(DELETION_PASSWORD, Keys.ENTER);
		this.browser.awaitText("#rows-empty", "The table has no rows yet");
		assertThat(database().count("full_one")).isZero();
	}

}
