package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * {@code hstore}: the number of pairs, then keys and values, of which the latter may be
 * null.
 */
final class HstoreCodec extends TypeCodec {

	static final HstoreCodec INSTANCE = new HstoreCodec();

	private HstoreCodec() {
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		Map<?, ?> pairs = toMap(value);
		int start = out.beginField();
		out.writeInt(pairs.size());
		pairs.forEach((key, text) -> {
			out.textField(key(key));
			if (text != null) {
				out.textField(StringCodec.toText(text));
			}
			else {
				out.nullField();
			}
		});
		out.endField(start);
	}

	@Override
	void print(Object value, StringBuilder out) {
		String[] separator = { "" };
		toMap(value).forEach((key, text) -> {
			out.append(separator[0]);
			separator[0] = ",";
			Literal.appendQuoted(key(key), out);
			out.append("=>");
			if (text != null) {
				Literal.appendQuoted(StringCodec.toText(text), out);
			}
			else {
				out.append("NULL");
			}
		});
	}

	private static String key(@Nullable Object key) {
		if (key == null) {
			throw new MisfitException("a key must not be null");
		}
		return StringCodec.toText(key);
	}

	private static Map<?, ?> toMap(Object value) {
		if (value instanceof Map<?, ?> map) {
			return map;
		}
		if (value instanceof CharSequence text) {
			return Literal.parseHstore(text.toString());
		}
		throw MisfitException.ofClass(value, "a Map of Strings");
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		int count = Bytes.getInt(data, offset);
		Map<String, @Nullable String> pairs = new LinkedHashMap<>();
		int position = offset + Integer.BYTES;
		for (int i = 0; i < count; i++) {
			int keyLength = Bytes.getInt(data, position);
			position += Integer.BYTES;
			String key = new String(data, position, keyLength, StandardCharsets.UTF_8);
			position += keyLength;
			int valueLength = Bytes.getInt(data, position);
			position += Integer.BYTES;
			pairs.put(key, (valueLength < 0) ? null : new String(data, position, valueLength, StandardCharsets.UTF_8));
			position += Math.max(0, valueLength);
		}
		return Collections.unmodifiableMap(pairs);
	}

}
