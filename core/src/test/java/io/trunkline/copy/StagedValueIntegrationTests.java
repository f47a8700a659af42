package io.trunkline.copy;

import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;

import io.trunkline.schema.TypeInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PSQLException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is staged in binary means what the server reads from the text.
 */
class StagedValueIntegrationTests extends BulkCopyFixture {

	private static final int ROWS = 500;

	private static final int CHANGED_ROWS = 200;

	static Stream<Arguments> types() {
		return Stream.of(type("int2", (random) -> integer(random, 4)), type("int4", (random) -> integer(random, 9)),
				type("int8", (random) -> integer(random, 18)), type("float4", (random) -> decimal(random, 20, 15)),
				type("float8", StagedValueIntegrationTests::floating),
				type("numeric", (random) -> decimal(random, 60, 60)),
				type("numeric(12,3)", (random) -> decimal(random, 9, 3)),
				type("text", StagedValueIntegrationTests::text), type("varchar", StagedValueIntegrationTests::text),
				type("varchar(9)",
						(random) -> text(random).codePoints()
							.limit(9)
							.collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
							.toString()),
				type("char(50)", StagedValueIntegrationTests::text),
				type("bool", (random) -> List.of("t", "f", "1", "0", "true", "false").get(random.nextInt(6))),
				type("uuid",
						(random) -> random.nextBoolean() ? uuid(random).toString()
								: uuid(random).toString().toUpperCase()),
				type("date", StagedValueIntegrationTests::date), type("time", StagedValueIntegrationTests::time),
				type("time(2)", StagedValueIntegrationTests::time),
				type("timestamp", (random) -> date(random) + "T" + time(random)),
				type("timestamp(3)", (random) -> date(random) + " " + time(random)),
				type("timestamptz", (random) -> date(random) + " " + time(random) + offset(random)),
				type("timestamptz(0)", (random) -> date(random) + "T" + time(random) + offset(random)),
				type("json", StagedValueIntegrationTests::json), type("jsonb", StagedValueIntegrationTests::json),
				type("mood", (random) -> random.nextBoolean() ? "happy" : "sad é"),
				type("text[]", (random) -> array(random, element(random))),
				type("varchar(6)[]", (random) -> array(random, "x" + random.nextInt(99_999))),
				type("char(7)[]", (random) -> array(random, "é " + random.nextInt(99_999))),
				type("mood[]", (random) -> array(random, "happy", "sad é")),
				type("int2[]", (random) -> array(random, integer(random, 4), integer(random, 4))),
				type("int4[]", (random) -> array(random, integer(random, 9), integer(random, 9))),
				type("int8[]", (random) -> array(random, integer(random, 18))),
				type("float4[]", (random) -> array(random, decimal(random, 20, 15))),
				type("float8[]", (random) -> array(random, floating(random), floating(random))),
				type("numeric(12,3)[]", (random) -> array(random, decimal(random, 9, 3))),
				type("bool[]", (random) -> array(random, "t", "f", "true", "0")),
				type("uuid[]", (random) -> array(random, uuid(random).toString(), uuid(random).toString())),
				type("date[]", (random) -> array(random, date(random), date(random))),
				type("time(2)[]", (random) -> array(random, time(random), time(random))),
				type("timestamp(3)[]", (random) -> array(random, date(random) + " " + time(random))),
				type("timestamptz[]",
						(random) -> array(random, date(random) + "T" + time(random) + offset(random),
								"2026-07-01 12:00:00Z")),
				type("jsonb[]", (random) -> array(random, integer(random, 1), "true", "[]")));
	}

	/**
	 * Some of the elements, within quotes or not, and with spaces before them.
	 */
	private static String array(Random random, String... elements) {
		List<String> parts = new ArrayList<>();
		for (int i = random.nextInt(5); i > 0; i--) {
			String element = elements[random.nextInt(elements.length)];
			boolean bare = random.nextBoolean() && element.matches("[^,{}\\s]([^,{}\\p{Cntrl}]*[^,{}\\s])?")
					&& !element.equals("NULL");
			parts.add(" ".repeat(Math.max(0, random.nextInt(6) - 3)) + (bare ? element : '"' + element + '"'));
		}
		return "{" + String.join(",", parts) + "}";
	}

	private static String element(Random random) {
		String[] parts = { "a", " ", ",", "'", "\t", "\n", "é", "日本", "{", "}", "NULL", "", "(", ";", "[1:2]=" };
		return parts[random.nextInt(parts.length)] + parts[random.nextInt(parts.length)];
	}

	private static Arguments type(String name, Function<Random, String> values) {
		return Arguments.of(name, values);
	}

	private static String digits(Random random, int most) {
		StringBuilder digits = new StringBuilder();
		for (int i = 1 + random.nextInt(most); i > 0; i--) {
			digits.append(random.nextInt(10));
		}
		return digits.toString();
	}

	private static String integer(Random random, int most) {
		return (random.nextInt(3) == 0 ? "-" : "") + digits(random, most);
	}

	private static String decimal(Random random, int whole, int fraction) {
		return integer(random, whole) + (random.nextBoolean() ? "." + digits(random, fraction) : "");
	}

	private static String floating(Random random) {
		String exponent = List.of("", "", "e7", "E-12", "e+05", "e-99").get(random.nextInt(6));
		return decimal(random, random.nextBoolean() ? 17 : 90, random.nextBoolean() ? 17 : 90) + exponent;
	}

	private static String text(Random random) {
		String[] parts = { "a", "\\", "\"", ",", "\t", "\n", "\r\n", "é", "日本", "😀", " ", "\\N", "{", "}" };
		StringBuilder text = new StringBuilder("x");
		for (int i = random.nextInt(12); i > 0; i--) {
			text.append(parts[random.nextInt(parts.length)]);
		}
		return text.toString();
	}

	private static UUID uuid(Random random) {
		return new UUID(random.nextLong(), random.nextLong());
	}

	private static String date(Random random) {
		int year = random.nextInt(4) == 0 ? 1 + random.nextInt(9999) : 1950 + random.nextInt(120);
		int day = (random.nextInt(10) == 0 && year % 4 == 0 && year % 100 != 0) ? 29 : 1 + random.nextInt(28);
		int month = (day == 29) ? 2 : 1 + random.nextInt(12);
		return "%04d-%02d-%02d".formatted(year, month, day);
	}

	private static String time(Random random) {
		String time = "%02d:%02d:%02d".formatted(random.nextInt(24), random.nextInt(60), random.nextInt(60));
		return random.nextBoolean() ? time : time + "." + digits(random, 6);
	}

	private static String offset(Random random) {
		String sign = random.nextBoolean() ? "+" : "-";
		return switch (random.nextInt(4)) {
			case 0 -> "Z";
			case 1 -> sign + "%02d".formatted(random.nextInt(15));
			case 2 -> sign + "%02d%02d".formatted(random.nextInt(15), random.nextInt(60));
			default -> sign + "%02d:%02d".formatted(random.nextInt(15), random.nextInt(60));
		};
	}

	private static String json(Random random) {
		return "{\"k\": [" + random.nextInt() + ", \"é " + digits(random, 5) + "\", null], \"a\": true}";
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("types")
	void meansTheSame(String type, Function<Random, String> values) {
		sql("CREATE TYPE mood AS ENUM ('happy', 'sad é')", "CREATE TABLE read (n int PRIMARY KEY, v " + type + ")",
				"CREATE TABLE staged (n int PRIMARY KEY, v " + type + ")");
		TypeInfo info = TestCatalog.columns(this.database, "staged").get(1).type();
		StringBuilder csv = new StringBuilder();
		for (int n = 0; n < ROWS; n++) {
			String value = values.apply(this.random);
			csv.append(n).append(",\"").append(value.replace("\"", "\"\"")).append("\"\n");
			assertThat(isStagedAsValue(info, value)).as("%s as %s, seed %d", value, type, this.seed).isTrue();
		}
		get(this.copy.copyIn("read").from(content(csv.toString())));
		LoadReport report = get(this.copy.load("staged").reject(Rejects.upTo(1)).from(content(csv.toString())));
		assertThat(report.inserted()).isEqualTo(ROWS);
		assertThat(value("SELECT count(*) FROM read JOIN staged USING (n) WHERE read.v::text = staged.v::text"))
			.as("seed %d", this.seed)
			.isEqualTo(String.valueOf(ROWS));
	}

	/**
	 * Values that differ a little from good ones: some are good as well, and the server
	 * tells which.
	 */
	@ParameterizedTest(name = "{0}")
	@MethodSource("types")
	void refusesWhatTheServerRefuses(String type, Function<Random, String> values) throws Exception {
		sql("CREATE TYPE mood AS ENUM ('happy', 'sad é')", "CREATE TABLE read (n int PRIMARY KEY, v " + type + ")",
				"CREATE TABLE staged (n int PRIMARY KEY, v " + type + ")");
		String zone = value("SHOW TimeZone");
		StringBuilder csv = new StringBuilder();
		try (Connection connection = this.server.jdbc(this.database);
				Statement statement = connection.createStatement()) {
			statement.execute("SET TimeZone = '" + zone + "'");
			CopyManager server = connection.unwrap(PGConnection.class).getCopyAPI();
			for (int n = 0; n < CHANGED_ROWS; n++) {
				String changed = change(this.random, values.apply(this.random));
				String record = n + ",\"" + changed.replace("\"", "\"\"") + "\"\n";
				csv.append(record);
				try {
					server.copyIn("COPY read FROM STDIN (FORMAT csv)", new StringReader(record));
				}
				catch (PSQLException ex) {
					assertThat(ex.getSQLState()).as("%s as %s", changed, type).startsWith("22");
				}
			}
		}
		LoadReport report = get(this.copy.load("staged").reject(Rejects.unlimited()).from(content(csv.toString())));
		assertThat(report.inserted() + report.rejected()).isEqualTo(CHANGED_ROWS);
		assertThat(value("SELECT string_agg(n || ': ' || coalesce(read.v::text, 'refused') || ', and staged '"
				+ " || coalesce(staged.v::text, 'refused'), '; ') FROM read FULL JOIN staged USING (n)"
				+ " WHERE read.v::text IS DISTINCT FROM staged.v::text"))
			.as("seed %d of\n%s", this.seed, csv)
			.isEqualTo("null");
	}

	private static String change(Random random, String value) {
		String[] parts = { "0", "1", "9", "60", "-", "+", ".", ":", "e", "T", "Z", " ", ",", "\"", "\\", "{", "}", "x",
				"é", "NULL", "\t" };
		StringBuilder changed = new StringBuilder(value);
		for (int i = 1 + random.nextInt(2); i > 0; i--) {
			int at = random.nextInt(changed.length() + 1);
			if (at < changed.length() && Character.isDigit(changed.charAt(at))) {
				changed.setCharAt(at, (char) ('0' + random.nextInt(10)));
			}
			if (random.nextBoolean()) {
				int end = Math.min(changed.length(), at + random.nextInt(3));
				changed.replace(at, end, (random.nextInt(3) == 0) ? "" : parts[random.nextInt(parts.length)]);
			}
		}
		return changed.toString();
	}

	/**
	 * Whether the value takes the way that is under test, and not that of doubtful ones.
	 */
	private static boolean isStagedAsValue(TypeInfo type, String value) {
		byte[] bytes = value.getBytes(StandardCharsets.UTF_8);
		return ValueCheck.of(type, -1).accepts(bytes, 0, bytes.length)
				&& StagedValue.of(type).write(bytes, 0, bytes.length, new CopyBuffer(64));
	}

	@Test
	void leavesArraysToTheServerThatMayMeanSomethingElse() {
		sql("CREATE TABLE read (n int PRIMARY KEY, v text[])", "CREATE TABLE staged (LIKE read INCLUDING ALL)");
		TypeInfo info = TestCatalog.columns(this.database, "staged").get(1).type();
		List<String> values = List.of("{a,NULL}", "{null}", "{Null,a}", "{{a,b},{c,d}}", "[0:1]={a,b}", "{a\\,b}",
				"{\"a\\\"b\"}", "{a }", "{ }", " {a}", "{a} ", "{\"a\" ,b}", "{a\tb}", "{\ta}", "{a\n}");
		StringBuilder csv = new StringBuilder();
		for (int n = 0; n < values.size(); n++) {
			assertThat(isStagedAsValue(info, values.get(n))).as(values.get(n)).isFalse();
			csv.append(n).append(",\"").append(values.get(n).replace("\"", "\"\"")).append("\"\n");
		}
		// Servers before 17 refuse it.
		assertThat(isStagedAsValue(info, "{{}}")).isFalse();
		get(this.copy.copyIn("read").from(content(csv.toString())));
		LoadReport report = get(this.copy.load("staged").reject(Rejects.upTo(1)).from(content(csv.toString())));
		assertThat(report.inserted()).isEqualTo(values.size());
		assertThat(value("SELECT count(*) FROM read JOIN staged USING (n) WHERE read.v::text = staged.v::text"))
			.isEqualTo(String.valueOf(values.size()));
	}

	@Test
	void readsArraysOfTimestampsWithoutAnOffsetInTheZoneOfTheSession() {
		sql("CREATE TABLE read (n int PRIMARY KEY, v timestamptz[])", "CREATE TABLE staged (LIKE read INCLUDING ALL)");
		String zoned = "{2026-07-01 12:00:00Z}";
		String local = "\"{2026-07-01 12:00:00Z,2026-07-01 12:00:00}\"";
		for (String csv : List.of("1," + zoned + "\n2," + local + "\n", "1," + local + "\n2," + zoned + "\n")) {
			sql("TRUNCATE read, staged");
			get(this.copy.copyIn("read").from(content(csv)));
			assertThat(get(this.copy.load("staged").reject(Rejects.upTo(1)).from(content(csv))).inserted())
				.isEqualTo(2);
			assertThat(value("SELECT count(*) FROM read JOIN staged USING (n) WHERE read.v = staged.v")).as(csv)
				.isEqualTo("2");
		}
	}

	@Test
	void leavesMalformedArraysToTheServer() {
		sql("CREATE TABLE staged (n int PRIMARY KEY, v text[])", "CREATE TABLE numbers (n int PRIMARY KEY, v int[])");
		TypeInfo texts = TestCatalog.columns(this.database, "staged").get(1).type();
		TypeInfo numbers = TestCatalog.columns(this.database, "numbers").get(1).type();
		List<String> values = List.of("", "a", "{", "}", "{a", "{a,b", "a}", "{a,}", "{,a}", "{,}", "{a,,b}", "{a}b}",
				"{\"a}", "{\"a\"b}", "{\"a\"bc}", "{\"a\"x\"b\"}", "{a\"b\"}", "{\"a\"\"b\"}", "{a,b}}", "{{a}",
				"{a}{b}", "{\"}", "{a\\}");
		StringBuilder csv = new StringBuilder("0,{}\n");
		for (String value : values) {
			assertThat(isStagedAsValue(texts, value)).as(value).isFalse();
			csv.append("1,\"").append(value.replace("\"", "\"\"")).append("\"\n");
		}
		for (String value : List.of("{1,x}", "{\"\"}", "{1.5}", "{9999999999}", "{1 2}", "{true}")) {
			assertThat(isStagedAsValue(numbers, value)).as(value).isFalse();
		}
		LoadReport report = get(this.copy.load("staged").reject(Rejects.upTo(100)).from(content(csv.toString())));
		assertThat(report.inserted()).isOne();
		assertThat(report.rejects()).extracting(RejectedRow::sqlState).hasSize(values.size()).containsOnly("22P02");
	}

	@Test
	void readsTimestampsWithoutAnOffsetInTheZoneOfTheSession() {
		sql("CREATE TABLE read (n int PRIMARY KEY, v timestamptz)", "CREATE TABLE staged (LIKE read INCLUDING ALL)");
		List<String> files = Arrays.asList("1,2026-07-01 12:00:00\n2,2026-07-01 12:00:00Z\n3,\n",
				"1,2026-07-01 12:00:00+02\n2,2026-07-01 12:00:00\n3,2026-01-01 12:00:00.5\n",
				"1,\n2,2026-07-01 12:00:00\n", "1,now\n2,2026-07-01 12:00:00Z\n3,2026-07-01 12:00:00\n");
		for (String csv : files) {
			sql("TRUNCATE read, staged");
			get(this.copy.copyIn("read").from(content(csv)));
			LoadReport report = get(this.copy.load("staged").reject(Rejects.upTo(1)).from(content(csv)));
			assertThat(report.inserted()).isEqualTo(csv.lines().count());
			assertThat(
					value("SELECT count(*) FROM read JOIN staged USING (n) WHERE read.v IS NOT DISTINCT FROM staged.v"
							+ " OR abs(extract(epoch FROM read.v - staged.v)) < 60 AND n = 1"))
				.as(csv)
				.isEqualTo(String.valueOf(csv.lines().count()));
		}
	}

	@Test
	void writesBinaryRowsWhereTheFirstRecordAllowsIt() {
		List<StagedColumn> columns = TestCatalog.columns(this.database, "items")
			.stream()
			.map((column) -> new StagedColumn(column.name(), column.type().name(), -1, column.type(), "", null))
			.toList();
		BinaryStagedRows rows = new BinaryStagedRows(columns, FRAME_SIZE);
		rows.begin(1);
		rows.end();
		rows.finish();
		assertThat(StagingRows.format(rows.poll()).kind()).isEqualTo(CopyFormat.Kind.BINARY);
		assertThat(StagingRows.format(Chunk.of(new byte[] { '1', '\n' }, 2)).kind()).isEqualTo(CopyFormat.Kind.TEXT);
		assertThat(StagingRows.format(null).kind()).isEqualTo(CopyFormat.Kind.TEXT);
	}

}
