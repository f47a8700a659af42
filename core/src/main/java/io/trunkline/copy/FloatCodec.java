package io.trunkline.copy;

import java.math.BigDecimal;

/**
 * {@code float4} and {@code float8}.
 */
final class FloatCodec extends TypeCodec {

	static final FloatCodec FLOAT4 = new FloatCodec(true);

	static final FloatCodec FLOAT8 = new FloatCodec(false);

	private final boolean single;

	private FloatCodec(boolean single) {
		this.single = single;
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		encodeDouble(toDouble(value), out);
	}

	@Override
	void encodeDouble(double value, CopyBuffer out) {
		if (this.single) {
			out.intField(Float.floatToIntBits(toFloat(value)));
		}
		else {
			out.longField(Double.doubleToLongBits(value));
		}
	}

	@Override
	void encodeLong(long value, CopyBuffer out) {
		encodeDouble(value, out);
	}

	@Override
	void print(Object value, StringBuilder out) {
		double number = toDouble(value);
		if (this.single) {
			out.append(toFloat(number));
		}
		else {
			out.append(number);
		}
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		if (this.single) {
			return Bytes.getFloat(data, offset);
		}
		return Bytes.getDouble(data, offset);
	}

	@Override
	double decodeDouble(byte[] data, int offset, int length) {
		return this.single ? Bytes.getFloat(data, offset) : Bytes.getDouble(data, offset);
	}

	private static float toFloat(double value) {
		float single = (float) value;
		if (Float.isInfinite(single) && !Double.isInfinite(value)) {
			throw new MisfitException("the number is too large");
		}
		return single;
	}

	static double toDouble(Object value) {
		if (value instanceof Double || value instanceof Float) {
			return ((Number) value).doubleValue();
		}
		if (value instanceof BigDecimal decimal) {
			return finite(decimal.doubleValue());
		}
		if (value instanceof Number number) {
			return number.doubleValue();
		}
		if (value instanceof CharSequence text) {
			return parse(text.toString().strip());
		}
		throw MisfitException.ofClass(value, "a Number or its decimal digits as a String");
	}

	private static double parse(String text) {
		Double special = SpecialNumber.parse(text);
		if (special != null) {
			return special;
		}
		try {
			return finite(new BigDecimal(text).doubleValue());
		}
		catch (NumberFormatException ex) {
			throw MisfitException.ofText("a number");
		}
	}

	private static double finite(double value) {
		if (Double.isInfinite(value)) {
			throw new MisfitException("the number is too large");
		}
		return value;
	}

}
