package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * An enum type. A Java constant is matched by its name, or else by its name in lower
 * case.
 */
final class EnumCodec extends TypeCodec {

	/** One instance of each label, so that reading creates no strings. */
	private final Map<String, String> labels = new LinkedHashMap<>();

	EnumCodec(List<String> labels) {
		labels.forEach((label) -> this.labels.put(label, label));
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		out.textField(label(value));
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append(label(value));
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		String text = new String(data, offset, length, StandardCharsets.UTF_8);
		return this.labels.getOrDefault(text, text);
	}

	private String label(Object value) {
		String text;
		if (value instanceof Enum<?> constant) {
			text = constant.name();
		}
		else if (value instanceof CharSequence) {
			text = value.toString();
		}
		else {
			throw MisfitException.ofClass(value, "an enum or a String");
		}
		String label = find(text, value instanceof Enum<?>);
		if (label == null) {
			throw new MisfitException("it is none of the type's labels, which are " + this.labels.keySet());
		}
		return label;
	}

	private @Nullable String find(String text, boolean constant) {
		if (this.labels.containsKey(text) || this.labels.isEmpty()) {
			return text;
		}
		return constant ? this.labels.get(text.toLowerCase(Locale.ROOT)) : null;
	}

}
