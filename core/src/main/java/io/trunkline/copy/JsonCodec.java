package io.trunkline.copy;

import java.nio.charset.StandardCharsets;

import io.r2dbc.postgresql.codec.Json;
import org.jspecify.annotations.Nullable;

/**
 * {@code json} and {@code jsonb}, the latter with a version before its text. A String is
 * JSON already; other values need a {@link JsonValues}.
 */
final class JsonCodec extends TypeCodec {

	private static final int VERSION = 1;

	private final boolean versioned;

	private final @Nullable JsonValues values;

	JsonCodec(boolean versioned, @Nullable JsonValues values) {
		this.versioned = versioned;
		this.values = values;
	}

	@Override
	boolean isValue(Object sequence) {
		return !(sequence instanceof char[]);
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		int start = out.beginField();
		if (this.versioned) {
			out.writeByte(VERSION);
		}
		out.writeText(toText(value));
		out.endField(start);
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append(toText(value));
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		return Json.of(toText(data, offset, length));
	}

	@Override
	Object decode(byte[] data, int offset, int length, Class<?> type) {
		if (type == Json.class || type == Object.class) {
			return decode(data, offset, length);
		}
		String text = toText(data, offset, length);
		return type.isInstance(text) ? text : readValue(text, type);
	}

	private Object readValue(String text, Class<?> type) {
		return (this.values != null) ? this.values.read(text, type) : Json.of(text);
	}

	private String toText(byte[] data, int offset, int length) {
		int skipped = this.versioned ? 1 : 0;
		return new String(data, offset + skipped, length - skipped, StandardCharsets.UTF_8);
	}

	private String toText(Object value) {
		if (value instanceof CharSequence text) {
			return text.toString();
		}
		if (value instanceof Json json) {
			return json.asString();
		}
		if (value instanceof byte[] utf8) {
			return new String(utf8, StandardCharsets.UTF_8);
		}
		if (this.values != null) {
			return this.values.write(value);
		}
		if (value instanceof Number || value instanceof Boolean) {
			return value.toString();
		}
		throw MisfitException.ofClass(value,
				"JSON as a String, or put tools.jackson.core:jackson-databind on the class path");
	}

}
