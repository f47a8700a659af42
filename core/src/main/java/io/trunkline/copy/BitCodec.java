package io.trunkline.copy;

/**
 * {@code bit} and {@code varbit}: the number of bits, then the bits. Read as text of 0
 * and 1.
 */
final class BitCodec extends TypeCodec {

	static final BitCodec INSTANCE = new BitCodec();

	private BitCodec() {
	}

	@Override
	boolean isValue(Object sequence) {
		return sequence instanceof boolean[];
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		String bits = toBits(value);
		byte[] bytes = new byte[(bits.length() + Byte.SIZE - 1) / Byte.SIZE];
		for (int i = 0; i < bits.length(); i++) {
			if (bits.charAt(i) == '1') {
				bytes[i / Byte.SIZE] |= (byte) (0x80 >> i % Byte.SIZE);
			}
		}
		out.writeInt(Integer.BYTES + bytes.length);
		out.writeInt(bits.length());
		out.writeBytes(bytes);
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append(toBits(value));
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		StringBuilder bits = new StringBuilder();
		int count = Bytes.getInt(data, offset);
		for (int i = 0; i < count; i++) {
			int octet = data[offset + Integer.BYTES + i / Byte.SIZE];
			bits.append(((octet & 0x80 >> i % Byte.SIZE) != 0) ? '1' : '0');
		}
		return bits.toString();
	}

	private static String toBits(Object value) {
		if (value instanceof Boolean bit) {
			return bit ? "1" : "0";
		}
		if (value instanceof boolean[] flags) {
			StringBuilder bits = new StringBuilder(flags.length);
			for (boolean flag : flags) {
				bits.append(flag ? '1' : '0');
			}
			return bits.toString();
		}
		if (value instanceof CharSequence text) {
			String bits = text.toString();
			for (int i = 0; i < bits.length(); i++) {
				if (bits.charAt(i) != '0' && bits.charAt(i) != '1') {
					throw MisfitException.ofText("made of 0 and 1 only");
				}
			}
			return bits;
		}
		throw MisfitException.ofClass(value, "a String of 0 and 1, or a boolean[]");
	}

}
