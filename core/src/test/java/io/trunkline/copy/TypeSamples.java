package io.trunkline.copy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.r2dbc.postgresql.codec.Box;
import io.r2dbc.postgresql.codec.Circle;
import io.r2dbc.postgresql.codec.Interval;
import io.r2dbc.postgresql.codec.Json;
import io.r2dbc.postgresql.codec.Line;
import io.r2dbc.postgresql.codec.Lseg;
import io.r2dbc.postgresql.codec.Path;
import io.r2dbc.postgresql.codec.Point;
import io.r2dbc.postgresql.codec.Polygon;
import io.trunkline.embedded.testing.PostgresTestServer;

import org.springframework.data.domain.Range;

/**
 * Values of every type, with what the server would be told in text.
 */
final class TypeSamples {

	private final Map<String, List<Sample>> samples = new LinkedHashMap<>();

	private final Random random;

	private TypeSamples(Random random) {
		this.random = random;
	}

	/**
	 * A value and its text.
	 */
	record Sample(Object value, String literal) {

		static Sample of(Object value) {
			return new Sample(value, value.toString());
		}

	}

	enum Mood {

		SAD, OK, HAPPY

	}

	record Pair(Integer number, String label) {

	}

	static Map<String, List<Sample>> all(Random random) {
		TypeSamples samples = new TypeSamples(random);
		samples.numbers();
		samples.texts();
		samples.times();
		if (PostgresTestServer.get().majorVersion() >= 15) {
			samples.longestInterval();
		}
		if (PostgresTestServer.get().majorVersion() >= 17) {
			samples.infiniteIntervals();
		}
		samples.structured();
		samples.networks();
		samples.shapes();
		samples.containers();
		return samples.samples;
	}

	private void add(String type, Sample... values) {
		this.samples.computeIfAbsent(type, (key) -> new ArrayList<>()).addAll(Arrays.asList(values));
	}

	private void add(String type, Function<Random, Sample> generator) {
		IntStream.range(0, 40).forEach((i) -> add(type, generator.apply(this.random)));
	}

	private void numbers() {
		add("bool", new Sample(true, "t"), new Sample(false, "f"));
		add("int2", Sample.of(Short.MIN_VALUE), Sample.of(Short.MAX_VALUE), Sample.of((byte) -1), Sample.of(7L),
				new Sample(8.0, "8"), new Sample(new BigDecimal("9.00"), "9"));
		add("int4", Sample.of(Integer.MIN_VALUE), Sample.of(Integer.MAX_VALUE), Sample.of(BigInteger.TEN));
		add("int4", (random) -> Sample.of(random.nextInt()));
		add("int8", Sample.of(Long.MIN_VALUE), Sample.of(Long.MAX_VALUE), Sample.of(1), Sample.of((short) 2));
		add("int8", (random) -> Sample.of(random.nextLong()));
		add("oid", Sample.of(0), Sample.of(4294967295L));
		add("float4", Sample.of(Float.NaN), Sample.of(Float.NEGATIVE_INFINITY), Sample.of(Float.MIN_VALUE),
				Sample.of(Float.MAX_VALUE), Sample.of(-0f), Sample.of(3));
		add("float4", (random) -> Sample.of(Float.intBitsToFloat(random.nextInt(0x7F80_0000))));
		add("float8", Sample.of(Double.NaN), Sample.of(Double.POSITIVE_INFINITY), Sample.of(Double.MIN_VALUE),
				Sample.of(Double.MAX_VALUE), Sample.of(-0d), Sample.of(3L), Sample.of(new BigDecimal("1.5")));
		add("float8", (random) -> Sample.of(Double.longBitsToDouble(random.nextLong(0x7FF0_0000_0000_0000L))));
		add("numeric", Sample.of(Double.NaN), Sample.of(Double.POSITIVE_INFINITY), Sample.of(Float.NEGATIVE_INFINITY),
				Sample.of(BigDecimal.ZERO), Sample.of(new BigDecimal("0.000")), Sample.of(new BigDecimal("0E+9")),
				Sample.of(Long.MIN_VALUE), Sample.of(Long.MAX_VALUE), Sample.of(10_000), Sample.of(-1),
				Sample.of(new BigDecimal("1E+131071")), Sample.of(new BigDecimal("1E-16383")),
				Sample.of(new BigDecimal("-123456789012345678901234567890.00001")), Sample.of(BigInteger.TWO.pow(3000)),
				Sample.of(new BigDecimal("9".repeat(131_072) + "." + "9".repeat(16_383))), Sample.of(1.1f),
				Sample.of(2.2));
		add("numeric", (random) -> Sample
			.of(new BigDecimal(new BigInteger(random.nextInt(200), random), random.nextInt(80) - 20)));
		add("numeric", (random) -> Sample.of(BigDecimal.valueOf(random.nextLong(), random.nextInt(22))));
		add("numeric", (random) -> Sample.of(BigDecimal.valueOf(random.nextInt(), random.nextInt(12) - 3)));
		add("numeric(12,3)", (random) -> Sample.of(BigDecimal.valueOf(random.nextInt(), 4)));
	}

	private static String text(Random random, int length) {
		return random.ints(random.nextInt(length + 1), 1, 0x10FFFF)
			.map((c) -> random.nextBoolean() ? 1 + c % 127 : c)
			.filter((c) -> c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE)
			.collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
			.toString();
	}

	private void texts() {
		for (String type : List.of("text", "varchar", "varchar(40)", "citext")) {
			add(type, (random) -> Sample.of(text(random, 40)));
			add(type, Sample.of(""), Sample.of("NULL"), Sample.of("\\N"), Sample.of("\\."),
					Sample.of("a\tb\nc\rd\\e\"f"), new Sample('x', "x"), new Sample(Mood.OK, "OK"), Sample.of(12),
					Sample.of(new StringBuilder("b")));
		}
		add("char(10)", Sample.of("a"), Sample.of(""), Sample.of("1234567890"), Sample.of("ä b"));
		add("name", Sample.of("a name"));
		add("\"char\"", Sample.of("a"), Sample.of(""), Sample.of("\\"));
		add("xml", Sample.of("<a b=\"c\">d\u00e4</a>"), Sample.of("text &amp; <b/>"));
		add("mood", Sample.of("sad"), new Sample(Mood.HAPPY, "happy"), Sample.of("it's \"quoted\""));
		add("small", Sample.of(1), Sample.of(9L));
		add("bytea", (random) -> {
			byte[] bytes = new byte[random.nextInt(50)];
			random.nextBytes(bytes);
			return new Sample(random.nextBoolean() ? bytes : ByteBuffer.wrap(bytes),
					"\\x" + HexFormat.of().formatHex(bytes));
		});
		add("uuid", (random) -> Sample.of(new UUID(random.nextLong(), random.nextLong())));
	}

	private static LocalDateTime dateTime(Random random) {
		return LocalDateTime.ofEpochSecond(random.nextLong(-70_000_000_000L, 300_000_000_000L),
				random.nextInt(1_000_000) * 1000, ZoneOffset.UTC);
	}

	private static String iso(LocalDate date) {
		int year = (date.getYear() > 0) ? date.getYear() : 1 - date.getYear();
		return "%04d-%02d-%02d".formatted(year, date.getMonthValue(), date.getDayOfMonth());
	}

	private static String iso(LocalDateTime value, String zone) {
		return iso(value.toLocalDate()) + " " + value.toLocalTime() + zone + ((value.getYear() > 0) ? "" : " BC");
	}

	private static Sample date(LocalDate date) {
		return new Sample(date, iso(date) + ((date.getYear() > 0) ? "" : " BC"));
	}

	private void times() {
		add("date", new Sample(LocalDate.MAX, "infinity"), new Sample(LocalDate.MIN, "-infinity"),
				date(LocalDate.of(-4713, 11, 24)), date(LocalDate.of(5_874_897, 12, 31)), date(LocalDate.of(0, 2, 29)),
				new Sample(LocalDateTime.of(2026, 1, 31, 23, 59), "2026-01-31"));
		add("date", (random) -> date(dateTime(random).toLocalDate()));
		add("time", (random) -> Sample.of(dateTime(random).toLocalTime()));
		add("time", new Sample(LocalTime.MIDNIGHT, "00:00"), new Sample(LocalTime.MAX, "24:00:00"),
				new Sample(LocalTime.of(1, 2, 3, 4500), "01:02:03.000005"));
		add("timetz", (random) -> Sample.of(OffsetTime.of(dateTime(random).toLocalTime(),
				ZoneOffset.ofTotalSeconds(random.nextInt(100_000) - 50_000))));
		add("timestamp", (random) -> {
			LocalDateTime value = dateTime(random);
			return new Sample(value, iso(value, ""));
		});
		add("timestamp", new Sample(LocalDateTime.MAX, "infinity"), new Sample(LocalDateTime.MIN, "-infinity"),
				new Sample(LocalDateTime.of(-4713, 11, 24, 0, 0), "4714-11-24 00:00:00 BC"),
				new Sample(LocalDateTime.of(294_276, 12, 31, 23, 59, 59, 999_999_000), "294276-12-31 23:59:59.999999"),
				new Sample(LocalDateTime.of(2026, 1, 1, 0, 0, 0, 999_999_600), "2026-01-01 00:00:01"),
				new Sample("2026-01-31T12:00:00+05:00", "2026-01-31 12:00:00"));
		add("timestamptz", (random) -> {
			LocalDateTime value = dateTime(random);
			return new Sample(random.nextBoolean() ? value.toInstant(ZoneOffset.UTC)
					: value.atOffset(ZoneOffset.UTC).withOffsetSameInstant(ZoneOffset.ofHours(random.nextInt(30) - 15)),
					iso(value, "+00"));
		});
		add("timestamptz", new Sample(Instant.MAX, "infinity"), new Sample(OffsetDateTime.MIN, "-infinity"),
				new Sample(OffsetDateTime.MAX, "infinity"), new Sample(Instant.MIN, "-infinity"),
				new Sample(OffsetDateTime.of(-4713, 11, 24, 0, 0, 0, 0, ZoneOffset.UTC), "4714-11-24 00:00:00+00 BC"),
				new Sample("2026-01-31T12:00:00.5+05:30", "2026-01-31 06:30:00.5+00"));
		add("interval", Sample.of(Duration.ofMillis(-12_345_678)), Sample.of(Period.of(1, -2, 3)),
				Sample.of(Interval.of(1, 2, 3, 4, 5, 6, 7)), Sample.of(Duration.ofHours(1_000_000)),
				Sample.of("1 year 2 mons -3 days +04:05:06.7"), Sample.of("@ 1 mon 2 hours 3 mins ago"),
				Sample.of("P1Y2M3DT4H5M6.000007S"), Sample.of("P2W"), Sample.of("1.5 days"), Sample.of("00:00:00"),
				Sample.of("178000000 years"));
		add("interval",
				(random) -> Sample.of(Interval.of(random.nextInt(200) - 100, random.nextInt(24) - 12, random.nextInt(),
						random.nextInt(), random.nextInt(100) - 50, random.nextInt(100) - 50,
						random.nextInt(2_000_000) - 1_000_000)));
	}

	/**
	 * Before 15 the server reads no hours beyond 32 bits.
	 */
	private void longestInterval() {
		add("interval", Sample.of("2562047788:00:54.775807"));
	}

	private void infiniteIntervals() {
		add("interval", Sample.of("infinity"), Sample.of("-infinity"));
	}

	private void structured() {
		for (String type : List.of("json", "jsonb")) {
			add(type, Sample.of("{\"a\": [1, 2.50, null, \"\\u00e4\\\\ \\\"\"]}"), Sample.of("1"),
					new Sample(Json.of("[true]"), "[true]"),
					new Sample(Map.of("a", List.of(1, "b")), "{\"a\":[1,\"b\"]}"), new Sample(List.of(1, 2), "[1,2]"),
					new Sample(new Pair(1, "x"), "{\"number\":1,\"label\":\"x\"}"), new Sample(true, "true"),
					new Sample(new int[] { 3 }, "[3]"));
		}
		Map<String, String> pairs = new LinkedHashMap<>();
		pairs.put("a b", "c\"d\\e");
		pairs.put("n", null);
		pairs.put("", "");
		add("hstore", new Sample(pairs, "\"a b\"=>\"c\\\"d\\\\e\", n=>NULL, \"\"=>\"\""), new Sample(Map.of(), ""),
				Sample.of("x=>1,y=>\"NULL\""));
		add("pair", new Sample(new Pair(1, "a,\"b\"(\\)"), "(1,\"a,\"\"b\"\"(\\\\)\")"),
				new Sample(Map.of("label", ""), "(,\"\")"), new Sample(Arrays.asList(3, null), "(3,)"),
				Sample.of("(4,\"x y\")"));
		add("bit(13)", Sample.of("1010101010101"), Sample.of("0000000000001"));
		add("bit(1)", new Sample(true, "1"));
		add("varbit", Sample.of(""), Sample.of("1"), new Sample(new boolean[] { false, true }, "01"));
		add("varbit", (random) -> Sample.of(new BigInteger(random.nextInt(70), random).toString(2)));
	}

	private static InetAddress address(Random random) {
		try {
			byte[] bytes = new byte[random.nextBoolean() ? 4 : 16];
			random.nextBytes(bytes);
			return InetAddress.getByAddress(bytes);
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void networks() {
		add("inet", (random) -> {
			InetAddress address = address(random);
			return new Sample(address, address.getHostAddress());
		});
		add("inet", Sample.of("10.1.2.3/8"), Sample.of("::ffff:1.2.3.4"), Sample.of("fe80::1/64"), Sample.of("::/0"));
		add("cidr", Sample.of("10.0.0.0/8"), Sample.of("2001:db8::/32"), Sample.of("1.2.3.4"), Sample.of("0.0.0.0/0"));
		add("macaddr", Sample.of("08:00:2b:01:02:03"), Sample.of("08002b-010203"), Sample.of("FF-00-FF-00-FF-00"));
		add("macaddr8", Sample.of("08:00:2b:01:02:03:04:05"), Sample.of("08:00:2b:01:02:03"));
	}

	private void shapes() {
		add("point", new Sample(Point.of(1.5, -2e30), "(1.5,-2e30)"), Sample.of("(1,2)"),
				new Sample(Point.of(Double.NaN, Double.POSITIVE_INFINITY), "(NaN,Infinity)"));
		add("lseg", new Sample(Lseg.of(1, 2, 3, 4), "[(1,2),(3,4)]"), Sample.of("[(0,0),(1,1)]"));
		add("box", new Sample(Box.of(1, 2, 3, 4), "(1,2),(3,4)"), Sample.of("(0,0),(1,1)"));
		add("line", new Sample(Line.of(1, -1, 0.5), "{1,-1,0.5}"), Sample.of("{0,1,0}"));
		add("circle", new Sample(Circle.of(1, 2, 3), "<(1,2),3>"), Sample.of("<(0,0),0>"));
		add("path", new Sample(Path.open(Point.of(1, 2), Point.of(3, 4)), "[(1,2),(3,4)]"),
				new Sample(Path.closed(Point.of(1, 2), Point.of(3, 4)), "((1,2),(3,4))"), Sample.of("[(0,0)]"));
		add("polygon", new Sample(Polygon.of(Point.of(0, 0), Point.of(0, 1), Point.of(1, 0)), "((0,0),(0,1),(1,0))"));
	}

	private void containers() {
		add("int4[]", new Sample(List.of(), "{}"), new Sample(new int[] { 1, 2 }, "{1,2}"),
				new Sample(Arrays.asList(1, null, 3), "{1,NULL,3}"),
				new Sample(new int[][] { { 1 }, { 2 } }, "{{1},{2}}"),
				new Sample(List.of(List.of(List.of(1, 2), List.of(3, 4))), "{{{1,2},{3,4}}}"), Sample.of("{5,NULL}"),
				Sample.of("[0:1]={7,8}".substring(6)), new Sample(List.of(List.of(), List.of()), "{}"));
		add("text[]", (random) -> {
			List<String> texts = IntStream.range(0, random.nextInt(5)).mapToObj((i) -> text(random, 10)).toList();
			return new Sample(random.nextBoolean() ? texts : texts.toArray(),
					texts.stream()
						.map((text) -> '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"')
						.collect(Collectors.joining(",", "{", "}")));
		});
		add("text[]", new Sample(Arrays.asList("null", null, ""), "{\"null\",NULL,\"\"}"));
		add("timestamptz[]", new Sample(List.of(Instant.EPOCH, Instant.MAX), "{1970-01-01 00:00:00+00,infinity}"));
		add("numeric[]", new Sample(List.of(new BigDecimal("1.50"), 2), "{1.50,2}"));
		add("mood[]", new Sample(List.of(Mood.SAD, "ok"), "{sad,ok}"));
		add("small[]", new Sample(List.of(1, 2), "{1,2}"));
		add("pair[]", new Sample(List.of(new Pair(1, "a b"), Map.of("number", 2)), "{\"(1,\\\"a b\\\")\",\"(2,)\"}"));
		add("box[]", new Sample(List.of(Box.of(1, 2, 3, 4), Box.of(0, 0, 1, 1)), "{(3,4),(1,2);(1,1),(0,0)}"));
		add("bytea[]", new Sample(new byte[][] { { 1 }, { 2, 3 } }, "{\"\\\\x01\",\"\\\\x0203\"}"));
		add("jsonb[]", new Sample(List.of("{}", Map.of("a", 1)), "{\"{}\",\"{\\\"a\\\": 1}\"}"));
		add("int4range", new Sample(PgRange.closed(1, 5), "[1,5]"), new Sample(PgRange.empty(), "empty"),
				new Sample(PgRange.closedOpen(null, 5), "(,5)"), new Sample(PgRange.of(3, true, null, false), "[3,)"),
				new Sample(Range.open(1L, 9L), "(1,9)"), new Sample(Range.unbounded(), "(,)"), Sample.of("[1,2)"));
		add("numrange", new Sample(PgRange.of(new BigDecimal("1.5"), false, 2, true), "(1.5,2]"));
		add("daterange", new Sample(PgRange.closedOpen(LocalDate.EPOCH, LocalDate.MAX), "[1970-01-01,infinity)"));
		add("tstzrange", new Sample(PgRange.closed(Instant.EPOCH, null), "[1970-01-01 00:00:00+00,)"),
				Sample.of("[\"2026-01-01 00:00:00+00\",\"2026-01-02 00:00:00+00\")"));
		add("textrange", new Sample(PgRange.closed("a,\"", "b]\\"), "[\"a,\\\"\",\"b]\\\\\"]"));
		add("int4range[]", new Sample(List.of(PgRange.closed(1, 2), Range.closed(3, 4)), "{\"[1,2]\",\"[3,4]\"}"));
		add("int4multirange", new Sample(List.of(), "{}"), Sample.of("{[1,2),[5,)}"),
				new Sample(List.of(PgRange.closed(1, 2), PgRange.empty(), PgRange.closed(7, 9)), "{[1,2],[7,9]}"),
				new Sample(PgRange.closed(1, 2), "{[1,2]}"));
		add("datemultirange[]",
				new Sample(List.of(List.of(PgRange.closed(LocalDate.EPOCH, null))), "{\"{[1970-01-01,)}\"}"));
	}

}
