package io.trunkline.copy;

import java.util.Locale;

/**
 * {@code bool}.
 */
final class BooleanCodec extends TypeCodec {

	static final BooleanCodec INSTANCE = new BooleanCodec();

	private BooleanCodec() {
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		out.writeInt(1);
		out.writeByte(toBoolean(value) ? 1 : 0);
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append(toBoolean(value) ? 't' : 'f');
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		return data[offset] != 0;
	}

	private static boolean toBoolean(Object value) {
		if (value instanceof Boolean bool) {
			return bool;
		}
		if (value instanceof CharSequence text) {
			return switch (text.toString().strip().toLowerCase(Locale.ROOT)) {
				case "true", "t", "yes", "y", "on", "1" -> true;
				case "false", "f", "no", "n", "off", "0" -> false;
				default -> throw MisfitException.ofText("true or false");
			};
		}
		throw MisfitException.ofClass(value, "a Boolean");
	}

}
