package io.trunkline.copy;

import java.math.BigDecimal;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import io.trunkline.connection.PostgresErrors;
import io.trunkline.copy.TypeSamples.Sample;
import io.trunkline.testing.TestPool;
import org.assertj.core.api.recursive.comparison.RecursiveComparisonConfiguration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.dao.TypeMismatchDataAccessException;
import org.springframework.data.relational.core.mapping.Column;
import org.springframework.r2dbc.BadSqlGrammarException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Rows of queries as maps and objects.
 */
class QueryRowsIntegrationTests extends BulkCopyFixture {

	private CopyOutSpec query(String sql) {
		return this.copy.copyOutQuery(sql);
	}

	private List<Map<String, Object>> maps(String sql) {
		return get(query(sql).maps().collectList());
	}

	private static Map<String, Object> row(Object... namesAndValues) {
		Map<String, Object> row = new LinkedHashMap<>();
		for (int i = 0; i < namesAndValues.length; i += 2) {
			row.put((String) namesAndValues[i], namesAndValues[i + 1]);
		}
		return row;
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void readsWhatTheParametersChoose(boolean transaction) {
		sql("INSERT INTO items SELECT i, 'it''s \\ ' || i, i + 0.5 FROM generate_series(1, 3000) i");
		CopyOutSpec query = query("SELECT i.*, :day::date AS day FROM items i"
				+ " WHERE id > $1 AND name <> :name AND (price < :price OR :price IS NULL) ORDER BY id DESC")
			.bind("$1", 1000)
			.bind("name", "it's \\ 2000")
			.bind("day", LocalDate.of(2026, 2, 28));
		List<Item> items = get(
				this.pool.within(transaction, query.bind("price", 2500).objects(Item.class).collectList()));
		List<Item> expected = new ArrayList<>();
		for (int i = 2499; i > 1000; i--) {
			if (i != 2000) {
				expected.add(new Item(i, "it's \\ " + i, new BigDecimal(i + ".5"), LocalDate.of(2026, 2, 28)));
			}
		}
		assertThat(items).isEqualTo(expected);
		List<Map<String, Object>> maps = get(
				this.pool.within(transaction, query.bindNull("price").maps().take(1).collectList()));
		assertThat(maps).containsExactly(row("id", 3000, "name", "it's \\ 3000", "price", new BigDecimal("3000.5"),
				"day", LocalDate.of(2026, 2, 28)));
		assertThatThrownBy(() -> query.maps().blockLast()).isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("[price]");
	}

	@Test
	void readsEveryTypeAsItIsReadOfATable() {
		createTypes();
		Map<String, List<Sample>> samples = TypeSamples.all(this.random);
		List<String> columns = new ArrayList<>();
		List<String> types = List.copyOf(samples.keySet());
		for (int i = 0; i < types.size(); i++) {
			columns.add("\"c %d\" %s".formatted(i, types.get(i)));
		}
		sql("CREATE TABLE everything (row integer, " + String.join(", ", columns) + ", words tsvector)",
				"INSERT INTO everything (row) VALUES (-1)");
		for (int row = 0; row < 3; row++) {
			List<String> values = new ArrayList<>();
			for (String type : types) {
				List<Sample> choice = samples.get(type);
				String literal = choice.get(this.random.nextInt(choice.size())).literal().replace("'", "''");
				values.add("CAST('%s'::text AS %s)".formatted(literal.replace("\0", ""), type));
			}
			sql("INSERT INTO everything VALUES (" + row + ", " + String.join(", ", values) + ", 'a:1 b')");
		}
		List<Map<String, Object>> expected = get(this.copy.copyOut("everything").maps().collectList());
		assertThat(expected).hasSize(4);
		assertThat(maps("SELECT * FROM everything")).as("rows, seed %d", this.seed)
			.usingRecursiveComparison(RecursiveComparisonConfiguration.builder()
				.withComparatorForType(Double::compare, Double.class)
				.withComparatorForType(Float::compare, Float.class)
				.build())
			.isEqualTo(expected);
	}

	private void createTypes() {
		sql("CREATE EXTENSION hstore", "CREATE EXTENSION citext",
				"CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy', 'it''s \"quoted\"')",
				"CREATE DOMAIN tiny AS int4 CHECK (VALUE < 100)", "CREATE DOMAIN small AS tiny CHECK (VALUE < 10)",
				"CREATE TYPE pair AS (number int4, gone int4, label text)", "ALTER TYPE pair DROP ATTRIBUTE gone",
				"CREATE TYPE textrange AS RANGE (subtype = text)");
	}

	@Test
	void readsTypesOfTheApplicationIntoARecord() {
		createTypes();
		Thing thing = get(query("SELECT 'happy'::mood AS mood, 7::small AS small, (1, 'x')::pair AS pair,"
				+ " ARRAY['sad', NULL]::mood[] AS moods, ARRAY[(2, 'y')::pair] AS pairs, 'b a'::tsvector AS words")
			.objects(Thing.class)
			.single());
		assertThat(thing).isEqualTo(new Thing(Mood.HAPPY, 7, new Pair(1, "x"), Arrays.asList(Mood.SAD, null),
				List.of(new Pair(2, "y")), "'a' 'b'"));
	}

	@Test
	void readsAsTextWhatHasNoBinaryFormHere() {
		assertThat(maps("SELECT i, ('w' || i)::tsvector AS words, ROW(i, 'x') AS pair, ARRAY[ROW(i, NULL)] AS pairs,"
				+ " i::text::xid AS xid FROM generate_series(1, 3) i ORDER BY i DESC"))
			.containsExactly(row("i", 3, "words", "'w3'", "pair", "(3,x)", "pairs", "{\"(3,)\"}", "xid", "3"),
					row("i", 2, "words", "'w2'", "pair", "(2,x)", "pairs", "{\"(2,)\"}", "xid", "2"),
					row("i", 1, "words", "'w1'", "pair", "(1,x)", "pairs", "{\"(1,)\"}", "xid", "1"));
		assertThat(maps("SELECT pg_notify('x', ''), 'abc' AS \"unknown\"")).singleElement()
			.asString()
			.isEqualTo("{pg_notify=, unknown=abc}");
	}

	@Test
	void readsNoRowsAndNoColumns() {
		assertThat(maps("SELECT * FROM items")).isEmpty();
		assertThat(get(query("SELECT * FROM items WHERE id = $1").bind("$1", 4).objects(Item.class).collectList()))
			.isEmpty();
		sql("INSERT INTO items VALUES (1), (2)");
		assertThat(maps("SELECT FROM items")).containsExactly(Map.of(), Map.of());
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT 1 AS a;", "SELECT 1 AS a -- one", "SELECT 1 AS a /* ; */ ; -- done\n /* too */",
			" ( (SELECT 1 AS a) )", "(SELECT 1 AS a) UNION (SELECT 1)", "-- one\n/* two */ select 1 as A",
			"WITH x (a) AS (VALUES (1)), y AS (SELECT * FROM x) SELECT * FROM y",
			"WITH RECURSIVE x AS (SELECT 1 AS a UNION SELECT a FROM x WHERE a > 2) TABLE x",
			"WITH RECURSIVE x AS (SELECT 1 AS a UNION SELECT a FROM x WHERE a > 2) SEARCH DEPTH FIRST BY a SET s SELECT a FROM x",
			"WITH x AS (SELECT 1 AS a) (SELECT * FROM x)", "TABLE one",
			"SELECT * FROM (VALUES (1)) AS v (a) FOR UPDATE",
			"SELECT 1 AS a WHERE E'it\\'s $1' || U&'\\0061' <> $tag$ ' $tag$" })
	void readsQueriesOfEveryShape(String sql) {
		sql("CREATE VIEW one AS SELECT 1 AS a");
		assertThat(maps(sql)).as(sql).containsExactly(row("a", 1));
	}

	@Test
	void locksTheRowsThatItReads() {
		sql("INSERT INTO items VALUES (1, 'a', 1)");
		Mono<Long> locks = this.copy.copyOutQuery("SELECT id FROM items FOR UPDATE")
			.maps()
			.then(Mono.fromCallable(() -> this.pool.sideNumber(
					"SELECT count(*) FROM pg_locks WHERE relation = 'items'::regclass AND mode = 'RowShareLock'")));
		assertThat(get(this.pool.within(true, locks))).isOne();
	}

	@Test
	void namesColumnsAsTheServerDoes() {
		assertThat(maps("SELECT 1 + 1, now() IS NULL AS \"a \"\"b\"\"\""))
			.containsExactly(row("?column?", 2, "a \"b\"", false));
		assertThat(maps("VALUES (1, 'x')")).containsExactly(row("column1", 1, "column2", "x"));
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void refusesTwoColumnsOfOneName(boolean transaction) {
		sql("INSERT INTO items VALUES (1, 'a', 1)", "CREATE SEQUENCE used");
		for (String sql : List.of("id SELECT a.id, b.* FROM items a JOIN items b USING (id), nextval('used')",
				"?column? SELECT nextval('used') + 1, 2 + 2")) {
			String[] parts = sql.split(" ", 2);
			Mono<Object> refused = query(parts[1]).maps()
				.<Object>cast(Object.class)
				.onErrorResume(InvalidDataAccessApiUsageException.class, (ex) -> Mono.just(ex.getMessage()))
				.single();
			String answer = get(this.pool.within(transaction, refused.flatMap(
					(message) -> this.pool.values(Integer.class, "SELECT 42").single().map((n) -> n + " " + message))));
			assertThat(answer).startsWith("42 ").contains("[" + parts[0] + "]");
		}
		assertThat(value("SELECT is_called FROM used")).isEqualTo("false");
		this.pool.assertUsable();
	}

	@Test
	void refusesQueriesThatCannotStandInAnother() {
		for (String sql : List.of("INSERT INTO items VALUES (1) RETURNING id", "/* x */ delete from items returning *",
				"UPDATE items SET id = 1 RETURNING id",
				"WITH x (a) AS (SELECT 1) INSERT INTO items SELECT a FROM x RETURNING id",
				"with x AS (SELECT 1), y AS MATERIALIZED (SELECT 2) -- y\n UPDATE items SET id = 1 RETURNING id")) {
			for (Runnable rows : List.<Runnable>of(() -> query(sql).maps(), () -> query(sql).objects(Item.class))) {
				assertThatThrownBy(rows::run).as(sql)
					.isInstanceOf(InvalidDataAccessApiUsageException.class)
					.hasMessageContaining("SELECT, WITH, VALUES or TABLE");
			}
		}
		assertThatThrownBy(() -> query("INSERT INTO items VALUES (1) RETURNING id").maps())
			.hasMessageContaining("not possible with INSERT");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				query("WITH x AS (INSERT INTO items VALUES (1) RETURNING id) SELECT * FROM x").maps()))
			.hasMessageContaining("inside another one");
		assertThat(count("items")).isZero();
		assertThatThrownBy(() -> query("SELECT 1").format(CopyFormat.text()).maps()).hasMessageContaining("'format'");
		this.pool.assertUsable();
	}

	@Test
	void doesNotRunTheQueryToDescribeIt() {
		sql("CREATE SEQUENCE used",
				"CREATE FUNCTION next() RETURNS bigint LANGUAGE sql AS $$ SELECT nextval('used') $$");
		for (String sql : List.of("SELECT nextval('used') AS n FROM generate_series(1, 3)",
				"SELECT n FROM generate_series(1, 3), LATERAL (SELECT next() AS n) AS x",
				"WITH x AS MATERIALIZED (SELECT next() AS n FROM generate_series(1, 3)) SELECT n FROM x")) {
			sql("ALTER SEQUENCE used RESTART");
			assertThat(maps(sql)).as(sql).hasSize(3);
			assertThat(value("SELECT last_value FROM used")).as(sql).isIn("1", "3");
		}
	}

	@Test
	void keepsTheOrderOfTheQuery() {
		sql("INSERT INTO items SELECT i, md5(i::text) FROM generate_series(1, 20000) i");
		List<String> expected = Arrays
			.asList(value("SELECT string_agg(name, ' ' ORDER BY name DESC) FROM items").split(" "));
		for (String column : List.of("1 AS other", "''::tsvector AS other")) {
			List<String> names = get(query("SELECT name, " + column + " FROM items ORDER BY name DESC").maps()
				.map((row) -> (String) row.get("name"))
				.collectList());
			assertThat(names).isEqualTo(expected);
		}
	}

	@Test
	void seesWhatItsTransactionHasMade() {
		Mono<List<Map<String, Object>>> rows = this.pool.connections()
			.execute("CREATE TYPE light AS ENUM ('red'); CREATE TABLE lights (light light);"
					+ " INSERT INTO lights VALUES ('red')")
			.thenMany(query("SELECT * FROM lights").maps())
			.collectList();
		List<Map<String, Object>> seen = get(this.pool.within(true, rows.flatMap(
				(read) -> this.pool.connections().execute("DROP TABLE lights; DROP TYPE light").thenReturn(read))));
		assertThat(seen).containsExactly(row("light", "red"));
	}

	@Test
	void seesATypeThatHasChanged() {
		sql("CREATE TYPE light AS (a integer)", "CREATE TABLE lights (light light)",
				"INSERT INTO lights VALUES (ROW(1))");
		assertThat(maps("SELECT * FROM lights")).containsExactly(row("light", row("a", 1)));
		sql("ALTER TYPE light ADD ATTRIBUTE b text CASCADE");
		assertThat(maps("SELECT * FROM lights")).containsExactly(row("light", row("a", 1, "b", null)));
	}

	@ParameterizedTest
	@ValueSource(strings = { "42P01 SELECT * FROM missing", "42703 SELECT nothing FROM items", "42601 SELECT FROM FROM",
			"22012 SELECT 1 / (300 - i) FROM generate_series(1, 500) i" })
	void leavesATransactionUsableWhenTheQueryFails(String failing) {
		String[] parts = failing.split(" ", 2);
		Mono<String> state = query(parts[1]).maps()
			.then(Mono.just("none"))
			.onErrorResume((ex) -> Mono.just(PostgresErrors.sqlState(ex).orElse(ex.toString())))
			.flatMap(
					(sqlState) -> this.pool.connections().execute("INSERT INTO items VALUES (1)").thenReturn(sqlState));
		assertThat(get(this.pool.within(true, state))).isEqualTo(parts[0]);
		assertThat(count("items")).isOne();
		this.pool.assertUsable();
	}

	@Test
	void tellsWhatIsWrongByClassAndWithoutValues() {
		assertThat(failure(BadSqlGrammarException.class, query("SELECT * FROM missing").maps()))
			.hasMessageContaining("missing");
		assertThat(failure(TypeMismatchDataAccessException.class,
				query("SELECT 'secret' AS id, 1 AS name").objects(Item.class)))
			.hasMessageContaining("\"id\" of type text")
			.hasMessageNotContaining("secret");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				query("SELECT $é$x$é$ || :secret").bind("secret", "hidden").maps()))
			.hasMessageContaining("'sql'")
			.hasMessageNotContaining("hidden")
			.hasNoCause();
		this.pool.assertUsable();
	}

	@Test
	void asksForNoMoreThanTheRoleHas() {
		String role = this.server.createRole("secret");
		sql("GRANT USAGE ON SCHEMA public TO " + role, "CREATE TYPE mood AS ENUM ('sad')",
				"CREATE TABLE moods (id integer, mood mood, hidden text)", "INSERT INTO moods VALUES (1, 'sad', 'x')",
				"GRANT SELECT (id, mood) ON moods TO " + role);
		try (TestPool guest = TestPool.ofOne(this.database, role, "secret")) {
			BulkCopyService service = service(guest);
			assertThat(get(service.copyOutQuery("SELECT id, mood FROM moods WHERE id = :id")
				.bind("id", 1)
				.maps()
				.collectList())).containsExactly(row("id", 1, "mood", "sad"));
			failure(PermissionDeniedDataAccessException.class, service.copyOutQuery("SELECT * FROM moods").maps());
			failure(PermissionDeniedDataAccessException.class, service.copyOutQuery("TABLE items").maps());
			guest.assertUsable();
		}
		finally {
			sql("DROP OWNED BY " + role + " CASCADE");
			this.server.execute("DROP ROLE " + role);
		}
	}

	@Test
	void reportsProgress() {
		List<CopyProgress> progress = new ArrayList<>();
		List<Integer> rows = get(
				query("SELECT i, repeat('x', 100) AS x FROM generate_series(1, 5000) i").onProgress(progress::add)
					.maps()
					.map((row) -> (Integer) row.get("i"))
					.collect(Collectors.toList()));
		assertThat(rows).hasSize(5000);
		assertThat(progress).hasSizeGreaterThan(5).last().satisfies((last) -> {
			assertThat(last.rows()).isEqualTo(5000);
			assertThat(last.bytes()).isGreaterThan(500_000);
		});
	}

	@Test
	void runsAnewWithEachSubscription() {
		Flux<Map<String, Object>> rows = query("SELECT count(*) FROM items").maps().map((row) -> row);
		assertThat(rows.blockLast(TestPool.TIMEOUT)).isEqualTo(row("count", 0L));
		sql("INSERT INTO items VALUES (1)");
		assertThat(rows.blockLast(TestPool.TIMEOUT)).isEqualTo(row("count", 1L));
	}

	record Item(int id, @Column("name") String title, BigDecimal price, LocalDate day) {
	}

	enum Mood {

		SAD, OK, HAPPY

	}

	record Pair(int number, String label) {
	}

	record Thing(Mood mood, int small, Pair pair, List<Mood> moods, List<Pair> pairs, String words) {
	}

}
