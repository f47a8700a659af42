package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

class LoadMergeIntegrationTests extends BulkCopyFixture {

	private String rows(String table) {
		return value("SELECT string_agg(t::text, ' ' ORDER BY t::text) FROM " + table + " t");
	}

	private LoadReport load(LoadSpec spec, String content) {
		return get(spec.from(content(content)));
	}

	private static void assertCounts(LoadReport report, long staged, long inserted, long updated, long unchanged,
			long skipped) {
		assertThat(List.of(report.staged(), report.inserted(), report.updated(), report.unchanged(), report.skipped()))
			.as("staged, inserted, updated, unchanged, skipped")
			.containsExactly(staged, inserted, updated, unchanged, skipped);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void inserts(boolean transaction) {
		int count = 1 + this.random.nextInt(500);
		String csv = items(1, count);
		LoadReport report = get(this.pool.within(transaction, this.copy.load("items").from(content(csv))));
		assertCounts(report, count, count, 0, 0, 0);
		assertThat(report.bytes()).isEqualTo(csv.getBytes(StandardCharsets.UTF_8).length);
		assertThat(report.duration()).isPositive();
		assertItems(count);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void insertsByWayOfStaging(boolean transaction) {
		int count = 1 + this.random.nextInt(500);
		LoadReport report = get(this.pool.within(transaction,
				this.copy.load("items")
					.staging("staged items")
					.beforeMerge("DELETE FROM \"staged items\" WHERE id > $1", count)
					.from(content(items(1, count + 3)))));
		assertCounts(report, count, count, 0, 0, 0);
		assertItems(count);
	}

	@Test
	void tellsWhileItStagesHowManyRowsWereRead() {
		List<CopyProgress> progress = new ArrayList<>();
		get(this.copy.load("items")
			.merge(Merge.update())
			.reject(Rejects.unlimited())
			.onProgress(progress::add)
			.from(content(items(1, 20_000) + "one too few,a\n")));
		assertThat(progress).extracting(CopyProgress::rows)
			.filteredOn(Objects::nonNull)
			.isSorted()
			.anyMatch((rows) -> rows > 0 && rows < 20_000)
			.endsWith(20_000L);
	}

	@Test
	void followsBinaryDataThatItStages() {
		sql("CREATE TABLE source AS SELECT i AS id, 'x' || i AS name, i::numeric AS price"
				+ " FROM generate_series(1, 20000) i");
		byte[] whole = bytes(this.copy.copyOut("source").format(CopyFormat.binary()).data());
		LoadSpec load = this.copy.load("items").format(CopyFormat.binary()).merge(Merge.update());
		assertThatThrownBy(() -> get(load.from(content(Arrays.copyOf(whole, whole.length - 2)))))
			.isInstanceOf(CopyDataException.class)
			.hasMessageContaining("cut off");
		assertThat(count("items")).isZero();
		List<CopyProgress> progress = new ArrayList<>();
		assertCounts(get(load.onProgress(progress::add).from(content(whole))), 20_000, 20_000, 0, 0, 0);
		assertThat(progress).extracting(CopyProgress::rows)
			.filteredOn(Objects::nonNull)
			.isSorted()
			.anyMatch((rows) -> rows > 0 && rows < 20_000)
			.endsWith(20_000L);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void updatesWhatChanged(boolean transaction) {
		sql("INSERT INTO items VALUES (1, 'a', 1.0), (2, 'b', 2), (3, NULL, NULL), (9, 'z', 9)");
		LoadReport report = get(this.pool.within(transaction,
				this.copy.load("items").merge(Merge.update()).from(content("1,a,1.00\n2,b,2\n3,,\n4,d,4\n"))));
		assertCounts(report, 4, 1, 1, 2, 0);
		assertThat(rows("items")).isEqualTo("(1,a,1.00) (2,b,2) (3,,) (4,d,4) (9,z,9)");
	}

	@Test
	void updatesAlwaysAndOnlySomeColumns() {
		sql("INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2)");
		assertCounts(load(this.copy.load("items").merge(Merge.update("id").columns("name").always()),
				"1,a,7\n2,x,8\n3,c,9\n"), 3, 1, 2, 0, 0);
		assertThat(rows("items")).isEqualTo("(1,a,1) (2,x,2) (3,c,9)");
	}

	@Test
	void ignoresWhatIsThere() {
		sql("CREATE UNIQUE INDEX ON items (name)", "INSERT INTO items VALUES (1, 'a', 1)");
		assertCounts(load(this.copy.load("items").merge(Merge.ignore()), "1,q,1\n2,a,1\n3,c,3\n3,d,3\n"), 4, 1, 0, 0,
				3);
		assertCounts(load(this.copy.load("items").merge(Merge.ignore("id")), "3,q,1\n4,d,1\n"), 2, 1, 0, 0, 1);
		assertThat(rows("items")).isEqualTo("(1,a,1) (3,c,3) (4,d,1)");
	}

	@Test
	void replacesAll() {
		sql("INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2)");
		LoadReport report = load(this.copy.load("items").merge(Merge.replace()), "2,x,2\n3,y,3\n");
		assertCounts(report, 2, 2, 0, 0, 0);
		assertThat(report.deleted()).isEqualTo(2);
		assertThat(rows("items")).isEqualTo("(2,x,2) (3,y,3)");
	}

	@Test
	void deletesWhatIsMissing() {
		sql("INSERT INTO items VALUES (1, 'a', 1), (2, 'b', 2), (3, 'c', 3)");
		LoadReport report = load(this.copy.load("items").merge(Merge.update().deletingMissing()), "2,b,2\n4,d,4\n");
		assertCounts(report, 2, 1, 0, 1, 0);
		assertThat(report.deleted()).isEqualTo(2);
		assertThat(rows("items")).isEqualTo("(2,b,2) (4,d,4)");
	}

	@ParameterizedTest
	@EnumSource(DuplicateKeys.class)
	void keepsOneOfEqualKeys(DuplicateKeys rule) {
		sql("INSERT INTO items VALUES (2, 'old', 0)");
		LoadSpec spec = this.copy.load("items").merge(Merge.update()).duplicateKeys(rule);
		String csv = "1,first,1\n2,b,2\n1,\"sec\nond\",2\n1,last,3\n";
		if (rule == DuplicateKeys.REJECT) {
			DuplicateKeyException failure = failure(DuplicateKeyException.class, spec.from(content(csv)));
			assertThat(CopyLocation.find(failure)).hasValue(new CopyLocation(3, null));
			assertThat(rows("items")).isEqualTo("(2,old,0)");
		}
		else {
			assertCounts(load(spec, csv), 4, 1, 1, 0, 2);
			assertThat(rows("items")).isEqualTo("(1," + rule.name().toLowerCase(Locale.ROOT) + ","
					+ (rule == DuplicateKeys.FIRST ? 1 : 3) + ") (2,b,2)");
		}
		this.pool.assertUsable();
	}

	@Test
	void mergesOnAnyColumns() {
		sql("CREATE TABLE parts (a text, b int, v json, UNIQUE (a, b) DEFERRABLE)",
				"INSERT INTO parts VALUES ('x', 1, '[1]'), ('x', 2, '[2]'), (NULL, 3, '[3]')");
		for (String key : List.of("a,b", "b,a")) {
			assertCounts(
					load(this.copy.load("parts").merge(Merge.update(key.split(","))),
							"x,1,[1]\nx,2,\"[9]\"\ny,5,[5]\n"),
					3, key.startsWith("a") ? 1 : 0, key.startsWith("a") ? 1 : 0, key.startsWith("a") ? 1 : 3, 0);
		}
		assertThat(rows("parts")).isEqualTo("(,3,[3]) (x,1,[1]) (x,2,[9]) (y,5,[5])");
		assertThat(failure(DuplicateKeyException.class,
				this.copy.load("parts").merge(Merge.update("a", "b")).from(content("z,1,1\nz,1,2\n"))))
			.hasMessageContaining("line 2");
		assertThatThrownBy(() -> load(this.copy.load("parts").merge(Merge.update()), "x,1,1\n"))
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("no primary key");
		assertThatThrownBy(() -> load(this.copy.load("parts").columns("a").merge(Merge.update("b")), "x\n"))
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("[b]");
	}

	@Test
	void updatesOnlyWhereAColumnThatIsNeededIsMissing() {
		sql("ALTER TABLE items ALTER name SET NOT NULL", "INSERT INTO items VALUES (1, 'a', 1)");
		assertCounts(load(this.copy.load("items").columns("id", "price").merge(Merge.update()), "1,5\n"), 1, 0, 1, 0,
				0);
		assertThat(rows("items")).isEqualTo("(1,a,5)");
	}

	@Test
	void mergesIntoAPartitionedTable() {
		sql("CREATE TABLE parted (id int, day date, v text, PRIMARY KEY (id, day)) PARTITION BY RANGE (day)",
				"CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')",
				"CREATE TABLE parted_2 (v text, day date NOT NULL, id int NOT NULL)",
				"ALTER TABLE parted ATTACH PARTITION parted_2 FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')",
				"INSERT INTO parted VALUES (1, '2020-05-05', 'a'), (2, '2021-05-05', 'b')");
		assertCounts(load(this.copy.load("parted").merge(Merge.update()),
				"1,2020-05-05,a\n2,2021-05-05,c\n3,2020-07-07,d\n4,2021-07-07,e\n"), 4, 2, 1, 1, 0);
		assertThat(failure(CopyDataException.class,
				this.copy.load("parted").merge(Merge.update()).from(content("5,2020-01-01,x\n6,2030-01-01,y\n")))
			.getLocation()).isEqualTo(new CopyLocation(2, null));
	}

	@ParameterizedTest
	@ValueSource(strings = { "insert", "update" })
	void loadsAViewWithTriggers(String kind) {
		sql("CREATE TABLE base (id int, v text)", "INSERT INTO base VALUES (1, 'a')",
				"CREATE VIEW shown AS SELECT id, upper(v) AS v FROM base", """
						CREATE FUNCTION write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
						 IF TG_OP = 'INSERT' THEN
						  IF NEW.id < 0 THEN RETURN NULL; END IF;
						  INSERT INTO base VALUES (NEW.id, lower(NEW.v)); RETURN NEW;
						 END IF;
						 UPDATE base SET v = lower(NEW.v) WHERE id = OLD.id; RETURN NEW;
						END $$""",
				"CREATE TRIGGER t INSTEAD OF INSERT OR UPDATE ON shown FOR EACH ROW EXECUTE FUNCTION write()");
		if (kind.equals("insert")) {
			assertCounts(load(this.copy.load("shown"), "2,B\n-1,C\n"), 2, 1, 0, 0, 1);
			assertThat(rows("base")).isEqualTo("(1,a) (2,b)");
		}
		else {
			assertCounts(load(this.copy.load("shown").merge(Merge.update("id")), "1,X\n2,B\n"), 2, 1, 1, 0, 0);
			assertThat(rows("base")).isEqualTo("(1,x) (2,b)");
		}
	}

	@Test
	void leavesOutGeneratedColumns() {
		sql("CREATE TABLE g (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text,"
				+ " big text GENERATED ALWAYS AS (upper(name)) STORED, n int GENERATED BY DEFAULT AS IDENTITY)");
		assertCounts(load(this.copy.load("g"), "a,1\nb,2\n"), 2, 2, 0, 0, 0);
		assertCounts(load(this.copy.load("g").staging("s").beforeMerge("UPDATE s SET name = name || $1", "!"), "c,3\n"),
				1, 1, 0, 0, 0);
		assertThat(rows("g")).isEqualTo("(1,a,A,1) (2,b,B,2) (3,c!,C!,3)");
		assertCounts(load(this.copy.load("g").merge(Merge.update()), "1,a,1\n2,x,2\n7,y,3\n"), 3, 1, 1, 1, 0);
		assertThat(rows("g")).isEqualTo("(1,a,A,1) (2,x,X,2) (3,c!,C!,3) (7,y,Y,3)");
	}

	@Test
	void loadsQuotedNamesOfOtherSchemas() {
		sql("CREATE SCHEMA \"My Schema\"",
				"CREATE TABLE \"My Schema\".\"T \"\"x\"\" é\" (\"Key\" int PRIMARY KEY, \"a b'c\" text, \"select\" int CHECK (\"select\" < 10))",
				"INSERT INTO \"My Schema\".\"T \"\"x\"\" é\" VALUES (1, 'a', 1)");
		LoadSpec spec = this.copy.load("My Schema.T \"x\" é").columnsFromHeader().merge(Merge.update("Key"));
		String header = "select,Key,a b'c\n";
		assertCounts(load(spec, header + "1,1,a\n2,2,b\n"), 2, 1, 0, 1, 0);
		LoadReport report = load(spec.reject(Rejects.upTo(5)), header + "3,1,q\n99,3,c\n,\"4\",d\nx,5,d\n");
		assertCounts(report, 2, 1, 1, 0, 0);
		assertThat(report.rejects()).extracting(RejectedRow::line, RejectedRow::column, RejectedRow::sqlState)
			.containsExactly(tuple(3L, "select", "23514"), tuple(5L, "select", "22P02"));
	}

	@Test
	void runsOwnSqlOverStagedJson() {
		sql("CREATE TABLE authors (id serial PRIMARY KEY, name text UNIQUE)",
				"CREATE TABLE books (title text, author int NOT NULL REFERENCES authors)");
		LoadReport report = load(this.copy.load("books")
			.format(CopyFormat.jsonLines())
			.staging("staged")
			.stagingColumn("data", "jsonb")
			.beforeMerge("CREATE INDEX ON staged ((data->>'author'))")
			.merge(Merge
				.sql("INSERT INTO authors (name) SELECT DISTINCT data->>'author' FROM staged ON CONFLICT DO NOTHING")
				.andSql("INSERT INTO books SELECT s.data->>'title', a.id FROM staged s JOIN authors a"
						+ " ON a.name = s.data->>'author' WHERE s.data->>'title' <> $1", "skip me"))
			.afterMerge("ANALYZE books"),
				"{\"title\": \"A \\\"1\\\"\", \"author\": \"x\"}\n\n{\"title\":\"B\",\"author\":\"y\"}\n"
						+ "{\"title\":\"C\\u00e9\",\"author\":\"x\"}\n{\"title\":\"skip me\",\"author\":\"x\"}\n");
		assertCounts(report, 4, 5, 0, 0, 0);
		assertThat(value("SELECT string_agg(title || '-' || name, ' ' ORDER BY title) FROM books b JOIN authors a"
				+ " ON a.id = b.author"))
			.isEqualTo("A \"1\"-x B-y Cé-x");
	}

	@Test
	void loadsJsonLinesByName() {
		sql("CREATE TABLE things (id int PRIMARY KEY, tags text[], doc jsonb, at timestamptz, note text)");
		LoadReport report = load(
				this.copy.load("things").format(CopyFormat.jsonLines()).merge(Merge.update()).reject(Rejects.upTo(9)),
				"""
						{"id": 1, "tags": ["a", "b \\"c\\\\", null], "doc": {"x": [1, 2]}, "at": "2024-01-01T00:00:00Z", "note": "tab\\tü\\u00fc\\ud83d\\ude00"}
						{"id": 2, "note": null, "doc": "text"}

						[1]
						{"id": 3, "other": 1}
						{"id": "x"}
						{"id": 4,
						""");
		assertCounts(report, 2, 2, 0, 0, 0);
		assertThat(report.rejects()).extracting(RejectedRow::line, RejectedRow::sqlState)
			.containsExactly(tuple(4L, "22P02"), tuple(5L, "42703"), tuple(6L, "22P02"), tuple(7L, "22P02"));
		assertThat(
				value("SELECT tags[2] || '|' || (tags[3] IS NULL) || '|' || (doc->'x'->>1) || '|' || note FROM things"
						+ " WHERE id = 1"))
			.isEqualTo("b \"c\\|true|2|tab\tüü😀");
		assertThat(value("SELECT doc::text || (note IS NULL)::text FROM things WHERE id = 2"))
			.isEqualTo("\"text\"true");
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void mergesMaps(boolean rejecting) {
		sql("INSERT INTO items VALUES (1, 'a', 1)");
		LoadSpec spec = this.copy.load("items").merge(Merge.update());
		List<Map<String, Object>> rows = List.of(Map.of("id", 1, "name", "b"), Map.of("id", 2, "name", "c"));
		assertCounts(get((rejecting ? spec.reject(Rejects.upTo(1)) : spec).fromMaps(Flux.fromIterable(rows))), 2, 1, 1,
				0, 0);
		assertThat(rows("items")).isEqualTo("(1,b,1) (2,c,)");
	}

	record Item(int id, String name) {
	}

	@Test
	void mergesObjects() {
		sql("INSERT INTO items VALUES (1, 'a', 1)");
		assertCounts(get(this.copy.load("items")
			.merge(Merge.update())
			.fromObjects(Flux.range(1, 300).map((i) -> new Item(i, "n" + i)), Item.class)), 300, 299, 1, 0, 0);
		assertThat(value("SELECT name || price FROM items WHERE id = 1")).isEqualTo("n11");
	}

	@Test
	void rejectsMaps() {
		List<Map<String, Object>> rows = List.of(Map.of("id", 1, "name", "a"), Map.of("id", "x", "name", "b"),
				Map.of("name", "c"), Map.of("id", 1, "name", "d"), Map.of("id", 5, "name", "e", "more", 1));
		LoadReport report = get(this.copy.load("items").reject(Rejects.upTo(9)).fromMaps(Flux.fromIterable(rows)));
		assertCounts(report, 1, 1, 0, 0, 0);
		assertThat(report.rejects()).extracting(RejectedRow::line, RejectedRow::column, RejectedRow::sqlState)
			.containsExactly(tuple(2L, "id", "22023"), tuple(3L, "id", "23502"), tuple(4L, "id", "23505"),
					tuple(5L, "more", "22023"));
	}

	@Test
	void runsScriptsInOneTransaction() {
		sql("CREATE TABLE lines (item int REFERENCES items, n int)");
		Mono<LoadReport> items = this.copy.load("items").merge(Merge.update()).from(content("1,a,1\n2,b,2\n"));
		Mono<LoadReport> lines = this.copy.load("lines").reject(Rejects.upTo(1)).from(content("1,1\n2,2\n3,3\n"));
		Mono<LoadReport> bad = this.copy.load("lines").from(content("1,x\n"));
		List<LoadReport> reports = get(this.copy.script().load(items).load(lines).run());
		assertThat(reports).extracting(LoadReport::inserted).containsExactly(2L, 2L);
		sql("TRUNCATE items, lines");
		assertThat(failure(CopyDataException.class, this.copy.script().load(items).load(lines).load(bad).run())
			.getLocation()).isEqualTo(new CopyLocation(1, "n"));
		assertThat(count("items") + count("lines")).isZero();
		PartialLoadException partial = failure(PartialLoadException.class,
				this.copy.script().load(items).load(bad).load(lines).committingEach().run());
		assertThat(partial.getCommitted()).extracting(LoadReport::table).containsExactly("items");
		assertThat(count("items")).isEqualTo(2);
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.pool.within(true, this.copy.script().load(items).committingEach().run())))
			.hasMessageContaining("committingEach");
	}

	@Test
	void repeatsInOneTransaction() {
		LoadSpec spec = this.copy.load("items").merge(Merge.update()).reject(Rejects.upTo(1));
		LoadReport second = get(this.pool.within(true,
				spec.from(content("1,a,1\nx,b,2\n"))
					.then(failing(this.copy.load("items").merge(Merge.update()).from(content("5,a,x\n"))))
					.then(spec.from(content("1,c,1\n2,b,2\n")))));
		assertCounts(second, 2, 1, 1, 0, 0);
		assertThat(rows("items")).isEqualTo("(1,c,1) (2,b,2)");
	}

	private static Mono<Void> failing(Mono<?> work) {
		return work.then(Mono.<Void>error(new AssertionError("should have failed")))
			.onErrorResume(CopyDataException.class, (ex) -> Mono.empty());
	}

}
