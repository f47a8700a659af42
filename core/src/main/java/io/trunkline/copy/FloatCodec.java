package io.trunkline.copy;

import java.math.BigDecimal;
import java.util.regex.Pattern;

/**
 * {@code float4} and {@code float8}.
 */
final class FloatCodec extends TypeCodec {

	static final FloatCodec FLOAT4 = new FloatCodec(true);

	static final FloatCodec FLOAT8 = new FloatCodec(false);

	/** Java would take more, such as a type suffix. */
	private static final Pattern DECIMAL = Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");

	private final boolean single;

	private FloatCodec(boolean single) {
		this.single = single;
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		encodeDouble(this.single ? toFloat(value) : toDouble(value), out);
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
		if (this.single) {
			out.append(toFloat(value));
		}
		else {
			out.append(toDouble(value));
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

	/**
	 * Text is rounded once, not to a double first.
	 */
	private static float toFloat(Object value) {
		double number = toDouble(value);
		return (value instanceof CharSequence text && Double.isFinite(number))
				? toFloat((double) Float.parseFloat(text.toString().strip()), number) : toFloat(number, number);
	}

	private static float toFloat(double value) {
		return toFloat(value, value);
	}

	private static float toFloat(double value, double exact) {
		float single = (float) value;
		if (Float.isInfinite(single) && !Double.isInfinite(exact)) {
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
		if (!DECIMAL.matcher(text).matches()) {
			throw MisfitException.ofText("a number");
		}
		return finite(Double.parseDouble(text));
	}

	private static double finite(double value) {
		if (Double.isInfinite(value)) {
			throw new MisfitException("the number is too large");
		}
		return value;
	}

}
