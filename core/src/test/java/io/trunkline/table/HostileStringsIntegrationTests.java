package io.trunkline.table;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessException;
import org.springframework.data.domain.Sort;
import org.springframework.data.relational.core.query.Criteria;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Strings that try to become SQL, in every place that takes one: they are data or a clear
 * error, and the schema stays what it was.
 */
class HostileStringsIntegrationTests extends TableFixture {

	private static final int COUNT = 10_000;

	/** For the further forms of a place. */
	private static final int FEW = 1000;

	private static final int AT_ONCE = 4;

	private static final String[] PIECES = { "'", "\"", "''", "\"\"", "\\", "\\'", ";", "--", "/*", "*/", "$$", "$1",
			"$a$", ")", "(", ",", " ", "\n", "\t", "\r", "\0", "\uD800", "\uDC00", "\uD83D\uDE00", "%", "_", "{", "}",
			"?", ":x", "@", "#", "E'", "U&'", "\u2019", "\uFF07", "\u02BC", "ы", "DROP TABLE items",
			"DROP SCHEMA public CASCADE", " OR 1=1", " OR TRUE", "UNION SELECT", "null", "NULL", "items", "name", "id",
			"public.", ".", "x", "1", "-1", "pg_sleep(1)", "::text", "RETURNING", "DEFAULT", "long".repeat(20) };

	private String hostile() {
		StringBuilder text = new StringBuilder();
		for (int i = this.random.nextInt(6); i >= 0; i--) {
			text.append(PIECES[this.random.nextInt(PIECES.length)]);
		}
		return text.toString();
	}

	private String schema() {
		return value(
				"SELECT (SELECT string_agg(c.oid || c.relname || c.relkind::text, ',' ORDER BY c.oid) FROM pg_class c"
						+ " WHERE c.relnamespace = 'public'::regnamespace) || (SELECT string_agg(attrelid || attname || atttypid,"
						+ " ',' ORDER BY attrelid, attnum) FROM pg_attribute WHERE attrelid = 'items'::regclass)"
						+ " || (SELECT count(*) FROM pg_namespace)");
	}

	/**
	 * Run work with each of many strings.
	 * @return how often there was a result
	 */
	private long attempt(int count, Function<String, ? extends Mono<?>> work) {
		String before = schema();
		try (TestPool several = TestPool.of(AT_ONCE, this.database)) {
			this.tables = manager(several);
			List<String> texts = Flux.range(0, count).map((i) -> hostile()).collectList().block();
			assertThat(texts).isNotNull();
			Long worked = Flux.fromIterable(texts)
				.flatMap((text) -> Mono.defer(() -> work.apply(text))
					.thenReturn(1)
					.onErrorResume((ex) -> ex instanceof DataAccessException || ex instanceof IllegalArgumentException,
							(ex) -> Mono.empty())
					.onErrorMap((ex) -> new AssertionError(
							"An unclear error for [%s], seed %d".formatted(text, this.seed), ex)),
						AT_ONCE)
				.count()
				.block();
			assertThat(schema()).as("the schema, seed %d", this.seed).isEqualTo(before);
			return (worked != null) ? worked : 0;
		}
	}

	@Test
	void areNamesOfTables() {
		assertThat(attempt(COUNT, (text) -> this.tables.select(text).first())).isLessThan(COUNT / 2);
		assertThat(attempt(FEW, (text) -> this.tables.insert(text).row(Map.of("id", 1)).execute())).isLessThan(FEW / 2);
	}

	@Test
	void areNamesOfColumns() {
		attempt(COUNT, (text) -> this.tables.select("items").columns(text).first());
		attempt(FEW, (text) -> this.tables.update("items").where(Map.of("id", -1)).set(Map.of(text, "x")).execute());
	}

	@Test
	void areValues() {
		long stored = attempt(COUNT,
				(text) -> this.tables.insert("items")
					.row(Map.of("name", text))
					.returning("name")
					.single()
					.doOnNext((row) -> assertThat(row.get("name")).isEqualTo(text)));
		assertThat(stored).isGreaterThan(COUNT / 2);
		assertThat(count("items")).isEqualTo(stored);
		attempt(FEW, (text) -> this.tables.insert("items").row(Map.of("id", text)).execute());
		attempt(FEW,
				(text) -> this.tables.insert("items")
					.row(Map.of("tags", List.of(text, text)))
					.returning("tags")
					.single()
					.doOnNext((row) -> assertThat(row.get("tags")).isEqualTo(List.of(text, text))));
		attempt(FEW, (text) -> this.tables.insert("items").row(Map.of("tags", text)).execute());
	}

	@Test
	void areOrders() {
		attempt(COUNT, (text) -> this.tables.select("items").orderBy(text).first());
		attempt(FEW,
				(text) -> this.tables.select("items").orderBy(Sort.by(Sort.Order.desc(text).ignoreCase())).first());
	}

	@Test
	void areConditions() {
		sql("INSERT INTO items (name) VALUES ('only one')");
		attempt(COUNT, (text) -> this.tables.select("items").where(Map.of(text, "x")).first());
		attempt(FEW,
				(text) -> this.tables.select("items")
					.where(Criteria.where(text.isBlank() ? "x" : text).is("x"))
					.first());
		attempt(FEW,
				(text) -> this.tables.select("items")
					.where(Map.of("name", text))
					.count()
					.doOnNext((count) -> assertThat(count).isZero()));
		attempt(FEW,
				(text) -> this.tables.select("items")
					.where(Map.of("name", List.of(text, "x")))
					.count()
					.doOnNext((count) -> assertThat(count).isZero()));
		attempt(FEW, (text) -> this.tables.select("items").where(Criteria.where("name").like(text)).first());
		attempt(FEW, (text) -> this.tables.delete("items").where(Map.of("name", text)).execute());
		assertThat(count("items")).isEqualTo(1);
	}

	@Test
	void areDefinitions() {
		Map<String, Integer> created = new LinkedHashMap<>();
		String before = schema();
		for (int i = 0; i < 100; i++) {
			String text = hostile();
			List<Function<String, CreateTableSpec>> places = List.of(
					(hostile) -> this.tables.createTable("made", ColumnDefinition.of(hostile, "text")),
					(hostile) -> this.tables.createTable("made", ColumnDefinition.of("a", hostile)),
					(hostile) -> this.tables.createTable("made",
							ColumnDefinition.of("a", "text").defaultValue(hostile)),
					(hostile) -> this.tables.createTable("made", ColumnDefinition.of("a", "text").comment(hostile)),
					(hostile) -> this.tables.createTable("made", ColumnDefinition.of("a", "text").check(hostile)),
					(hostile) -> this.tables.createTable("made",
							ColumnDefinition.of("a", "text").defaultExpression(hostile)),
					(hostile) -> this.tables.createTable("made",
							ColumnDefinition.of("a", "text").references("items", hostile)));
			for (int place = 0; place < places.size(); place++) {
				Function<String, CreateTableSpec> definition = places.get(place);
				Boolean made = Mono.defer(() -> definition.apply(text).execute())
					.onErrorResume((ex) -> ex instanceof DataAccessException || ex instanceof IllegalArgumentException,
							(ex) -> Mono.just(false))
					.block(TestPool.TIMEOUT);
				if (Boolean.TRUE.equals(made)) {
					created.merge("place " + place, 1, Integer::sum);
					sql("DROP TABLE made");
				}
			}
		}
		assertThat(created).as("created, seed %d", this.seed).containsKeys("place 0", "place 2", "place 3");
		assertThat(schema()).as("the schema, seed %d", this.seed).isEqualTo(before);
	}

}
