package io.trunkline.copy;

import java.util.List;

import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Merges by keys that are no ordinary ones: with nulls that are equal, and deferrable.
 */
class LoadKeyIntegrationTests extends BulkCopyFixture {

	/** Before PostgreSQL 15 what stands for null here is a value like others. */
	private static final boolean EQUAL_NULLS = PostgresTestServer.get().majorVersion() >= 15;

	private static final CopyFormat FORMAT = EQUAL_NULLS ? CopyFormat.csv().nullString("-") : CopyFormat.csv();

	private LoadReport load(LoadSpec spec, String content) {
		return get(spec.format(FORMAT).from(content(content)));
	}

	private String rows(String table) {
		return value("SELECT string_agg(concat_ws(',', coalesce(a, '-'), coalesce(b, '-'), v), ' ' ORDER BY v) FROM "
				+ table);
	}

	private static void assertCounts(LoadReport report, long inserted, long updated, long unchanged, long skipped) {
		assertThat(List.of(report.inserted(), report.updated(), report.unchanged(), report.skipped()))
			.as("inserted, updated, unchanged, skipped")
			.containsExactly(inserted, updated, unchanged, skipped);
	}

	private static List<String> rejects(LoadReport report) {
		return report.rejects().stream().map((row) -> row.line() + " " + row.sqlState()).toList();
	}

	/**
	 * @param key {@code %s} stands for how nulls are compared
	 */
	private LoadSpec parts(String key) {
		sql("CREATE TABLE parts (a text, b text, v text)", key.formatted(EQUAL_NULLS ? "NULLS NOT DISTINCT" : ""),
				EQUAL_NULLS ? "INSERT INTO parts VALUES ('x', NULL, '1'), (NULL, NULL, '2')"
						: "INSERT INTO parts VALUES ('x', '-', '1'), ('-', '-', '2')");
		return this.copy.load("parts");
	}

	@ParameterizedTest
	@ValueSource(strings = { "CREATE UNIQUE INDEX k ON parts (b, a) %s", "ALTER TABLE parts ADD UNIQUE %s (a, b)",
			"ALTER TABLE parts ADD UNIQUE %s (a, b) DEFERRABLE",
			"ALTER TABLE parts ADD UNIQUE %s (a, b) DEFERRABLE INITIALLY DEFERRED" })
	void findsRowsByEqualNulls(String key) {
		LoadSpec spec = parts(key);
		assertCounts(load(spec.merge(Merge.update("a", "b")), "x,-,1\n-,-,9\n-,z,8\n"), 1, 1, 1, 0);
		assertThat(rows("parts")).isEqualTo("x,-,1 -,z,8 -,-,9");
		assertCounts(load(spec.merge(Merge.ignore("a", "b")), "x,-,5\n-,-,5\n-,q,7\n"), 1, 0, 0, 2);
		assertThat(rows("parts")).isEqualTo("x,-,1 -,q,7 -,z,8 -,-,9");
		LoadReport report = load(spec.merge(Merge.update("a", "b").deletingMissing()), "-,-,9\n-,q,6\n");
		assertCounts(report, 0, 1, 1, 0);
		assertThat(report.deleted()).isEqualTo(2);
		assertThat(rows("parts")).isEqualTo("-,q,6 -,-,9");
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "CREATE UNIQUE INDEX k ON parts (b, a) %s", "ALTER TABLE parts ADD UNIQUE %s (a, b) DEFERRABLE",
					"ALTER TABLE parts ADD UNIQUE %s (a, b) DEFERRABLE INITIALLY DEFERRED" })
	void takesRowsOfTheSourceWithEqualNullsForDuplicates(String key) {
		LoadSpec spec = parts(key).merge(Merge.update("a", "b"));
		String csv = "-,-,7\ny,-,8\ny,-,9\n";
		DuplicateKeyException failure = failure(DuplicateKeyException.class, spec.format(FORMAT).from(content(csv)));
		assertThat(CopyLocation.find(failure)).map(CopyLocation::line).hasValue(3L);
		assertThat(rows("parts")).isEqualTo("x,-,1 -,-,2");
		LoadReport report = load(spec.reject(Rejects.upTo(1)), csv);
		assertThat(rejects(report)).containsExactly("3 23505");
		assertCounts(report, 1, 1, 0, 0);
		assertThat(rows("parts")).isEqualTo("x,-,1 -,-,7 y,-,8");
		assertCounts(load(spec.duplicateKeys(DuplicateKeys.LAST), "y,-,3\ny,-,4\n"), 0, 1, 0, 1);
		assertThat(rows("parts")).isEqualTo("x,-,1 y,-,4 -,-,7");
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "CREATE UNIQUE INDEX k ON parts (b, a) %s", "ALTER TABLE parts ADD UNIQUE %s (a, b) DEFERRABLE",
					"ALTER TABLE parts ADD UNIQUE %s (a, b) DEFERRABLE INITIALLY DEFERRED" })
	void rejectsWhatHasEqualNulls(String key) {
		LoadSpec spec = parts(key).reject(Rejects.upTo(9));
		LoadReport report = load(spec, "q,-,5\nx,-,6\n-,-,7\nq,-,8\n-,z,9\n");
		assertThat(rejects(report)).containsExactly("2 23505", "3 23505", "4 23505");
		assertThat(rows("parts")).isEqualTo("x,-,1 -,-,2 q,-,5 -,z,9");
	}

	@ParameterizedTest
	@CsvSource({ "DEFERRABLE, false", "DEFERRABLE, true", "DEFERRABLE INITIALLY DEFERRED, false",
			"DEFERRABLE INITIALLY DEFERRED, true" })
	void mergesByADeferrablePrimaryKey(String deferrable, boolean transaction) {
		deferrableItems(deferrable);
		LoadSpec update = this.copy.load("items").merge(Merge.update());
		assertCounts(get(this.pool.within(transaction, update.from(content("1,a,1\n2,x,2\n5,e,5\n")))), 1, 1, 1, 0);
		LoadReport rejecting = get(this.pool.within(transaction,
				update.reject(Rejects.upTo(3)).from(content("6,f,6\n2,y,2\n6,g,7\nx,h,8\n,i,9\n"))));
		assertCounts(rejecting, 1, 1, 0, 0);
		assertThat(rejects(rejecting)).containsExactly("3 23505", "4 22P02", "5 23502");
		assertThat(value("SELECT string_agg(id || name, ' ' ORDER BY id) FROM items")).isEqualTo("1a 2y 5e 6f");
		DuplicateKeyException failure = failure(DuplicateKeyException.class,
				this.pool.within(transaction, update.from(content("7,a,1\n7,b,1\n"))));
		assertThat(CopyLocation.find(failure)).map(CopyLocation::line).hasValue(2L);
		assertThat(count("items")).isEqualTo(4);
	}

	private void deferrableItems(String deferrable) {
		sql("ALTER TABLE items DROP CONSTRAINT items_pkey", "ALTER TABLE items ADD PRIMARY KEY (id) " + deferrable,
				"INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2)");
	}

	@ParameterizedTest
	@CsvSource({ "DEFERRABLE, false", "DEFERRABLE, true", "DEFERRABLE INITIALLY DEFERRED, false",
			"DEFERRABLE INITIALLY DEFERRED, true" })
	void ignoresWhatADeferrablePrimaryKeyHas(String deferrable, boolean named) {
		deferrableItems(deferrable);
		LoadSpec ignore = this.copy.load("items").merge(named ? Merge.ignore("id") : Merge.ignore());
		assertCounts(get(ignore.from(content("2,x,2\n3,c,3\n3,d,4\n"))), 1, 0, 0, 2);
		LoadReport rejecting = get(ignore.reject(Rejects.upTo(3)).from(content("4,d,4\n3,y,2\nx,z,1\n4,e,4\n")));
		assertCounts(rejecting, 1, 0, 0, 2);
		assertThat(rejects(rejecting)).containsExactly("3 22P02");
		assertThat(value("SELECT string_agg(id || name, ' ' ORDER BY id) FROM items")).isEqualTo("1a 2b 3c 4d");
	}

	@ParameterizedTest
	@CsvSource({ "DEFERRABLE, false", "DEFERRABLE, true", "DEFERRABLE INITIALLY DEFERRED, false",
			"DEFERRABLE INITIALLY DEFERRED, true" })
	void rejectsWhatADeferrableKeyRefuses(String deferrable, boolean transaction) {
		deferrableItems(deferrable);
		sql("ALTER TABLE items ADD UNIQUE (name) " + deferrable);
		LoadSpec insert = this.copy.load("items").reject(Rejects.upTo(9));
		LoadReport report = get(
				this.pool.within(transaction, insert.from(content("3,c,3\n2,d,2\n4,c,4\n5,a,5\n6,f,6\n3,g,7\n"))));
		assertThat(rejects(report)).containsExactly("2 23505", "3 23505", "4 23505", "6 23505");
		assertCounts(report, 2, 0, 0, 0);
		LoadReport updating = get(this.pool.within(transaction,
				insert.merge(Merge.update()).from(content("1,b,1\n2,q,2\n7,f,3\n8,h,4\n9,h,5\n"))));
		assertThat(rejects(updating)).contains("3 23505", "5 23505");
		assertThat(value("SELECT count(*) = count(DISTINCT name) AND count(*) = count(DISTINCT id) FROM items"))
			.isEqualTo("true");
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void rejectsWhatADeferredForeignKeyRefuses(boolean transaction) {
		sql("CREATE TABLE lines (item int REFERENCES items DEFERRABLE INITIALLY DEFERRED, n int)",
				"INSERT INTO items VALUES (1, 'a', 1)");
		Mono<LoadReport> load = this.copy.load("lines").reject(Rejects.upTo(9)).from(content("1,1\n2,2\n,3\n"));
		// The caller still has the time to add what is referred to.
		Mono<LoadReport> work = transaction ? load.flatMap(
				(report) -> this.pool.connections().execute("INSERT INTO items VALUES (2, 'b', 2)").thenReturn(report))
				: load;
		LoadReport report = get(this.pool.within(transaction, work));
		assertThat(rejects(report)).isEqualTo(transaction ? List.of() : List.of("2 23503"));
		assertThat(count("lines")).isEqualTo(transaction ? 3 : 2);
	}

	@Test
	void skipsDuplicatesWhereNoConstraintTells() {
		sql("CREATE TABLE plain (a int, b text)", "INSERT INTO plain VALUES (1, 'a')");
		assertCounts(get(this.copy.load("plain").merge(Merge.ignore("a")).from(content("1,b\n2,c\n2,d\n,e\n,f\n"))), 3,
				0, 0, 2);
		assertThat(value("SELECT string_agg(b, '' ORDER BY b) FROM plain")).isEqualTo("acef");
	}

	@Test
	void asksForTheKeyWhereADeferrableConstraintIsNotTheOnlyOne() {
		deferrableItems("");
		sql("ALTER TABLE items ADD CONSTRAINT one_name UNIQUE (name) DEFERRABLE");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.copy.load("items").merge(Merge.ignore()).from(content("2,x,2\n"))))
			.hasMessageContaining("[one_name]")
			.hasMessageContaining("'ignore'");
		assertCounts(get(this.copy.load("items").merge(Merge.ignore("id")).from(content("2,x,2\n3,x,2\n"))), 1, 0, 0,
				1);
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(strings = { "id", "line", "kept", "c", "k0", "one", "s" })
	void takesKeysOfAnyName(String name) {
		sql("CREATE TABLE named (%s int PRIMARY KEY, v text UNIQUE DEFERRABLE INITIALLY DEFERRED)".formatted(name),
				"INSERT INTO named VALUES (1, 'a'), (2, 'b')");
		LoadSpec spec = this.copy.load("named").merge(Merge.update()).reject(Rejects.upTo(9));
		LoadReport report = get(spec.from(content("1,c\n3,b\n4,d\n4,e\n5,d\n")));
		assertThat(rejects(report)).containsExactlyInAnyOrder("2 23505", "4 23505", "5 23505");
		assertCounts(report, 1, 1, 0, 0);
		assertCounts(get(spec.duplicateKeys(DuplicateKeys.LAST).from(content("6,f\n6,g\n"))), 1, 0, 0, 1);
		assertThat(value("SELECT string_agg(v, '' ORDER BY v) FROM named")).isEqualTo("bcdg");
	}

	@Test
	void replacesUnderADeferredKey() {
		deferrableItems("DEFERRABLE INITIALLY DEFERRED");
		LoadReport report = get(this.copy.load("items")
			.merge(Merge.replace())
			.reject(Rejects.upTo(9))
			.from(content("1,x,1\n1,y,1\n2,z,1\n")));
		assertThat(rejects(report)).containsExactly("2 23505");
		assertThat(value("SELECT string_agg(id || name, ' ' ORDER BY id) FROM items")).isEqualTo("1x 2z");
	}

}
