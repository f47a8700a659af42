package io.trunkline.copy;

import java.util.HexFormat;

/**
 * {@code macaddr} and {@code macaddr8}, read as text.
 */
final class MacAddressCodec extends TypeCodec {

	static final MacAddressCodec EUI48 = new MacAddressCodec(6);

	static final MacAddressCodec EUI64 = new MacAddressCodec(8);

	private static final HexFormat FORMAT = HexFormat.ofDelimiter(":");

	private final int length;

	private MacAddressCodec(int length) {
		this.length = length;
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		out.bytesField(toBytes(value));
	}

	@Override
	void print(Object value, StringBuilder out) {
		FORMAT.formatHex(out, toBytes(value));
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		return FORMAT.formatHex(data, offset, offset + length);
	}

	private byte[] toBytes(Object value) {
		if (value instanceof byte[] bytes) {
			return extended(bytes);
		}
		if (value instanceof CharSequence text) {
			try {
				return extended(HexFormat.of().parseHex(text.toString().strip().replaceAll("[:.-]", "")));
			}
			catch (IllegalArgumentException ex) {
				throw MisfitException.ofText("a MAC address of " + this.length + " bytes");
			}
		}
		throw MisfitException.ofClass(value, "a String or a byte[]");
	}

	private byte[] extended(byte[] bytes) {
		if (this.length == 8 && bytes.length == 6) {
			return new byte[] { bytes[0], bytes[1], bytes[2], (byte) 0xFF, (byte) 0xFE, bytes[3], bytes[4], bytes[5] };
		}
		if (bytes.length != this.length) {
			throw new MisfitException("the MAC address is not of " + this.length + " bytes");
		}
		return bytes;
	}

}
