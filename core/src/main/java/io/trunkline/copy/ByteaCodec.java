package io.trunkline.copy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * {@code bytea}. Text is taken in the server's own hexadecimal form only, as any other
 * text might as well be meant as characters.
 */
final class ByteaCodec extends TypeCodec {

	static final ByteaCodec INSTANCE = new ByteaCodec();

	private static final String HEX_PREFIX = "\\x";

	private ByteaCodec() {
	}

	@Override
	boolean isValue(Object sequence) {
		return sequence instanceof byte[];
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		out.bytesField(toBytes(value));
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append(HEX_PREFIX);
		HexFormat.of().formatHex(out, toBytes(value));
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		return Arrays.copyOfRange(data, offset, offset + length);
	}

	private static byte[] toBytes(Object value) {
		if (value instanceof byte[] bytes) {
			return bytes;
		}
		if (value instanceof ByteBuffer buffer) {
			byte[] bytes = new byte[buffer.remaining()];
			buffer.duplicate().get(bytes);
			return bytes;
		}
		if (value instanceof CharSequence text && text.toString().startsWith(HEX_PREFIX)) {
			try {
				return HexFormat.of().parseHex(text, HEX_PREFIX.length(), text.length());
			}
			catch (IllegalArgumentException ex) {
				throw MisfitException.ofText("\\x and an even number of hexadecimal digits");
			}
		}
		if (value instanceof CharSequence) {
			throw MisfitException.ofText("\\x and hexadecimal digits");
		}
		throw MisfitException.ofClass(value, "a byte[] or a ByteBuffer");
	}

}
