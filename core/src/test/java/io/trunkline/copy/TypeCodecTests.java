package io.trunkline.copy;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

import io.r2dbc.postgresql.codec.Vector;
import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Attribute;
import io.trunkline.schema.TypeInfo.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class TypeCodecTests {

	private static final String SECRET = "53cr3t";

	private static TypeInfo base(String name) {
		return new TypeInfo(1, "pg_catalog", name, Kind.BASE, null, ',', List.of(), List.of());
	}

	private static TypeInfo of(Kind kind, TypeInfo element) {
		return new TypeInfo(2, "pg_catalog", kind.name().toLowerCase(java.util.Locale.ROOT), kind, element, ',',
				List.of(), List.of());
	}

	private static final TypeInfo mood = new TypeInfo(3, "public", "mood", Kind.ENUM, null, ',', List.of(),
			List.of("sad", "happy"));

	private static final TypeInfo pair = new TypeInfo(4, "public", "pair", Kind.COMPOSITE, null, ',',
			List.of(new Attribute("number", base("int4")), new Attribute("label", base("text"))), List.of());

	static Stream<Arguments> misfits() {
		return Stream.of(arguments(base("bool"), SECRET), arguments(base("bool"), 2), arguments(base("int2"), 32_768),
				arguments(base("int4"), 1L << 31), arguments(base("int4"), 1.5),
				arguments(base("int8"), new BigDecimal("9223372036854775808")), arguments(base("int8"), "1 2"),
				arguments(base("oid"), -1), arguments(base("float4"), Double.MAX_VALUE),
				arguments(base("float8"), "1d"), arguments(base("float8"), "0x1p3"),
				arguments(base("float8"), new BigDecimal("1E400")), arguments(base("numeric"), SECRET),
				arguments(base("numeric"), new BigDecimal("1E131072")),
				arguments(base("numeric"), new BigDecimal("1E-16384")),
				arguments(base("numeric"), new BigDecimal("1E+1000000000")), arguments(base("text"), SECRET + "\0"),
				arguments(base("text"), SECRET + "\ud800"), arguments(base("text"), "\udc00"),
				arguments(base("text"), Map.of("a", SECRET)), arguments(base("text"), new byte[3]),
				arguments(base("text"), List.of(SECRET)), arguments(base("char"), "ab"),
				arguments(base("char"), "\u00e4"), arguments(base("bytea"), SECRET), arguments(base("bytea"), "\\x123"),
				arguments(base("bytea"), 1), arguments(base("uuid"), SECRET),
				arguments(base("uuid"), "53cr3t00-0000-0000-0000-00000000000g"),
				arguments(base("date"), LocalDate.of(-4713, 11, 23)), arguments(base("date"), "2026-02-30"),
				arguments(base("date"), LocalDate.of(5_874_898, 1, 1)), arguments(base("date"), LocalTime.NOON),
				arguments(base("time"), "24:00:01"), arguments(base("time"), LocalDate.EPOCH),
				arguments(base("timetz"), "12:00"), arguments(base("timetz"), LocalTime.NOON),
				arguments(base("timestamp"), LocalDateTime.of(294_277, 1, 1, 0, 0)),
				arguments(base("timestamptz"), Instant.MIN.plusSeconds(1)), arguments(base("timestamptz"), "12:00"),
				arguments(base("timestamptz"), SECRET), arguments(base("interval"), "1 " + SECRET),
				arguments(base("interval"), ""), arguments(base("interval"), "P"),
				arguments(base("interval"), "200000000 years"),
				arguments(base("interval"), java.time.Duration.ofDays(200_000_000)),
				arguments(base("jsonb"), new Unwritable()), arguments(base("inet"), "1.2.3"),
				arguments(base("inet"), "1.2.3.4/33"), arguments(base("inet"), "localhost"),
				arguments(base("cidr"), "10.0.0.1/8"), arguments(base("macaddr"), "08:00:2b"),
				arguments(base("macaddr"), SECRET), arguments(base("varbit"), "012"),
				arguments(base("point"), "(1,2,3)"), arguments(base("path"), "(1)"), arguments(base("polygon"), 3),
				arguments(mood, SECRET), arguments(mood, 1),
				arguments(of(Kind.ARRAY, base("int4")), List.of(1, SECRET)),
				arguments(of(Kind.ARRAY, base("int4")), List.of(List.of(1), List.of(2, 3))),
				arguments(of(Kind.ARRAY, base("int4")), List.of(List.of(), List.of(2))),
				arguments(of(Kind.ARRAY, base("int4")), Arrays.asList(List.of(1), null)),
				arguments(of(Kind.ARRAY, base("int4")), new int[1][1][1][1][1][1][1]),
				arguments(of(Kind.ARRAY, base("int4")), "{1,2"), arguments(of(Kind.ARRAY, base("int4")), "{1}}"),
				arguments(of(Kind.ARRAY, base("int4")), 1),
				arguments(of(Kind.RANGE, base("int4")), PgRange.closed(1, SECRET)),
				arguments(of(Kind.RANGE, base("int4")), "[1,2"), arguments(of(Kind.RANGE, base("int4")), 1),
				arguments(of(Kind.MULTIRANGE, of(Kind.RANGE, base("int4"))), "{[1,2]"),
				arguments(of(Kind.MULTIRANGE, of(Kind.RANGE, base("int4"))), List.of(1)), arguments(pair, List.of(1)),
				arguments(pair, Map.of("number", 1, "colour", SECRET)), arguments(pair, "(1"), arguments(pair, 1));
	}

	/** What Jackson fails with must not be told. */
	static final class Unwritable {

		public String getSecret() {
			throw new IllegalStateException(SECRET);
		}

	}

	@ParameterizedTest
	@MethodSource("misfits")
	void refusesAValueThatDoesNotFitWithoutTellingIt(TypeInfo type, Object value) {
		for (List<RowColumn> columns : List.of(List.of(new RowColumn("c", type)),
				List.of(new RowColumn("c", type), new RowColumn("words", base("tsvector"))))) {
			RowEncoding<Map<String, ?>> encoding = RowMapping.ofDefaults().encodeMaps(columns);
			StepVerifier.create(encoding.encode(Flux.just(Map.of(), Map.of("c", value))))
				.verifyErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(CopyEncodingException.class)
					.hasMessageStartingWith("Row 1, column \"c\" of type " + type.name() + ", value of class "
							+ value.getClass().getTypeName() + ": ")
					.hasMessageNotContaining(SECRET)
					.hasNoCause());
		}
	}

	@Test
	void refusesAnInfiniteIntervalForAServerThatWouldTakeItForAFiniteOne() {
		RowMapping mapping = RowMapping.ofDefaults();
		List<RowColumn> columns = List.of(new RowColumn("c", base("interval")));
		Flux<Map<String, ?>> rows = Flux.just(Map.of("c", "infinity"));
		StepVerifier.create(mapping.encodeMaps(columns).encode(rows)).verifyError(CopyEncodingException.class);
		StepVerifier.create(mapping.forServer(17).encodeMaps(columns).encode(rows)).expectNextCount(1).verifyComplete();
	}

	/**
	 * The layout is that of {@code vector_send} in pgvector's source.
	 */
	@Test
	void writesAndReadsVectors() {
		TypeInfo vector = new TypeInfo(5, "public", "vector", Kind.BASE, null, ',', List.of(), List.of());
		TypeCodec codec = new TypeCodecs(14, null, (value) -> value, (value) -> null).codec(vector);
		byte[] expected = HexFormat.ofDelimiter(" ").parseHex("00 00 00 0c 00 02 00 00 3f 80 00 00 c0 20 00 00");
		for (Object value : List.of(new float[] { 1, -2.5f }, Vector.of(1, -2.5f), List.of(1, -2.5), "[1, -2.5]")) {
			CopyBuffer out = new CopyBuffer(4);
			codec.encode(value, out);
			assertThat(Arrays.copyOf(out.take(0), expected.length)).isEqualTo(expected);
		}
		assertThat(codec.decode(expected, 4, 12)).isEqualTo(Vector.of(1, -2.5f));
		assertThat(codec.decode(expected, 4, 12, float[].class)).isEqualTo(new float[] { 1, -2.5f });
		StringBuilder text = new StringBuilder();
		codec.print(Vector.of(1, -2.5f), text);
		assertThat(text).hasToString("[1.0,-2.5]");
	}

}
