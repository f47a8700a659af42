package io.trunkline.copy;

/**
 * {@code "char"}, the single byte of the catalogue's own columns.
 */
final class CharCodec extends TypeCodec {

	static final CharCodec INSTANCE = new CharCodec();

	private CharCodec() {
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		String text = toText(value);
		out.writeInt(1);
		out.writeByte(text.isEmpty() ? 0 : text.charAt(0));
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append(toText(value));
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		return (data[offset] == 0) ? "" : String.valueOf((char) (data[offset] & 0xFF));
	}

	private static String toText(Object value) {
		String text = StringCodec.toText(value);
		if (text.length() > 1 || (!text.isEmpty() && (text.charAt(0) >= 0x80 || text.charAt(0) == 0))) {
			throw new MisfitException("the text is not one ASCII character");
		}
		return text;
	}

}
