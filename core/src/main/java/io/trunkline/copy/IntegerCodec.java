package io.trunkline.copy;

import java.math.BigDecimal;
import java.math.BigInteger;

/**
 * {@code int2}, {@code int4}, {@code int8} and {@code oid}.
 */
final class IntegerCodec extends TypeCodec {

	static final IntegerCodec INT2 = new IntegerCodec(Short.BYTES, Short.MIN_VALUE, Short.MAX_VALUE);

	static final IntegerCodec INT4 = new IntegerCodec(Integer.BYTES, Integer.MIN_VALUE, Integer.MAX_VALUE);

	static final IntegerCodec INT8 = new IntegerCodec(Long.BYTES, Long.MIN_VALUE, Long.MAX_VALUE);

	static final IntegerCodec OID = new IntegerCodec(Integer.BYTES, 0, 0xFFFF_FFFFL);

	private static final String EXPECTED = "an integral Number or its decimal digits as a String";

	private final int width;

	private final long min;

	private final long max;

	private IntegerCodec(int width, long min, long max) {
		this.width = width;
		this.min = min;
		this.max = max;
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		encodeLong(toLong(value), out);
	}

	@Override
	void encodeLong(long value, CopyBuffer out) {
		if (this.width == Long.BYTES) {
			out.longField(value);
			return;
		}
		checkRange(value);
		if (this.width == Integer.BYTES) {
			out.intField((int) value);
		}
		else {
			out.shortField((int) value);
		}
	}

	@Override
	void print(Object value, StringBuilder out) {
		long number = toLong(value);
		checkRange(number);
		out.append(number);
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		long value = decodeLong(data, offset, length);
		if (this == INT2) {
			return (short) value;
		}
		if (this == INT4) {
			return (int) value;
		}
		return value;
	}

	@Override
	long decodeLong(byte[] data, int offset, int length) {
		if (this.width == Long.BYTES) {
			return Bytes.getLong(data, offset);
		}
		if (this.width == Integer.BYTES) {
			int value = Bytes.getInt(data, offset);
			return (this.min == 0) ? Integer.toUnsignedLong(value) : value;
		}
		return Bytes.getShort(data, offset);
	}

	private void checkRange(long value) {
		if (value < this.min || value > this.max) {
			throw new MisfitException("the number is not between " + this.min + " and " + this.max);
		}
	}

	static long toLong(Object value) {
		if (value instanceof Long || value instanceof Integer || value instanceof Short || value instanceof Byte) {
			return ((Number) value).longValue();
		}
		try {
			if (value instanceof BigInteger integer) {
				return integer.longValueExact();
			}
			if (value instanceof BigDecimal decimal) {
				return decimal.longValueExact();
			}
			if (value instanceof Double || value instanceof Float) {
				return BigDecimal.valueOf(((Number) value).doubleValue()).longValueExact();
			}
			if (value instanceof Number number) {
				return new BigDecimal(number.toString()).longValueExact();
			}
			if (value instanceof CharSequence text) {
				return Long.parseLong(text.toString().strip());
			}
		}
		catch (NumberFormatException ex) {
			throw MisfitException.ofText("a whole number of at most 64 bits");
		}
		catch (ArithmeticException ex) {
			throw new MisfitException("the number is not whole or too large");
		}
		throw MisfitException.ofClass(value, EXPECTED);
	}

}
