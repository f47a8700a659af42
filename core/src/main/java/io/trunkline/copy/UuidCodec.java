package io.trunkline.copy;

import java.util.UUID;

/**
 * {@code uuid}.
 */
final class UuidCodec extends TypeCodec {

	static final UuidCodec INSTANCE = new UuidCodec();

	private static final int LENGTH = 16;

	private static final int TEXT_LENGTH = 36;

	private UuidCodec() {
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		UUID uuid = toUuid(value);
		out.writeInt(LENGTH);
		out.writeLong(uuid.getMostSignificantBits());
		out.writeLong(uuid.getLeastSignificantBits());
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append(toUuid(value));
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		return new UUID(Bytes.getLong(data, offset), Bytes.getLong(data, offset + Long.BYTES));
	}

	private static UUID toUuid(Object value) {
		if (value instanceof UUID uuid) {
			return uuid;
		}
		if (value instanceof CharSequence text) {
			try {
				String stripped = text.toString().strip();
				if (stripped.length() == TEXT_LENGTH) {
					return UUID.fromString(stripped);
				}
			}
			catch (IllegalArgumentException ex) {
				throw MisfitException.ofText("a UUID");
			}
			throw MisfitException.ofText("a UUID of 36 characters");
		}
		throw MisfitException.ofClass(value, "a java.util.UUID");
	}

}
