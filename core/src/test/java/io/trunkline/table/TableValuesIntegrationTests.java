package io.trunkline.table;

import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.dao.DataIntegrityViolationException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Values of Java, of JSON and of text become those of columns, and natural ones again.
 */
class TableValuesIntegrationTests extends TableFixture {

	private static final String COLUMNS = "b bool, i2 smallint, i4 int, i8 bigint, f4 real, f8 float8, n numeric,"
			+ " t text, v varchar(5), c char(3), u uuid, d date, ts timestamp, tz timestamptz, by bytea, j json,"
			+ " jb jsonb, m mood, ia int[], ma mood[], r int4range, p point, net inet, a addr, dom short_text,"
			+ " bits bit(3), x xml";

	private void createTypes() {
		sql("CREATE TYPE mood AS ENUM ('sad', 'Happy''s')", "CREATE TYPE addr AS (street text, no int)",
				"CREATE DOMAIN short_text AS varchar(5) CHECK (VALUE <> 'no')",
				"CREATE TABLE vals (id int PRIMARY KEY, " + COLUMNS + ")");
	}

	private static Map<String, @Nullable Object> javaValues(int id) {
		return row("id", id, "b", true, "i2", (short) 2, "i4", 4, "i8", 8L, "f4", 1.5f, "f8", 2.5d, "n",
				new BigDecimal("1.20"), "t", "'; DROP TABLE vals; --", "v", "abcde", "c", "ab", "u", new UUID(1, 2),
				"d", LocalDate.of(2026, 1, 31), "ts", LocalDateTime.of(2026, 1, 31, 1, 2, 3), "tz",
				Instant.parse("2026-01-31T01:02:03Z"), "by", new byte[] { 0, 1, -1 }, "j", Map.of("k", List.of(1, "2")),
				"jb", Map.of("k", Map.of("l", true)), "m", "Happy's", "ia", new int[] { 1, 2 }, "ma",
				Arrays.asList("sad", null), "r", "[1,5)", "p", "(1,2)", "net", "10.0.0.1", "a",
				Map.of("street", "Main \"St\"", "no", 3), "dom", "yes", "bits", "101", "x", "<a/>");
	}

	private static Map<String, @Nullable Object> textValues(int id) {
		return row("id", String.valueOf(id), "b", "true", "i2", "2", "i4", "4", "i8", "8", "f4", "1.5", "f8", "2.5",
				"n", "1.20", "t", "'; DROP TABLE vals; --", "v", "abcde", "c", "ab", "u",
				"00000000-0000-0001-0000-000000000002", "d", "2026-01-31", "ts", "2026-01-31T01:02:03", "tz",
				"2026-01-31T01:02:03Z", "by", new byte[] { 0, 1, -1 }, "j", "{\"k\":[1,\"2\"]}", "jb",
				"{\"k\":{\"l\":true}}", "m", "Happy's", "ia", "{1,2}", "ma", "{sad,NULL}", "r", "[1,5)", "p", "(1,2)",
				"net", "10.0.0.1", "a", Map.of("street", "Main \"St\"", "no", "3"), "dom", "yes", "bits", "101", "x",
				"<a/>");
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 5, 40 })
	void storesTheSameFromJavaAndFromTextByEachRoute(int count) {
		createTypes();
		List<Map<String, @Nullable Object>> rows = IntStream.rangeClosed(1, count)
			.mapToObj((i) -> (i % 2 == 0) ? textValues(i) : javaValues(i))
			.toList();
		get(this.tables.insert("vals").rows(rows).execute());
		get(this.tables.insert("vals").row(textValues(1000)).execute());
		assertThat(value("SELECT count(DISTINCT (to_jsonb(vals) - 'id')::text) FROM vals")).isEqualTo("1");
		Map<String, @Nullable Object> read = get(this.tables.select("vals").where(Map.of("id", 1)).one());
		assertThat(read).containsEntry("b", true)
			.containsEntry("i2", (short) 2)
			.containsEntry("i4", 4)
			.containsEntry("i8", 8L)
			.containsEntry("f4", 1.5f)
			.containsEntry("f8", 2.5d)
			.containsEntry("n", new BigDecimal("1.20"))
			.containsEntry("t", "'; DROP TABLE vals; --")
			.containsEntry("c", "ab ")
			.containsEntry("u", new UUID(1, 2))
			.containsEntry("d", LocalDate.of(2026, 1, 31))
			.containsEntry("ts", LocalDateTime.of(2026, 1, 31, 1, 2, 3))
			.containsEntry("tz", OffsetDateTime.of(2026, 1, 31, 1, 2, 3, 0, ZoneOffset.UTC))
			.containsEntry("by", new byte[] { 0, 1, -1 })
			.containsEntry("j", Map.of("k", List.of(1, "2")))
			.containsEntry("jb", Map.of("k", Map.of("l", true)))
			.containsEntry("m", "Happy's")
			.containsEntry("ia", List.of(1, 2))
			.containsEntry("ma", Arrays.asList("sad", null))
			.containsEntry("a", Map.of("street", "Main \"St\"", "no", 3))
			.containsEntry("dom", "yes")
			.containsEntry("x", "<a/>");
		assertThat(String.valueOf(read.get("r"))).contains("1").contains("5");
	}

	@Test
	void comparesInEachType() {
		createTypes();
		get(this.tables.insert("vals").row(javaValues(1)).execute());
		Map<String, @Nullable Object> condition = textValues(1);
		condition.keySet().removeAll(List.of("x", "p", "id"));
		assertThat(get(this.tables.select("vals").where(condition).count())).isEqualTo(1);
		Map<String, @Nullable Object> inJava = javaValues(1);
		inJava.keySet().removeAll(List.of("x", "p"));
		assertThat(get(this.tables.select("vals").where(inJava).count())).isEqualTo(1);
		for (String column : List.of("b", "i4", "n", "t", "u", "d", "tz", "m", "net")) {
			assertThat(get(
					this.tables.select("vals").where(row(column, Arrays.asList(condition.get(column), null))).exists()))
				.as(column)
				.isTrue();
		}
		assertThat(get(this.tables.select("vals").where(row("b", null)).exists())).isFalse();
		assertThat(get(this.tables.select("vals").where(row("b", List.of())).exists())).isFalse();
	}

	@Test
	void updatesEachType() {
		createTypes();
		get(this.tables.insert("vals").row(Map.of("id", 1)).execute());
		Map<String, @Nullable Object> values = javaValues(1);
		assertThat(get(this.tables.update("vals").where(Map.of("id", 1)).set(values).execute())).isEqualTo(1);
		assertThat(list(this.tables.update("vals")
			.where(Map.of("id", 1))
			.set(row("t", null, "jb", List.of(1)))
			.returning("t", "jb", "n"))).containsExactly(row("t", null, "jb", List.of(1), "n", new BigDecimal("1.20")));
	}

	@Test
	void takesNumbersOfAnotherSizeAsFarAsTheyFit() {
		sql("CREATE DOMAIN small AS int2",
				"CREATE TABLE sizes (s small, i int4, l int8, r float4, d float8, b bool, u uuid)");
		UUID uuid = new UUID(4, 2);
		get(this.tables.insert("sizes")
			.row(row("s", 7L, "i", (byte) 8, "l", 9, "r", 1, "d", 0.5f, "b", "yes", "u", uuid.toString()))
			.execute());
		get(this.tables.insert("sizes")
			.row(row("s", null, "i", null, "l", null, "r", null, "d", null, "b", null, "u", null))
			.execute());
		Map<String, Object> stored = row("s", (short) 7, "i", 8, "l", 9L, "r", 1f, "d", 0.5, "b", true, "u", uuid);
		assertThat(get(this.tables.select("sizes").where(row("s", 7, "i", 8L, "l", "9", "u", uuid)).one()))
			.isEqualTo(stored);
		assertThat(get(this.tables.update("sizes").where(row("l", null)).set(row("d", Double.NaN, "l", 1)).execute()))
			.isEqualTo(1L);
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> get(this.tables.update("sizes").where(row("l", 9)).set(row("s", 40_000)).execute()));
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> get(this.tables.insert("sizes").row(row("i", 1L << 31)).execute()));
		assertThat(get(this.tables.select("sizes").count())).isEqualTo(2L);
	}

	/**
	 * A constant is stored by its name, and found by it.
	 */
	@Test
	void takesConstants() {
		sql("CREATE TYPE day AS ENUM ('MONDAY', 'FRIDAY')", "CREATE TABLE days (id int, d day, t text, ds day[])");
		for (int count : new int[] { 1, 5, 40 }) {
			List<Map<String, @Nullable Object>> rows = IntStream.rangeClosed(1, count)
				.mapToObj((i) -> row("id", i, "d", DayOfWeek.FRIDAY, "t", DayOfWeek.MONDAY, "ds",
						EnumSet.of(DayOfWeek.MONDAY, DayOfWeek.FRIDAY)))
				.toList();
			get(this.tables.insert("days").rows(rows).execute());
			assertThat(get(this.tables.select("days")
				.where(row("d", DayOfWeek.FRIDAY, "t", List.of(DayOfWeek.MONDAY)))
				.count())).isEqualTo(count);
			assertThat(get(this.tables.select("days").columns("d", "t", "ds").first()))
				.isEqualTo(row("d", "FRIDAY", "t", "MONDAY", "ds", List.of("MONDAY", "FRIDAY")));
			assertThat(get(this.tables.delete("days").where(Map.of("d", DayOfWeek.FRIDAY)).execute())).isEqualTo(count);
		}
		failure(DataIntegrityViolationException.class,
				this.tables.insert("days").row(Map.of("d", DayOfWeek.SUNDAY)).execute());
	}

	@Test
	void readsRecords() {
		sql("INSERT INTO items VALUES (1, 'one', 1.5, '{a,b}')");
		assertThat(get(this.tables.select("items").as(Item.class).one()))
			.isEqualTo(new Item(1, "one", new BigDecimal("1.50"), List.of("a", "b")));
	}

	@Test
	void readsExtremeValues() {
		sql("CREATE TABLE extremes (id int PRIMARY KEY, n numeric, d date, i interval, f float8)",
				"INSERT INTO extremes VALUES (1, 'NaN', 'infinity', '1 day', 'Infinity'), (2, 1e20, '0044-03-15 BC', NULL, NULL)");
		List<Map<String, @Nullable Object>> rows = list(this.tables.select("extremes").orderBy("id").all());
		assertThat(rows.get(0)).containsEntry("n", Double.NaN)
			.containsEntry("d", LocalDate.MAX)
			.containsEntry("f", Double.POSITIVE_INFINITY);
		assertThat(rows.get(0).get("i")).isNotNull().isNotInstanceOf(Duration.class);
		assertThat(rows.get(1)).containsEntry("d", LocalDate.of(-43, 3, 15)).containsEntry("i", null);
	}

	record Item(long id, String name, BigDecimal price, List<String> tags) {
	}

}
