package io.trunkline.copy;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.time.LocalTime;
import java.util.concurrent.TimeUnit;

import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;

/**
 * Turns values that a {@link ValueCheck} has accepted into the binary form of their type.
 * They mean to the server what their text does.
 */
@FunctionalInterface
interface StagedValue {

	/** Text, and the types that look the same in both forms. */
	StagedValue TEXT = (bytes, from, to, out) -> {
		out.writeInt(to - from);
		out.writeBytes(bytes, from, to);
		return true;
	};

	/**
	 * Write a value as a field.
	 * @param bytes holds the value in UTF-8, without escapes
	 * @param from where it begins
	 * @param to where it ends
	 * @param out where to write to
	 * @return whether that can be done here: what a time stamp without an offset means
	 * depends on the session
	 */
	boolean write(byte[] bytes, int from, int to, CopyBuffer out);

	/**
	 * Return what writes the values of a type, {@link ValueCheck#NEVER} aside.
	 */
	static StagedValue of(TypeInfo type) {
		TypeInfo element = PlainArray.element(type);
		if (element != null) {
			return PlainArray.value(of(element), element.oid());
		}
		if (type.kind() != Kind.BASE) {
			return TEXT;
		}
		return switch (type.name()) {
			case "int2" -> always((bytes, from, to, out) -> out.shortField((int) integer(bytes, from, to)));
			case "int4" -> always((bytes, from, to, out) -> out.intField((int) integer(bytes, from, to)));
			case "int8" -> always((bytes, from, to, out) -> out.longField(integer(bytes, from, to)));
			case "float4" -> always((bytes, from, to, out) -> out
				.intField(Float.floatToIntBits(Float.parseFloat(ascii(bytes, from, to)))));
			case "float8" -> always((bytes, from, to, out) -> out
				.longField(Double.doubleToLongBits(Double.parseDouble(ascii(bytes, from, to)))));
			case "numeric" -> numeric();
			case "bool" -> always(StagedValue::bool);
			case "uuid" -> always(StagedValue::uuid);
			case "date" -> always((bytes, from, to, out) -> out.intField((int) days(bytes, from)));
			case "time" -> always((bytes, from, to, out) -> out.longField(micros(bytes, from, to)));
			case "timestamp" -> always((bytes, from, to, out) -> out.longField(timestamp(bytes, from, to)));
			case "timestamptz" -> StagedValue::zonedTimestamp;
			case "jsonb" -> always(StagedValue::jsonb);
			default -> TEXT;
		};
	}

	private static StagedValue always(Writer writer) {
		return (bytes, from, to, out) -> {
			writer.write(bytes, from, to, out);
			return true;
		};
	}

	private static String ascii(byte[] bytes, int from, int to) {
		return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
	}

	private static long integer(byte[] bytes, int from, int to) {
		boolean negative = bytes[from] == '-';
		long number = 0;
		for (int i = negative ? from + 1 : from; i < to; i++) {
			number = 10 * number + (bytes[i] - '0');
		}
		return negative ? -number : number;
	}

	private static StagedValue numeric() {
		NumericCodec codec = NumericCodec.INSTANCE;
		return (bytes, from, to, out) -> {
			codec.encode(new BigDecimal(ascii(bytes, from, to)), out);
			return true;
		};
	}

	private static void bool(byte[] bytes, int from, int to, CopyBuffer out) {
		out.writeInt(1);
		out.writeByte((bytes[from] == 't' || bytes[from] == '1') ? 1 : 0);
	}

	private static void uuid(byte[] bytes, int from, int to, CopyBuffer out) {
		out.writeInt(2 * Long.BYTES);
		long half = 0;
		int digits = 0;
		for (int i = from; i < to; i++) {
			if (bytes[i] != '-') {
				half = half << 4 | Character.digit(bytes[i], 16);
				if (++digits % 16 == 0) {
					out.writeLong(half);
				}
			}
		}
	}

	private static void jsonb(byte[] bytes, int from, int to, CopyBuffer out) {
		out.writeInt(1 + to - from);
		out.writeByte(1);
		out.writeBytes(bytes, from, to);
	}

	/**
	 * Return the days since the server's epoch.
	 */
	private static long days(byte[] bytes, int from) {
		return LocalDate
			.of((int) integer(bytes, from, from + 4), (int) integer(bytes, from + 5, from + 7),
					(int) integer(bytes, from + 8, from + 10))
			.toEpochDay() - DateCodec.EPOCH_DAY;
	}

	private static long micros(byte[] bytes, int from, int to) {
		LocalTime time = LocalTime.of((int) integer(bytes, from, from + 2), (int) integer(bytes, from + 3, from + 5),
				(int) integer(bytes, from + 6, from + 8));
		long fraction = 0;
		for (int i = 0; i < 6; i++) {
			int at = from + 9 + i;
			fraction = 10 * fraction + ((at < to) ? bytes[at] - '0' : 0);
		}
		return TimeUnit.SECONDS.toMicros(time.toSecondOfDay()) + fraction;
	}

	private static long timestamp(byte[] bytes, int from, int to) {
		return TimeUnit.DAYS.toMicros(days(bytes, from)) + micros(bytes, from + 11, to);
	}

	private static boolean zonedTimestamp(byte[] bytes, int from, int to, CopyBuffer out) {
		int end = from + 19;
		while (end < to && (bytes[end] == '.' || (bytes[end] >= '0' && bytes[end] <= '9'))) {
			end++;
		}
		if (end == to) {
			return false;
		}
		long minutes = 0;
		if (bytes[end] != 'Z') {
			minutes = 60 * integer(bytes, end + 1, end + 3);
			minutes += (to - end > 3) ? integer(bytes, to - 2, to) : 0;
			minutes = (bytes[end] == '-') ? -minutes : minutes;
		}
		out.longField(timestamp(bytes, from, end) - TimeUnit.MINUTES.toMicros(minutes));
		return true;
	}

	/**
	 * Writes any value.
	 */
	@FunctionalInterface
	interface Writer {

		void write(byte[] bytes, int from, int to, CopyBuffer out);

	}

}
