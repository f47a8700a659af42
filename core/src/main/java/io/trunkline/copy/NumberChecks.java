package io.trunkline.copy;

/**
 * Tells numbers that the server is certain to take.
 */
final class NumberChecks {

	private static final int VARIABLE_HEADER = 4;

	/** So many digits on each side, and nothing can overflow or underflow. */
	private static final int FLOAT_DIGITS = 100;

	private static final int NUMERIC_DIGITS = 1000;

	private NumberChecks() {
	}

	static boolean isInteger(byte[] bytes, int from, int to, int digits) {
		int start = (from < to && bytes[from] == '-') ? from + 1 : from;
		return to - start <= digits && areDigits(bytes, start, to);
	}

	/**
	 * Return whether it is a decimal with at most so many digits on each side of the
	 * point.
	 */
	static boolean isDecimal(byte[] bytes, int from, int to, int whole, int fraction) {
		int start = (from < to && bytes[from] == '-') ? from + 1 : from;
		int point = start;
		while (point < to && bytes[point] != '.') {
			point++;
		}
		if (point - start > whole || !areDigits(bytes, start, point)) {
			return false;
		}
		return point == to || (to - point - 1 <= fraction && areDigits(bytes, point + 1, to));
	}

	/**
	 * Return whether it is a decimal, with an exponent or not, that a double can hold.
	 */
	static boolean isFloat(byte[] bytes, int from, int to) {
		int end = to;
		for (int i = from; i < to; i++) {
			if (bytes[i] == 'e' || bytes[i] == 'E') {
				boolean plus = i + 1 < to && bytes[i + 1] == '+';
				if (!isInteger(bytes, plus ? i + 2 : i + 1, to, 2) || plus && bytes[i + 2] == '-') {
					return false;
				}
				end = i;
				break;
			}
		}
		return isDecimal(bytes, from, end, FLOAT_DIGITS, FLOAT_DIGITS);
	}

	static ValueCheck numeric(int modifier) {
		if (modifier < 0) {
			return (bytes, from, to) -> isDecimal(bytes, from, to, NUMERIC_DIGITS, NUMERIC_DIGITS);
		}
		int precision = (modifier - VARIABLE_HEADER) >> 16 & 0xFFFF;
		int scale = modifier - VARIABLE_HEADER & 0x7FF;
		if (scale > precision) {
			// A negative scale, or one that allows leading zeros only.
			return ValueCheck.NEVER;
		}
		return (bytes, from, to) -> isDecimal(bytes, from, to, precision - scale, scale);
	}

	/**
	 * Return whether there are digits, and nothing else.
	 */
	static boolean areDigits(byte[] bytes, int from, int to) {
		for (int i = from; i < to; i++) {
			if (bytes[i] < '0' || bytes[i] > '9') {
				return false;
			}
		}
		return from < to;
	}

}
