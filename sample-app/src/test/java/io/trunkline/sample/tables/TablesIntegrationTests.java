package io.trunkline.sample.tables;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import com.jayway.jsonpath.JsonPath;
import io.trunkline.sample.SampleDatabase;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@code /api/tables} over HTTP. The application has one connection only, so
 * whatever keeps it makes the next request fail.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "spring.r2dbc.pool.max-size=1", "spring.r2dbc.pool.initial-size=1" })
@DirtiesContext
@Timeout(180)
class TablesIntegrationTests {

	private static final String BOOK = "{\"id\": %d, \"title\": \"%s\", \"author\": \"%s\", \"price\": %s}";

	private static final SampleDatabase database = new SampleDatabase();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@LocalServerPort
	private int port;

	@DynamicPropertySource
	static void connect(DynamicPropertyRegistry registry) {
		database.connect(registry);
	}

	@AfterAll
	static void dropDatabase() {
		database.close();
	}

	@BeforeEach
	void refill() {
		database.execute("DROP SCHEMA IF EXISTS other CASCADE",
				"DO $$ DECLARE t text; BEGIN FOR t IN SELECT quote_ident(relname) FROM pg_class WHERE relkind = 'r'"
						+ " AND relnamespace = 'public'::regnamespace AND relname NOT IN ('books', 'files')"
						+ " LOOP EXECUTE 'DROP TABLE ' || t || ' CASCADE'; END LOOP; END $$",
				"TRUNCATE books", """
						INSERT INTO books VALUES (1, 'Walden', 'Thoreau', 6.97, '1854-08-09'),
						(2, 'Moby-Dick', 'Melville', 8.85, '1851-10-18'), (3, 'Emma', 'Austen', 8.70, '1815-12-23'),
						(4, 'Kim', 'Kipling', NULL, NULL), (5, 'Persuasion', 'Austen', 5.00, '1817-12-20')""");
	}

	@Test
	void tellsTheCatalogue() throws Exception {
		String json = get("/api/tables").body();
		assertThat(JsonPath.<List<String>>read(json, "$[*].table")).containsExactly("public.books", "public.files");
		assertThat(JsonPath.<List<Boolean>>read(json, "$[*].readOnly")).containsExactly(false, true);
	}

	@Test
	void describesATable() throws Exception {
		String json = get("/api/tables/books").body();
		assertThat(JsonPath.<String>read(json, "$.table")).isEqualTo("public.books");
		assertThat(JsonPath.<String>read(json, "$.kind")).isEqualTo("table");
		assertThat(JsonPath.<List<String>>read(json, "$.columns[*].name")).containsExactly("id", "title", "author",
				"price", "published");
		assertThat(JsonPath.<List<String>>read(json, "$.columns[*].type")).containsExactly("bigint", "text", "text",
				"numeric(8,2)", "date");
		assertThat(JsonPath.<List<Boolean>>read(json, "$.columns[*].nullable")).containsExactly(false, false, true,
				true, true);
		assertThat(JsonPath.<List<String>>read(json, "$.primaryKey")).containsExactly("id");
		assertThat(JsonPath.<List<String>>read(json, "$.checks[*].name")).containsExactly("books_price_not_negative");
		assertThat(get("/api/tables/public.books").body()).isEqualTo(json);
	}

	@Test
	void describesKeysAndTypes() throws Exception {
		database.execute("CREATE SCHEMA other", "CREATE TYPE other.mood AS ENUM ('sad', 'happy')", """
				CREATE TABLE other.loans (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
				book bigint CONSTRAINT loans_book REFERENCES books ON DELETE CASCADE, mood other.mood,
				code text CONSTRAINT loans_code UNIQUE DEFAULT 'x', twice int GENERATED ALWAYS AS (1 + 1) STORED)""",
				"COMMENT ON COLUMN other.loans.code IS 'of the shelf'");
		String json = get("/api/tables/other.loans").body();
		assertThat(JsonPath.<Map<String, Object>>read(json, "$.foreignKeys[0]")).containsEntry("name", "loans_book")
			.containsEntry("columns", List.of("book"))
			.containsEntry("table", "public.books")
			.containsEntry("referencedColumns", List.of("id"))
			.containsEntry("onDelete", "cascade");
		assertThat(JsonPath.<List<String>>read(json, "$.uniqueKeys[*].name")).containsExactly("loans_code");
		assertThat(JsonPath.<List<String>>read(json, "$.columns[2].values")).containsExactly("sad", "happy");
		assertThat(JsonPath.<String>read(json, "$.columns[3].defaultExpression")).isEqualTo("'x'::text");
		assertThat(JsonPath.<String>read(json, "$.columns[3].comment")).isEqualTo("of the shelf");
		assertThat(JsonPath.<String>read(json, "$.columns[0].identity")).isEqualTo("always");
		assertThat(JsonPath.<String>read(json, "$.columns[4].generated")).isEqualTo("(1 + 1)");
	}

	@Test
	void createsATable() throws Exception {
		HttpResponse<String> created = post("/api/tables/new_users", """
				[{"name": "id", "type": "bigint", "options": {"primary_key": true, "autoincrement": true}},
				{"name": "name", "type": "text", "options": {"default": "it's", "unique": true, "nullable": false}},
				{"name": "made", "type": "timestamptz", "options": {"default_expression": "now()"}},
				{"name": "book", "type": "bigint", "options": {"references": "books.id"}}]""");
		assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
		assertThat(created.headers().firstValue("Location")).hasValue("/api/tables/new_users");
		assertThat(get("/api/tables/new_users").body()).isEqualTo(created.body());
		assertThat(JsonPath.<List<String>>read(created.body(), "$.columns[*].type")).containsExactly("bigint", "text",
				"timestamp with time zone", "bigint");
		assertThat(JsonPath.<String>read(created.body(), "$.foreignKeys[0].table")).isEqualTo("public.books");
		assertThat(written(post("/api/tables/new_users/rows", "{}"))).containsExactly(1, 0, 0);
		assertThat(database.query("SELECT id || name FROM new_users")).containsExactly("1it's");
	}

	@Test
	void refusesATableThatIsThereAlready() throws Exception {
		HttpResponse<String> response = post("/api/tables/books", "[{\"name\": \"id\", \"type\": \"int\"}]");
		assertProblem(response, 409, "relation \"books\" already exists");
		assertThat(JsonPath.<String>read(response.body(), "$.sqlState")).isEqualTo("42P07");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
			[]                                                          | has no columns
			[{"name": "a"}]                                             | 'type' of a column's definition must be text
			[{"name": "a", "type": "nonsense"}]                         | type "nonsense" does not exist
			[{"name": "a", "type": "int); DROP TABLE books; --"}]       | is not the name of a type
			[{"name": "a", "type": "int", "options": {"size": 5}}]      | unknown option [size]
			[{"name": "a", "type": "int", "options": {"default": "x"}}] | invalid input syntax for type integer
			[{"name": "a", "type": "int", "options": 5}]                | must be a map
			[{"name": "", "type": "int"}]                               | 'column' must not be empty
			[{"name": "a", "type": "int"}, {"name": "a", "type": "int"}] | two columns of one name
			[{"name": "a", "type": "int", "options": {"references": "boks.id"}}] | relation "boks" does not exist
			5                                                           | The body is not the JSON
			[{"name": "a", "type": "int"                                | The body is not the JSON
			""")
	void refusesDefinitionsThatAreNone(String columns, String detail) throws Exception {
		assertProblem(post("/api/tables/refused", columns), 400, detail);
		assertThat(get("/api/tables/refused").statusCode()).isEqualTo(404);
	}

	@ParameterizedTest
	@ValueSource(strings = { "{\"check\": \"pg_sleep(1) IS NOT NULL\"}",
			"{\"Default_Expression\": \"pg_read_file('/etc/passwd')\"}" })
	void refusesSqlOfTheRequest(String options) throws Exception {
		assertProblem(
				post("/api/tables/refused", "[{\"name\": \"a\", \"type\": \"text\", \"options\": " + options + "}]"),
				403, "sample.tables.expressions");
		assertThat(get("/api/tables/refused").statusCode()).isEqualTo(404);
	}

	@Test
	void readsRows() throws Exception {
		String json = get("/api/tables/books/rows").body();
		assertThat(JsonPath.<Integer>read(json, "$.total")).isEqualTo(5);
		assertThat(JsonPath.<Object>read(json, "$.next")).isNull();
		assertThat(json).contains(
				"{\"id\":3,\"title\":\"Emma\",\"author\":\"Austen\",\"price\":8.70," + "\"published\":\"1815-12-23\"}");
		assertThat(ids("/api/tables/books/rows")).containsExactly(1, 2, 3, 4, 5);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
			author=Austen                      | 3 5
			author=eq.Austen&price=lt.6        | 5
			price=gte.8.70                     | 2 3
			price=gt.8.70                      | 2
			price=lte.6.97                     | 1 5
			price=gte.5&price=lt.8.8           | 1 3 5
			price=neq.5                        | 1 2 3
			price=is.null                      | 4
			price=is.notnull&id=gt.3           | 5
			id=in.1,3,99                       | 1 3
			id=in.(1,3)                        | 1 3
			title=in."Moby-Dick","a ""b"", c"  | 2
			title=like.%m%                     | 3 4
			title=ilike.%m%                    | 2 3 4
			title=eq.eq.x                      |
			published=1815-12-23               | 3
			published=gt.1851-01-01            | 1 2
			"title"=Emma                       | 3
			_order=price.desc                  | 4 2 3 1 5
			_order=price.desc.nullslast        | 2 3 1 5 4
			_order=author,price                | 5 3 4 2 1
			_order="author".desc,id.asc        | 1 2 4 3 5
			_order=id.desc&_limit=2            | 5 4
			_offset=3                          | 4 5
			_limit=2&_offset=1                 | 2 3
			_offset=100                        |
			""")
	void filtersAndOrders(String parameters, @Nullable String expected) throws Exception {
		List<Integer> ids = (expected != null) ? Stream.of(expected.split(" ")).map(Integer::valueOf).toList()
				: List.of();
		assertThat(ids("/api/tables/books/rows?" + encoded(parameters))).containsExactlyElementsOf(ids);
	}

	@Test
	void countsWhatMeetsTheConditionUnlessToldNotTo() throws Exception {
		assertThat(JsonPath.<Integer>read(get("/api/tables/books/rows?author=Austen&_limit=1").body(), "$.total"))
			.isEqualTo(2);
		assertThat(JsonPath.<Object>read(get("/api/tables/books/rows?_count=false").body(), "$.total")).isNull();
	}

	@Test
	void selectsColumns() throws Exception {
		assertThat(get("/api/tables/books/rows?_columns=title,id&_limit=1").body())
			.contains("\"rows\":[{\"title\":\"Walden\",\"id\":1}]");
		assertThat(get("/api/tables/books/rows?_columns=title&_order=price&_limit=1").body())
			.contains("\"rows\":[{\"title\":\"Persuasion\"}]");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "&_order=author", "&_order=price.desc", "&_order=price",
			"&_order=published.desc,price", "&_offset=0", "&_columns=id&_order=author" })
	void followsTheNextAddressThroughAllRows(String order) throws Exception {
		List<Integer> all = ids("/api/tables/books/rows?_limit=1000" + order);
		List<Integer> followed = new ArrayList<>();
		String address = "/api/tables/books/rows?_limit=2" + order;
		for (int pages = 0; address != null; pages++) {
			assertThat(pages).isLessThan(4);
			String json = get(address).body();
			followed.addAll(JsonPath.<List<Integer>>read(json, "$.rows[*].id"));
			address = JsonPath.read(json, "$.next");
		}
		assertThat(followed).containsExactlyElementsOf(all).hasSize(5);
	}

	@Test
	void goesOnByOffsetWhereThereIsNoKey() throws Exception {
		database.execute("CREATE TABLE bare AS SELECT n FROM generate_series(1, 5) n");
		String json = get("/api/tables/bare/rows?_order=n&_limit=3").body();
		assertThat(JsonPath.<String>read(json, "$.next"))
			.isEqualTo("/api/tables/bare/rows?_order=n&_limit=3&_offset=3");
		assertThat(JsonPath.<List<Integer>>read(get(JsonPath.<String>read(json, "$.next")).body(), "$.rows[*].n"))
			.containsExactly(4, 5);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
			nme=x           | public.books has no column [nme]
			titel=x         | did you mean [title]
			_order=titel    | did you mean [title]
			_columns=titel  | did you mean [title]
			_limt=5         | public.books has no column [_limt]
			_limit=0        | '_limit' must be a whole number from 1 to 1000, and is '0'
			_limit=1001     | '_limit' must be
			_limit=many     | '_limit' must be
			_offset=-1      | '_offset' must be
			_count=maybe    | '_count' must be true or false
			_limit=1&_limit=2 | given twice
			_after=x        | '_after' is not one
			_after=e30      | '_after' is not one
			_after=eyJhIjoxfQ | no value for [id]
			_offset=1&_after=e30 | not with '_offset'
			_order="id".up  | must be asc or desc
			_order="id      | not closed
			id=abc          | not a whole number
			published=2001-02-31 | not a date such as
			price=is.nothing | none of is.null
			title           | has no value
			""")
	void refusesParametersThatMeanNothing(String parameters, String detail) throws Exception {
		assertProblem(get("/api/tables/books/rows?" + encoded(parameters)), 400, detail);
	}

	@Test
	void namesTheUnknownColumn() throws Exception {
		String problem = get("/api/tables/books/rows?nme=x").body();
		assertThat(JsonPath.<String>read(problem, "$.column")).isEqualTo("nme");
		assertThat(JsonPath.<String>read(problem, "$.table")).isEqualTo("public.books");
	}

	@Test
	void offersTheNearestTable() throws Exception {
		assertProblem(get("/api/tables/boks"), 404, "did you mean [books]");
		assertProblem(get("/api/tables/boks/rows"), 404, "did you mean [books]");
		assertProblem(post("/api/tables/boks/rows", "{}"), 404, "did you mean [books]");
		assertProblem(get("/api/tables/" + "x".repeat(64)), 400, "PostgreSQL would cut it off after 63");
		assertProblem(get("/api/tables/a.b.c"), 400, "has 3 parts");
	}

	@Test
	void insertsOneRowOrSeveral() throws Exception {
		assertThat(written(post("/api/tables/books/rows", book(6, "Ulysses", "Joyce", "28.87")))).containsExactly(1, 0,
				0);
		assertThat(written(post("/api/tables/books/rows",
				"[" + book(7, "a", "b", "1")
						+ ", {\"id\": 8, \"title\": \"published only\", \"published\": \"2001-01-01\"}]")))
			.containsExactly(2, 0, 0);
		assertThat(written(post("/api/tables/books/rows", "[]"))).containsExactly(0, 0, 0);
		assertThat(database.query("SELECT title || coalesce(price::text, '-') FROM books WHERE id > 5 ORDER BY id"))
			.containsExactly("Ulysses28.87", "a1.00", "published only-");
	}

	@Test
	void insertsManyRowsOrNone() throws Exception {
		String rows = IntStream.range(100, 12_100)
			.mapToObj((id) -> book(id, "t" + id, "x", "1.5"))
			.collect(Collectors.joining(",", "[", "]"));
		assertThat(written(post("/api/tables/books/rows", rows))).containsExactly(12_000, 0, 0);
		String again = rows.replace("\"id\": 12", "\"id\": 22").replace("\"t12099\"", "null");
		assertProblem(post("/api/tables/books/rows?mode=insert", again), 409, "books_pkey");
		assertProblem(post("/api/tables/books/rows", rows.substring(0, rows.length() - 40)), 400,
				"The body is not the JSON");
		assertThat(database.query("SELECT count(*) FROM books")).containsExactly("12005");
	}

	@Test
	void changesOrLeavesRowsThatAreThereAlready() throws Exception {
		String rows = "[" + book(1, "Walden II", "Skinner", "3") + "," + book(6, "new", "x", "1") + "]";
		assertThat(written(post("/api/tables/books/rows?mode=ignore", rows))).containsExactly(1, 0, 1);
		assertThat(written(post("/api/tables/books/rows?mode=upsert&key=id", rows))).containsExactly(0, 2, 0);
		assertThat(written(post("/api/tables/books/rows?mode=upsert", "{\"id\": 2, \"title\": \"only the title\"}")))
			.containsExactly(0, 1, 0);
		assertThat(database.query("SELECT title || author FROM books WHERE id IN (1, 2) ORDER BY id"))
			.containsExactly("Walden IISkinner", "only the titleMelville");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
			{"id": 9, "titel": "x"}              |                      | 400 | did you mean [title]
			{"id": 9}                            |                      | 400 | null value in column "title"
			{"id": "nine", "title": "x"}         |                      | 400 | id
			{"id": 9.5, "title": "x"}            |                      | 400 | id
			{"id": 9, "title": "x", "price": -1} |                      | 400 | books_price_not_negative
			{"id": 9, "title": "x", "price": 1e9} |                     | 400 | numeric field overflow
			{"id": 1, "title": "x"}              |                      | 409 | books_pkey
			[5]                                  |                      | 400 | The body is not the JSON
			"text"                               |                      | 400 | The body is not the JSON
			{"id": 9, "title": "a\\u0000b"}      |                      | 400 | NUL
			{"id": 9, "title": "x"}              | mode=replace         | 400 | one of insert, upsert, ignore
			{"id": 9, "title": "x"}              | mode=upsert&key=name | 400 | no column [name]
			{"id": 9, "title": "x"}              | mode=upsert&key=title | 400 | no unique constraint
			{"id": 9, "title": "x"}              | key=id               | 400 | mode=upsert or mode=ignore
			{"title": "x"}                       | id=9                 | 400 | no parameter 'id'
			[{"id": 9, "title": "x"}, {"id": 9, "title": "y"}] | mode=upsert | 409 | have the same key
			""")
	void refusesRowsThatDoNotFit(String rows, @Nullable String parameters, int status, String detail) throws Exception {
		HttpResponse<String> response = post("/api/tables/books/rows" + ((parameters != null) ? "?" + parameters : ""),
				rows);
		assertProblem(response, status, detail);
		assertThat(database.query("SELECT count(*) FROM books")).containsExactly("5");
	}

	/**
	 * Several times, as buffers that are freed too often break whoever has them next.
	 */
	@ParameterizedTest
	@ValueSource(strings = { "{bad", "[{\"id\": 8, \"title\": \"x\"}, {bad", "[{\"id\": 8}", "]" })
	void refusesRowsThatAreNotJson(String rows) throws Exception {
		for (int i = 0; i < 10; i++) {
			for (String parameters : List.of("", "?mode=upsert&key=id", "?mode=ignore")) {
				assertProblem(post("/api/tables/books/rows" + parameters, rows), 400, "The body is not the JSON");
				assertThat(ids("/api/tables/books/rows")).hasSize(5);
			}
		}
	}

	@Test
	void tellsSqlStateConstraintAndColumn() throws Exception {
		String check = post("/api/tables/books/rows", "{\"id\": 9, \"title\": \"x\", \"price\": -1}").body();
		assertThat(JsonPath.<String>read(check, "$.sqlState")).isEqualTo("23514");
		assertThat(JsonPath.<String>read(check, "$.constraint")).isEqualTo("books_price_not_negative");
		String missing = post("/api/tables/books/rows", "{\"id\": 9}").body();
		assertThat(JsonPath.<String>read(missing, "$.sqlState")).isEqualTo("23502");
		assertThat(JsonPath.<String>read(missing, "$.column")).isEqualTo("title");
	}

	@Test
	void changesRowsThatMeetACondition() throws Exception {
		HttpResponse<String> response = patch("/api/tables/books/rows?author=Austen",
				"{\"author\": \"Jane Austen\", \"price\": null}");
		assertThat(response.body()).isEqualTo("{\"updated\":2}");
		assertThat(patch("/api/tables/books/rows?id=99", "{\"author\": \"x\"}").body()).isEqualTo("{\"updated\":0}");
		assertThat(
				database.query("SELECT id::text FROM books WHERE author = 'Jane Austen' AND price IS NULL ORDER BY id"))
			.containsExactly("3", "5");
	}

	@Test
	void deletesRowsThatMeetACondition() throws Exception {
		assertThat(delete("/api/tables/books/rows?price=gte.8&author=neq.Austen", null).body())
			.isEqualTo("{\"deleted\":1}");
		assertThat(delete("/api/tables/books/rows?id=in.1,2,3", null).body()).isEqualTo("{\"deleted\":2}");
		assertThat(database.query("SELECT id::text FROM books ORDER BY id")).containsExactly("4", "5");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '^', textBlock = """
			                    | There is no condition
			nme=x               | no column [nme]
			id=is.notnull       | holds for every row
			_limit=1            | only for reading rows
			id                  | has no value
			id=one              | not a whole number
			all=false           | no column [all]
			""")
	void touchesNothingWithoutACondition(@Nullable String parameters, String detail) throws Exception {
		String query = (parameters != null) ? "?" + parameters : "";
		assertProblem(patch("/api/tables/books/rows" + query, "{\"author\": \"x\"}"), 400, detail);
		assertProblem(delete("/api/tables/books/rows" + query, null), 400, detail);
		assertThat(database.query("SELECT count(*) FROM books WHERE author <> 'x'")).containsExactly("5");
	}

	@Test
	void refusesChangesThatDoNotFit() throws Exception {
		assertProblem(patch("/api/tables/books/rows?id=1", "{}"), 400, "sets nothing");
		assertProblem(patch("/api/tables/books/rows?id=1", "{\"titel\": \"x\"}"), 400, "did you mean [title]");
		assertProblem(patch("/api/tables/books/rows?id=1", "{\"title\": null}"), 400, "null value in column \"title\"");
		assertProblem(patch("/api/tables/books/rows?id=1", "[]"), 400, "The body is not the JSON");
		assertProblem(patch("/api/tables/books/rows?id=1", "{\"id\": 2}"), 409, "books_pkey");
		assertThat(database.query("SELECT title FROM books WHERE id = 1")).containsExactly("Walden");
	}

	@Test
	void deletesAllRowsWithThePasswordOnly() throws Exception {
		assertProblem(delete("/api/tables/books/rows?all=true", null), 403, "'deleteAll' of [public.books] was denied");
		assertProblem(delete("/api/tables/books/rows?all=true", "guess"), 403, "was denied");
		assertProblem(delete("/api/tables/books/rows?all=true&id=1", "open sesame"), 400, "give one of them");
		assertThat(database.query("SELECT count(*) FROM books")).containsExactly("5");
		HttpResponse<String> right = delete("/api/tables/books/rows?all=true", "open sesame");
		assertThat(right.statusCode()).isEqualTo(204);
		assertThat(right.body()).isEmpty();
		assertThat(database.query("SELECT count(*) FROM books")).containsExactly("0");
	}

	@Test
	void dropsATableWithThePasswordOnly() throws Exception {
		database.execute("CREATE TABLE doomed (id int)");
		assertProblem(delete("/api/tables/doomed", null), 403, "'dropTable' of [public.doomed] was denied");
		assertProblem(delete("/api/tables/doomed", "guess"), 403, "was denied");
		assertThat(get("/api/tables/doomed").statusCode()).isEqualTo(200);
		assertThat(delete("/api/tables/doomed", "open sesame").statusCode()).isEqualTo(204);
		assertThat(get("/api/tables/doomed").statusCode()).isEqualTo(404);
		assertProblem(delete("/api/tables/doomed", "open sesame"), 404, "There is no table");
	}

	@Test
	void saysWhatDependsOnATable() throws Exception {
		database.execute("CREATE TABLE loans (book bigint REFERENCES books)");
		assertProblem(delete("/api/tables/books", "open sesame"), 409, "constraint loans_book_fkey on table loans");
		assertThat(database.query("SELECT count(*) FROM books")).containsExactly("5");
	}

	@Test
	void leavesTheTableOfTheFilesToTheFiles() throws Exception {
		assertThat(get("/api/tables/files/rows").statusCode()).isEqualTo(200);
		for (String name : List.of("files", "public.files", "\"public\".\"files\"")) {
			String table = "/api/tables/" + encode(name);
			assertProblem(post(table + "/rows", "{}"), 403, "/api/files");
			assertProblem(patch(table + "/rows?id=1", "{\"name\": \"x\"}"), 403, "/api/files");
			assertProblem(delete(table + "/rows?id=1", null), 403, "/api/files");
			assertProblem(delete(table + "/rows?all=true", "open sesame"), 403, "/api/files");
			assertProblem(delete(table, "open sesame"), 403, "/api/files");
			assertProblem(post("/api/import/" + encode(name), "{}"), 403, "/api/files");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "pg_catalog.pg_authid", "pg_authid", "information_schema.tables" })
	void keepsAwayFromTheServersOwnTables(String table) throws Exception {
		assertProblem(get("/api/tables/" + table), 403, "the server's own");
		assertProblem(get("/api/tables/" + table + "/rows"), 403, "the server's own");
		assertProblem(get("/api/export/" + table), 403, "the server's own");
		assertProblem(patch("/api/tables/" + table + "/rows?rolname=x", "{\"rolname\": \"y\"}"), 403, "server's own");
		assertProblem(delete("/api/tables/" + table + "/rows?rolname=x", null), 403, "the server's own");
	}

	@Test
	void takesNamesInAnyScript() throws Exception {
		String table = "/api/tables/" + encode("Новые пользователи");
		assertThat(post(table, """
				[{"name": "ключ", "type": "bigint", "options": {"primary_key": true}},
				{"name": "Имя и фамилия", "type": "text", "options": {"default": "Аноним"}}]""").headers()
			.firstValue("Location")).hasValue(table.replace("+", "%20"));
		post(table + "/rows", "[{\"ключ\": 1}, {\"ключ\": 2, \"Имя и фамилия\": \"Анна\"}]");
		assertThat(get(table + "/rows?" + encode("Имя и фамилия") + "=" + encode("Анна")).body())
			.contains("\"rows\":[{\"ключ\":2,\"Имя и фамилия\":\"Анна\"}]");
		assertThat(patch(table + "/rows?" + encode("Имя и фамилия") + "=" + encode("Аноним"),
				"{\"Имя и фамилия\": \"Борис\"}")
			.body()).isEqualTo("{\"updated\":1}");
		assertThat(JsonPath.<List<String>>read(get(table + "/rows?_order=" + encode("Имя и фамилия") + ".desc").body(),
				"$.rows[*]['Имя и фамилия']"))
			.containsExactly("Борис", "Анна");
		assertThat(delete(table, "open sesame").statusCode()).isEqualTo(204);
	}

	@ParameterizedTest
	@ValueSource(strings = { "a\"b", "a'b", "a b", "a.b", "a,b", "a/b", "a%b", "a;b", "a\\b", "a?b", "a#b", "_limit",
			"Select", "a\nb", "; DROP TABLE books; --", "' OR '1'='1", "$1", ":x", "a+b", "[0]", "{x}", ".." })
	void takesHostileNames(String name) throws Exception {
		String quoted = '"' + name.replace("\"", "\"\"") + '"';
		String table = "/api/tables/" + encode(quoted);
		String json = JsonPath.parse(List.of(Map.of("name", name, "type", "text"))).jsonString();
		HttpResponse<String> created = post(table, json);
		assertThat(created.statusCode()).as(created.body()).isEqualTo(201);
		assertThat(JsonPath.<String>read(created.body(), "$.name")).isEqualTo(name);
		assertThat(get(created.headers().firstValue("Location").orElseThrow()).body()).isEqualTo(created.body());
		post(table + "/rows", JsonPath.parse(Map.of(name, name)).jsonString());
		post(table + "/rows", JsonPath.parse(Map.of(name, "other")).jsonString());
		String parameters = "?_order=" + encode(quoted) + ".desc&_columns=" + encode(quoted) + "&" + encode(quoted)
				+ "=" + encode("eq." + name);
		HttpResponse<String> read = get(table + "/rows" + parameters);
		assertThat(read.statusCode()).as(read.body()).isEqualTo(200);
		assertThat(JsonPath.<Integer>read(read.body(), "$.total")).isOne();
		assertThat(JsonPath.<List<Map<String, String>>>read(read.body(), "$.rows")).containsExactly(Map.of(name, name));
		assertThat(delete(table + "/rows?" + encode(quoted) + "=" + encode("in.(" + quoted + ")"), null).body())
			.isEqualTo("{\"deleted\":1}");
		assertThat(delete(table, "open sesame").statusCode()).isEqualTo(204);
		assertThat(database.query("SELECT count(*) FROM books")).containsExactly("5");
	}

	/**
	 * What is read can be sent back, whatever the type.
	 */
	@Test
	void writesWhatItHasRead() throws Exception {
		database.execute("CREATE SCHEMA other", "CREATE TYPE other.mood AS ENUM ('sad', 'happy')",
				"CREATE TYPE other.pair AS (a int, b text)", """
						CREATE TABLE other.types (a_int8 bigint PRIMARY KEY, a_numeric numeric, a_float8 float8,
						a_bool bool, a_text text, a_bytea bytea, a_uuid uuid, a_date date, a_time time, a_timetz timetz,
						a_timestamp timestamp, a_timestamptz timestamptz, an_interval interval, a_json json,
						a_jsonb jsonb, an_array int[], texts text[], a_range int4range, a_mood other.mood,
						a_pair other.pair, an_inet inet, a_point point, a_bit bit(3), a_money money, byteas bytea[])""",
				"""
						INSERT INTO other.types VALUES (9007199254740993, 12345678901234567890.12345678901234567890,
						1.5e300, true, 'a "b" \\ €', '\\x00ff', '6f1d6e1c-7b0e-4f2f-9d4b-0b8a8b0f8f00', '2024-02-29',
						'12:34:56.789', '12:34:56+02', '2024-02-29 12:34:56.123456', '2024-02-29 12:34:56.123456+02',
						'1 year 2 mons 3 days 04:05:06.7', '{"a":[1,null]}', '{"a": 1.50}', '{1,NULL,3}',
						'{"a b",NULL,"x,y"}', '[1,5)', 'happy', '(1,"x y")', '192.168.0.1/24', '(1.5,2)', '101',
						'12.50', '{"\\\\x00ff"}'),
						(2, 'NaN', 'Infinity', false, '', '', NULL, 'infinity', '24:00', '00:00+14', '-infinity',
						'infinity', '-1 day', '"aA"', '[]', '{}', '{""}', 'empty', 'sad', '(,)', '::1', '(-0,1e-10)',
						'000', '-1', '{}')""");
		String json = get("/api/tables/other.types/rows?_order=a_int8").body();
		assertThat(JsonPath.<Integer>read(json, "$.total")).as(json).isEqualTo(2);
		String rows = json.substring(json.indexOf("\"rows\":") + 7, json.lastIndexOf(",\"next\""));
		String before = String.join("\n", database.query("SELECT t::text FROM other.types t ORDER BY 1"));
		assertThat(delete("/api/tables/other.types/rows?all=true", "open sesame").statusCode()).isEqualTo(204);
		HttpResponse<String> written = post("/api/tables/other.types/rows", rows);
		assertThat(written.statusCode()).as(written.body() + rows).isEqualTo(200);
		assertThat(String.join("\n", database.query("SELECT t::text FROM other.types t ORDER BY 1"))).isEqualTo(before);
		for (String column : List.of("a_int8", "a_numeric", "a_float8", "a_text", "a_bytea", "a_date", "a_time",
				"a_timetz", "a_timestamp", "a_timestamptz", "an_interval", "a_jsonb", "an_array", "texts", "a_range",
				"a_mood", "a_pair", "an_inet", "a_bit", "a_money", "byteas")) {
			String address = "/api/tables/other.types/rows?_columns=a_int8&_limit=1&_order=" + column;
			Set<Object> seen = new HashSet<>();
			for (int pages = 0; address != null && pages < 3; pages++) {
				HttpResponse<String> page = get(address);
				assertThat(page.statusCode()).as(column + page.body()).isEqualTo(200);
				seen.addAll(JsonPath.<List<Object>>read(page.body(), "$.rows[*].a_int8"));
				address = JsonPath.read(page.body(), "$.next");
			}
			assertThat(seen).as(column).hasSize(2);
		}
	}

	@Test
	void readsViewsAndRefusesToDropThem() throws Exception {
		database.execute("CREATE SCHEMA other",
				"CREATE VIEW other.authors AS SELECT author, count(*) AS books FROM books GROUP BY author");
		assertThat(JsonPath.<Integer>read(get("/api/tables/other.authors/rows?_limit=2").body(), "$.total"))
			.isEqualTo(4);
		assertProblem(post("/api/tables/other.authors/rows", "{\"author\": \"x\"}"), 400, "cannot insert into view");
		assertProblem(delete("/api/tables/other.authors", "open sesame"), 400, "is not a table");
	}

	@Test
	void answersRequestsThatItHasNotReadAndThoseThatFollow() throws Exception {
		for (int i = 0; i < 100; i++) {
			assertProblem(post("/api/tables/boks/rows", "{\"id\": 1}"), 404, "There is no table");
			assertThat(get("/api/tables/books").statusCode()).isEqualTo(200);
		}
	}

	/**
	 * So curl sends what it is given where nobody tells it what that is.
	 */
	@ParameterizedTest
	@CsvSource({ "POST,/api/tables/books/rows", "PATCH,/api/tables/books/rows?id=1", "POST,/api/tables/made" })
	void saysHowToSendJson(String method, String path) throws Exception {
		BodyPublisher body = BodyPublishers.ofString("{\"id\": 6}");
		assertProblem(
				send(request(path).header("Content-Type", "application/x-www-form-urlencoded").method(method, body)),
				415, "'Content-Type: application/json'");
		assertProblem(send(request(path).method(method, body)), 415, "has no Content-Type");
		assertThat(ids("/api/tables/books/rows")).hasSize(5);
	}

	private static void assertProblem(HttpResponse<String> response, int status, String detail) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(JsonPath.<String>read(response.body(), "$.detail")).contains(detail);
		assertThat(response.body()).doesNotContain("\tat ", "Exception", "SELECT ", "INSERT ", "REDACTED");
	}

	private List<Integer> ids(String path) throws Exception {
		HttpResponse<String> response = get(path);
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return JsonPath.read(response.body(), "$.rows[*].id");
	}

	private static List<Integer> written(HttpResponse<String> response) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return List.of(JsonPath.<Integer>read(response.body(), "$.inserted"),
				JsonPath.<Integer>read(response.body(), "$.updated"),
				JsonPath.<Integer>read(response.body(), "$.skipped"));
	}

	private static String book(int id, String title, String author, String price) {
		return BOOK.formatted(id, title, author, price);
	}

	private static String encode(String text) {
		return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
	}

	/**
	 * Encode what an address cannot hold, but not what divides parameters.
	 */
	private static String encoded(String parameters) {
		return encode(parameters).replace("%3D", "=").replace("%26", "&");
	}

	private HttpResponse<String> get(String path) throws Exception {
		return send(request(path).GET());
	}

	private HttpResponse<String> post(String path, String json) throws Exception {
		return send(request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(json)));
	}

	private HttpResponse<String> patch(String path, String json) throws Exception {
		return send(request(path).header("Content-Type", "application/json")
			.method("PATCH", BodyPublishers.ofString(json)));
	}

	private HttpResponse<String> delete(String path, @Nullable String password) throws Exception {
		HttpRequest.Builder request = request(path).DELETE();
		return send((password != null) ? request.header("X-Deletion-Password", password) : request);
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.port + path));
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
		return this.client.send(request.build(), BodyHandlers.ofString());
	}

}
