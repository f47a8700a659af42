package io.trunkline.copy;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * {@code numeric}: digits of base 10,000, the weight of the first of them, a sign and the
 * number of decimal digits after the point (PostgreSQL source,
 * {@code src/backend/utils/adt/numeric.c}, {@code numeric_send}).
 */
final class NumericCodec extends TypeCodec {

	static final NumericCodec INSTANCE = new NumericCodec();

	private static final int NEGATIVE = 0x4000;

	private static final int NAN = 0xC000;

	private static final int POSITIVE_INFINITY = 0xD000;

	private static final int NEGATIVE_INFINITY = 0xF000;

	private static final int BASE = 10_000;

	private static final int BASE_DIGITS = 4;

	private static final int MAX_SCALE = 16_383;

	private static final int MAX_INTEGER_DIGITS = 131_072;

	private static final int HEADER_LENGTH = 8;

	private static final long[] POWERS_OF_TEN = { 1, 10, 100, 1_000, 10_000 };

	/** Room for the three digits that aligning to the base can add. */
	private static final long MAX_SMALL = Long.MAX_VALUE / 1_000;

	private NumericCodec() {
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		if (value instanceof BigDecimal decimal) {
			encode(decimal, out);
		}
		else if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
			encodeLong(((Number) value).longValue(), out);
		}
		else {
			Object number = toNumber(value);
			if (number instanceof Double special) {
				encodeSpecial(special, out);
			}
			else {
				encode((BigDecimal) number, out);
			}
		}
	}

	@Override
	void encodeLong(long value, CopyBuffer out) {
		if (value == Long.MIN_VALUE) {
			encode(BigDecimal.valueOf(value), out);
		}
		else {
			encodeSmall(Math.abs(value), value < 0, 0, 0, out);
		}
	}

	private static void encodeSpecial(double value, CopyBuffer out) {
		int sign = Double.isNaN(value) ? NAN : (value > 0) ? POSITIVE_INFINITY : NEGATIVE_INFINITY;
		out.longField((long) sign << 16);
	}

	private static void encode(BigDecimal value, CopyBuffer out) {
		BigDecimal decimal = plain(value);
		int scale = decimal.scale();
		int padding = (BASE_DIGITS - scale % BASE_DIGITS) % BASE_DIGITS;
		BigInteger unscaled = decimal.unscaledValue();
		if (unscaled.bitLength() < Long.SIZE - 1) {
			long magnitude = Math.abs(unscaled.longValue());
			if (magnitude <= MAX_SMALL) {
				encodeSmall(magnitude * POWERS_OF_TEN[padding], unscaled.signum() < 0, scale, (scale + padding) / 4,
						out);
				return;
			}
		}
		encodeLarge(unscaled.abs().toString(), unscaled.signum() < 0, scale, padding, out);
	}

	private static void encodeSmall(long magnitude, boolean negative, int scale, int fractionDigits, CopyBuffer out) {
		int count = 0;
		for (long rest = magnitude; rest != 0; rest /= BASE) {
			count++;
		}
		out.writeInt(HEADER_LENGTH + count * Short.BYTES);
		out.writeShort(count);
		out.writeShort(count - fractionDigits - 1);
		out.writeShort(negative ? NEGATIVE : 0);
		out.writeShort(scale);
		long divisor = 1;
		for (int i = 1; i < count; i++) {
			divisor *= BASE;
		}
		long rest = magnitude;
		for (int i = 0; i < count; i++) {
			out.writeShort((int) (rest / divisor));
			rest %= divisor;
			divisor /= BASE;
		}
	}

	private static void encodeLarge(String digits, boolean negative, int scale, int padding, CopyBuffer out) {
		int aligned = digits.length() + padding;
		int count = (aligned + BASE_DIGITS - 1) / BASE_DIGITS;
		int significant = count;
		int trailingZeros = padding;
		while (trailingZeros < aligned
				&& (trailingZeros < padding || digits.charAt(digits.length() - 1 - (trailingZeros - padding)) == '0')) {
			trailingZeros++;
		}
		significant -= trailingZeros / BASE_DIGITS;
		out.writeInt(HEADER_LENGTH + significant * Short.BYTES);
		out.writeShort(significant);
		out.writeShort(count - (scale + padding) / BASE_DIGITS - 1);
		out.writeShort(negative ? NEGATIVE : 0);
		out.writeShort(scale);
		int index = aligned - count * BASE_DIGITS;
		for (int i = 0; i < significant; i++) {
			int digit = 0;
			for (int j = 0; j < BASE_DIGITS; j++, index++) {
				digit = digit * 10 + ((index >= 0 && index < digits.length()) ? digits.charAt(index) - '0' : 0);
			}
			out.writeShort(digit);
		}
	}

	/**
	 * Return the value with a scale that the server can hold.
	 */
	private static BigDecimal plain(BigDecimal value) {
		long integerDigits = (long) value.precision() - value.scale();
		if (value.signum() != 0 && integerDigits > MAX_INTEGER_DIGITS) {
			throw new MisfitException("the number has more than " + MAX_INTEGER_DIGITS + " digits before the point");
		}
		if (value.scale() > MAX_SCALE) {
			throw new MisfitException("the number has more than " + MAX_SCALE + " digits after the point");
		}
		if (value.scale() >= 0) {
			return value;
		}
		return (value.signum() == 0) ? BigDecimal.ZERO : value.setScale(0);
	}

	/**
	 * Return a {@link BigDecimal}, or a {@link Double} that is not finite.
	 */
	private static Object toNumber(Object value) {
		if (value instanceof BigDecimal) {
			return value;
		}
		if (value instanceof BigInteger integer) {
			return new BigDecimal(integer);
		}
		if (value instanceof Double || value instanceof Float) {
			double number = ((Number) value).doubleValue();
			return Double.isFinite(number) ? new BigDecimal(value.toString()) : (Object) number;
		}
		if (value instanceof Number || value instanceof CharSequence) {
			String text = value.toString().strip();
			Double special = SpecialNumber.parse(text);
			if (special != null) {
				return special;
			}
			try {
				return new BigDecimal(text);
			}
			catch (NumberFormatException ex) {
				throw MisfitException.ofText("a number");
			}
		}
		throw MisfitException.ofClass(value, "a Number or its decimal digits as a String");
	}

	@Override
	void print(Object value, StringBuilder out) {
		Object number = toNumber(value);
		out.append((number instanceof BigDecimal decimal) ? plain(decimal).toPlainString() : number);
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		int count = Bytes.getShort(data, offset) & 0xFFFF;
		int weight = Bytes.getShort(data, offset + 2);
		int sign = Bytes.getShort(data, offset + 4) & 0xFFFF;
		int scale = Bytes.getShort(data, offset + 6) & 0xFFFF;
		switch (sign) {
			case NAN:
				return Double.NaN;
			case POSITIVE_INFINITY:
				return Double.POSITIVE_INFINITY;
			case NEGATIVE_INFINITY:
				return Double.NEGATIVE_INFINITY;
			default:
				return decode(data, offset + HEADER_LENGTH, count, weight, scale, sign == NEGATIVE);
		}
	}

	private static BigDecimal decode(byte[] data, int offset, int count, int weight, int scale, boolean negative) {
		int rawScale = (count - 1 - weight) * BASE_DIGITS;
		if (count <= BASE_DIGITS) {
			long unscaled = 0;
			for (int i = 0; i < count; i++) {
				unscaled = unscaled * BASE + Bytes.getShort(data, offset + i * Short.BYTES);
			}
			return BigDecimal.valueOf(negative ? -unscaled : unscaled, rawScale).setScale(scale);
		}
		StringBuilder digits = new StringBuilder(count * BASE_DIGITS + 1);
		if (negative) {
			digits.append('-');
		}
		for (int i = 0; i < count; i++) {
			int digit = Bytes.getShort(data, offset + i * Short.BYTES);
			digits.append((char) ('0' + digit / 1000))
				.append((char) ('0' + digit / 100 % 10))
				.append((char) ('0' + digit / 10 % 10))
				.append((char) ('0' + digit % 10));
		}
		return new BigDecimal(new BigInteger(digits.toString()), rawScale).setScale(scale);
	}

}
