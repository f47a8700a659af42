package io.trunkline.table;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.trunkline.copy.DuplicateKeys;
import io.trunkline.schema.UnknownColumnException;
import io.trunkline.testing.TestPool;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Inserts and upserts, by each of the routes: 1 row is a statement, 15 rows are arrays,
 * 20 and more go through a temporary table.
 */
class TableWriteIntegrationTests extends TableFixture {

	private List<Map<String, @Nullable Object>> rows(int count) {
		List<Map<String, @Nullable Object>> rows = new ArrayList<>();
		for (int i = 1; i <= count; i++) {
			rows.add(row("id", i, "name", (i % 7 == 0) ? null : "n" + i, "price", i + ".5", "tags",
					List.of("a", "b\"" + i)));
		}
		return rows;
	}

	private String content() {
		return value("SELECT count(*) || ' ' || count(name) || ' ' || sum(id) || ' ' || sum(price) || ' '"
				+ " || count(*) FILTER (WHERE tags = ARRAY['a', 'b\"' || id]) FROM items");
	}

	private static String expected(int count) {
		BigDecimal ids = BigDecimal.valueOf((long) count * (count + 1) / 2);
		return count + " " + (count - count / 7) + " " + ids + " "
				+ ids.add(new BigDecimal("0.50").multiply(BigDecimal.valueOf(count))).setScale(2) + " " + count;
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 2, 19, 20, 21, 500 })
	void insertsTheSameByEachRoute(int count) {
		assertThat(get(this.tables.insert("items").rows(rows(count)).execute())).isEqualTo(count);
		assertThat(content()).isEqualTo(expected(count));
		sql("TRUNCATE items");
		assertThat(get(this.tables.insert("items").rows(Flux.fromIterable(rows(count))).execute())).isEqualTo(count);
		assertThat(content()).isEqualTo(expected(count));
	}

	/**
	 * No number of parameters is too large for a statement: from some rows on there is
	 * one array a column, and then there is a COPY, which is no statement of its own.
	 */
	@Test
	void choosesTheRouteByTheNumberOfRows() {
		List<String> echo = new ArrayList<>();
		TableManager manager = TableManager.builder(this.pool.connections())
			.stagingThreshold(STAGING_THRESHOLD)
			.sqlEcho(echo::add)
			.build();
		for (boolean upsert : new boolean[] { false, true }) {
			for (int count : new int[] { 1, STAGING_THRESHOLD - 1, STAGING_THRESHOLD }) {
				echo.clear();
				Mono<?> write = upsert ? manager.upsert("items").rows(rows(count)).execute()
						: manager.insert("items").rows(rows(count)).execute();
				write.block(TestPool.TIMEOUT);
				if (count == 1) {
					assertThat(echo).singleElement().asString().contains(" VALUES ($1").doesNotContain("unnest");
				}
				else if (count < STAGING_THRESHOLD) {
					assertThat(echo).singleElement().asString().contains("unnest($1").doesNotContain("$5");
				}
				else {
					assertThat(echo).hasSize(2).first().asString().startsWith("CREATE TEMPORARY TABLE");
					assertThat(echo.get(1)).contains("trunkline_rows").doesNotContain("$1");
				}
				sql("TRUNCATE items");
			}
		}
	}

	@Test
	void insertsNothing() {
		assertThat(get(this.tables.insert("items").rows(List.of()).execute())).isZero();
		assertThat(get(this.tables.insert("items").rows(Flux.empty()).execute())).isZero();
		assertThat(get(this.tables.upsert("items").rows(List.of()).execute())).isEqualTo(new UpsertResult(0, 0));
		failure(InvalidDataAccessApiUsageException.class, this.tables.insert("items").execute());
	}

	@ParameterizedTest
	@ValueSource(ints = { 3, 40 })
	void givesDefaultsToWhatRaggedRowsDoNotName(int count) {
		List<Map<String, Object>> rows = IntStream.rangeClosed(1, count)
			.<Map<String, Object>>mapToObj((i) -> (i % 3 == 0) ? Map.of()
					: (i % 3 == 1) ? Map.of("name", "n" + i) : Map.of("price", i, "name", "n" + i))
			.toList();
		assertThat(get(this.tables.insert("items").rows(rows).execute())).isEqualTo(count);
		assertThat(value("SELECT count(*) FILTER (WHERE name = 'nameless') || ' ' || count(price) || ' ' || count(id)"
				+ " FROM items"))
			.isEqualTo(count / 3 + " " + (count + 1) / 3 + " " + count);
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 5, 40 })
	void returnsWhatWasStored(int count) {
		List<Map<String, @Nullable Object>> stored = list(
				this.tables.insert("items").rows(rows(count)).returning("id", "price"));
		assertThat(stored).hasSize(count).first().isEqualTo(Map.of("id", 1L, "price", new BigDecimal("1.50")));
		assertThat(list(this.tables.insert("items").row(row("id", 99, "price", 2)).returning())).singleElement()
			.satisfies((row) -> assertThat(row).containsKeys("id", "tags").containsEntry("name", "nameless"));
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 5, 40 })
	void upsertsByEachRoute(int count) {
		for (String table : List.of("items", "parts")) {
			if (table.equals("parts")) {
				sql("CREATE TABLE parts (id bigint PRIMARY KEY, name text, price numeric(10,2), tags text[])"
						+ " PARTITION BY HASH (id)",
						"CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
						"CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
			}
			sql("INSERT INTO " + table + " (id, name, price) SELECT i, 'old', 9 FROM generate_series(1, " + count
					+ ", 2) AS i");
			int old = (count + 1) / 2;
			assertThat(get(this.tables.upsert(table).update("price").rows(rows(count)).execute()))
				.isEqualTo(new UpsertResult(count - old, old));
			assertThat(value("SELECT count(*) FILTER (WHERE name = 'old' AND price = id + 0.5) || ' ' || count(*) FROM "
					+ table))
				.isEqualTo(old + " " + count);
			List<UpsertedRow> written = list(
					this.tables.upsert(table).onConflict("id").rows(rows(count + 1)).returning("id"));
			assertThat(written).filteredOn(UpsertedRow::inserted)
				.extracting((row) -> row.values().get("id"))
				.containsExactly(count + 1L);
			assertThat(written).hasSize(count + 1);
			assertThat(get(this.tables.upsert(table).ignore().rows(rows(count + 2)).execute()))
				.isEqualTo(new UpsertResult(1, 0));
		}
	}

	@Test
	void leavesWhatAnUpsertDoesNotName() {
		sql("INSERT INTO items VALUES (1, 'one', 1), (2, 'two', 2)");
		get(this.tables.upsert("items")
			.rows(List.of(row("id", 1, "price", 10), row("id", 2, "name", "zwei"), row("id", 3)))
			.execute());
		assertThat(value("SELECT string_agg(id || name || coalesce(price, 0), ',' ORDER BY id) FROM items"))
			.isEqualTo("1one10.00,2zwei2.00,3nameless0");
	}

	@Test
	void upsertsByAConstraint() {
		sql("CREATE TABLE codes (id int PRIMARY KEY, code text CONSTRAINT \"the \"\"code\" UNIQUE, n int)",
				"INSERT INTO codes VALUES (1, 'a', 1)");
		assertThat(get(this.tables.upsert("codes")
			.onConstraint("the \"code")
			.row(row("id", 9, "code", "a", "n", 2))
			.update("n")
			.execute())).isEqualTo(new UpsertResult(0, 1));
		assertThat(value("SELECT id || code || n FROM codes")).isEqualTo("1a2");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.tables.upsert("codes").onConflict("n").row(row("id", 1)).execute()))
			.hasMessageContaining("codes_pkey[id]");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.tables.upsert("codes").onConstraint("nothing").row(row("id", 1)).execute()))
			.hasMessageContaining("codes_pkey[id]");
	}

	@ParameterizedTest
	@ValueSource(ints = { 2, 30 })
	void dropsOrRefusesEqualKeys(int count) {
		List<Map<String, @Nullable Object>> rows = new ArrayList<>(rows(count));
		rows.add(row("id", 1, "name", "last", "price", 0, "tags", null));
		failure(DuplicateKeyException.class, this.tables.insert("items").rows(rows).execute());
		failure(DuplicateKeyException.class, this.tables.upsert("items").rows(rows).execute());
		failure(DuplicateKeyException.class,
				this.tables.upsert("items").ignore().duplicateKeys(DuplicateKeys.REJECT).rows(rows).execute());
		assertThat(count("items")).isZero();
		assertThat(get(this.tables.upsert("items").ignore().rows(rows).execute()).inserted()).isEqualTo(count);
		assertThat(value("SELECT name FROM items WHERE id = 1")).isEqualTo("n1");
		assertThat(get(this.tables.upsert("items").duplicateKeys(DuplicateKeys.LAST).rows(rows).execute()))
			.isEqualTo(new UpsertResult(0, count));
		assertThat(value("SELECT name FROM items WHERE id = 1")).isEqualTo("last");
		assertThat(get(this.tables.upsert("items").duplicateKeys(DuplicateKeys.FIRST).rows(rows).execute()))
			.isEqualTo(new UpsertResult(0, count));
		assertThat(value("SELECT name FROM items WHERE id = 1")).isEqualTo("n1");
		sql("TRUNCATE items");
		assertThat(get(this.tables.insert("items").duplicateKeys(DuplicateKeys.LAST).rows(rows).execute()))
			.isEqualTo(count);
		assertThat(value("SELECT name FROM items WHERE id = 1")).isEqualTo("last");
		rows.add(row("id", 1, "name", "ragged"));
		failure(DuplicateKeyException.class, this.tables.upsert("items").rows(rows).execute());
		get(this.tables.upsert("items").duplicateKeys(DuplicateKeys.LAST).rows(rows).execute());
		assertThat(value("SELECT name FROM items WHERE id = 1")).isEqualTo("ragged");
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 5, 40 })
	void namesWhatDoesNotFit(int count) {
		List<Map<String, @Nullable Object>> rows = new ArrayList<>(rows(count));
		rows.set(count - 1, row("id", 1, "nmae", "x"));
		assertThat(failure(UnknownColumnException.class, this.tables.insert("items").rows(rows).execute()))
			.hasMessageContaining("did you mean [name]?");
		rows.set(count - 1, row("id", 1, "name", "x", "price", "secret", "tags", null));
		assertThat(failure(DataIntegrityViolationException.class, this.tables.insert("items").rows(rows).execute()))
			.hasMessageContaining("\"price\"")
			.hasMessageNotContaining("secret");
		rows.set(count - 1, row("id", 1, "name", "x\0y", "price", 1, "tags", null));
		assertThat(failure(DataIntegrityViolationException.class, this.tables.insert("items").rows(rows).execute()))
			.hasMessageContaining("U+0000");
		rows.set(count - 1, row("id", 1, "name", "x\uD800", "price", 1, "tags", null));
		failure(DataIntegrityViolationException.class, this.tables.insert("items").rows(rows).execute());
		rows.set(count - 1, row("id", count, "name", "x", "price", "123456789.5", "tags", null));
		failure(DataIntegrityViolationException.class, this.tables.insert("items").rows(rows).execute());
		sql("ALTER TABLE items ALTER COLUMN name TYPE varchar(5)");
		rows.set(count - 1, row("id", count, "name", "too long", "price", 1, "tags", null));
		failure(DataIntegrityViolationException.class, this.tables.insert("items").rows(rows).execute());
		rows.set(count - 1, row("id", "9223372036854775808", "name", "x", "price", 1, "tags", null));
		failure(DataIntegrityViolationException.class, this.tables.insert("items").rows(rows).execute());
		assertThat(count("items")).isZero();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void rollsBackBeyondALimit(boolean returning) {
		InsertSpec insert = this.tables.insert("items").atMost(4).rows(rows(5));
		failure(AffectedRowsExceededException.class, returning ? insert.returning("id") : insert.execute());
		assertThat(count("items")).isZero();
		assertThat(get(this.tables.insert("items").atMost(5).rows(rows(5)).execute())).isEqualTo(5);
		UpdateSpec update = this.tables.update("items").where(Map.of("id", List.of(1, 2, 3))).set(Map.of("price", 0));
		failure(AffectedRowsExceededException.class,
				returning ? update.atMost(2).returning("id") : update.atMost(2).execute());
		DeleteSpec delete = this.tables.delete("items").where(Map.of("id", List.of(1, 2, 3)));
		failure(AffectedRowsExceededException.class,
				returning ? delete.atMost(2).returning("id") : delete.atMost(2).execute());
		failure(AffectedRowsExceededException.class, this.tables.upsert("items").atMost(2).rows(rows(3)).execute());
		assertThat(content()).isEqualTo(expected(5));
		assertThat(list(delete.atMost(3).returning("id"))).hasSize(3);
	}

	@Test
	void keepsTheCallersTransactionUsableAndItsWorkTogether() {
		get(this.tables.insert("items")
			.rows(rows(30))
			.execute()
			.then(this.tables.insert("items")
				.rows(rows(30))
				.execute()
				.onErrorResume((ex) -> this.tables.select("items").count()))
			.doOnNext((count) -> assertThat(count).isEqualTo(30))
			.then(this.tables.upsert("items").rows(rows(31)).execute())
			.doOnNext((counts) -> assertThat(counts).isEqualTo(new UpsertResult(1, 30)))
			.as(this.pool.transaction()::transactional));
		assertThat(content()).isEqualTo(expected(31));
	}

	@Test
	void givesValuesToAnIdentityColumn() {
		sql("CREATE TABLE numbered (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, n int, twice int GENERATED ALWAYS AS"
				+ " (n * 2) STORED)");
		get(this.tables.upsert("numbered").rows(List.of(row("id", 7, "n", 1), row("id", 8, "n", 2))).execute());
		get(this.tables.upsert("numbered").row(row("id", 7, "n", 3)).execute());
		assertThat(value("SELECT string_agg(id || ':' || twice, ',' ORDER BY id) FROM numbered")).isEqualTo("7:6,8:4");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.tables.insert("numbered").row(row("twice", 1)).execute()))
			.hasMessageContaining("computed");
	}

	@Test
	void seesThatATableHasChanged() {
		get(this.tables.insert("items").row(row("name", "a")).execute());
		sql("ALTER TABLE items RENAME COLUMN name TO title");
		assertThat(get(this.tables.insert("items").row(row("price", 1)).returning().collectList())).singleElement()
			.satisfies((row) -> assertThat(row).containsKey("title"));
		sql("ALTER TABLE items ALTER COLUMN price TYPE text");
		assertThat(list(
				this.tables.select("items").columns("price").where(Collections.singletonMap("price", "1.00")).all()))
			.hasSize(1);
	}

}
