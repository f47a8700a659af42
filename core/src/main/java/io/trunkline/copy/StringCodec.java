package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalAmount;
import java.util.Arrays;
import java.util.Currency;
import java.util.Locale;
import java.util.UUID;

import io.r2dbc.postgresql.codec.Json;

/**
 * Types whose binary form is their text: {@code text}, {@code varchar}, {@code bpchar},
 * {@code name}, {@code citext}, {@code xml}, enums. Also, in text form only, any type
 * that there is no other codec for.
 */
final class StringCodec extends TypeCodec {

	static final StringCodec TEXT = new StringCodec(true);

	/** What it reads is the result of a cast to {@code text}. */
	static final StringCodec UNKNOWN = new StringCodec(false);

	private final boolean binary;

	private StringCodec(boolean binary) {
		this.binary = binary;
	}

	@Override
	boolean isBinary() {
		return this.binary;
	}

	@Override
	boolean isValue(Object sequence) {
		return sequence instanceof char[];
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		out.textField((value instanceof String text) ? text : toText(value));
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append(toText(value));
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		return new String(data, offset, length, StandardCharsets.UTF_8);
	}

	static String toText(Object value) {
		if (value instanceof CharSequence || value instanceof Number || value instanceof Boolean
				|| value instanceof Character || value instanceof UUID || value instanceof TemporalAccessor
				|| value instanceof TemporalAmount || isTextual(value)) {
			return value.toString();
		}
		if (value instanceof Enum<?> constant) {
			return constant.name();
		}
		if (value instanceof char[] chars) {
			return new String(chars);
		}
		if (value instanceof Json json) {
			return json.asString();
		}
		throw MisfitException.ofClass(value, "a String");
	}

	/**
	 * Classes of the JDK that consist of a text.
	 */
	private static boolean isTextual(Object value) {
		return Arrays.asList(java.net.URI.class, java.net.URL.class, Locale.class, Currency.class)
			.contains(value.getClass());
	}

}
