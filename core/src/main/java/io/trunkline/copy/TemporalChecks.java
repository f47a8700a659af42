package io.trunkline.copy;

/**
 * Tells dates and times in ISO 8601, which mean the same under any {@code DateStyle}.
 */
final class TemporalChecks {

	private static final int DATE_LENGTH = 10;

	private static final int TIME_LENGTH = 8;

	private static final int FRACTION_DIGITS = 6;

	private static final int LARGEST_OFFSET = 14;

	private TemporalChecks() {
	}

	static boolean isDate(byte[] bytes, int from, int to) {
		return to - from == DATE_LENGTH && isDateAt(bytes, from);
	}

	static boolean isTime(byte[] bytes, int from, int to) {
		return timeEnd(bytes, from, to) == to;
	}

	static boolean isTimestamp(byte[] bytes, int from, int to) {
		return timestampEnd(bytes, from, to) == to;
	}

	/**
	 * Return whether it is a timestamp with or without an offset; without one it is one
	 * of the session's zone.
	 */
	static boolean isZonedTimestamp(byte[] bytes, int from, int to) {
		int end = timestampEnd(bytes, from, to);
		return end == to || (end > 0 && isOffset(bytes, end, to));
	}

	private static boolean isDateAt(byte[] bytes, int from) {
		if (bytes[from + 4] != '-' || bytes[from + 7] != '-') {
			return false;
		}
		int year = two(bytes, from) * 100 + two(bytes, from + 2);
		int month = two(bytes, from + 5);
		int day = two(bytes, from + 8);
		return year > 0 && two(bytes, from) >= 0 && two(bytes, from + 2) >= 0 && month >= 1 && month <= 12 && day >= 1
				&& day <= days(year, month);
	}

	private static int days(int year, int month) {
		return switch (month) {
			case 2 -> (year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)) ? 29 : 28;
			case 4, 6, 9, 11 -> 30;
			default -> 31;
		};
	}

	private static int timestampEnd(byte[] bytes, int from, int to) {
		int time = from + DATE_LENGTH + 1;
		if (to < time + TIME_LENGTH || (bytes[time - 1] != ' ' && bytes[time - 1] != 'T') || !isDateAt(bytes, from)) {
			return -1;
		}
		return timeEnd(bytes, time, to);
	}

	/**
	 * Return where a time ends, or -1 where there is none.
	 */
	private static int timeEnd(byte[] bytes, int from, int to) {
		if (to - from < TIME_LENGTH || bytes[from + 2] != ':' || bytes[from + 5] != ':' || !isWithin(bytes, from, 0, 23)
				|| !isWithin(bytes, from + 3, 0, 59) || !isWithin(bytes, from + 6, 0, 59)) {
			return -1;
		}
		int end = from + TIME_LENGTH;
		if (end < to && bytes[end] == '.') {
			int start = ++end;
			while (end < to && bytes[end] >= '0' && bytes[end] <= '9') {
				end++;
			}
			if (end == start || end - start > FRACTION_DIGITS) {
				return -1;
			}
		}
		return end;
	}

	/**
	 * Return whether it is {@code Z}, {@code +hh}, {@code +hhmm} or {@code +hh:mm}.
	 */
	private static boolean isOffset(byte[] bytes, int from, int to) {
		if (bytes[from] == 'Z') {
			return to == from + 1;
		}
		if ((bytes[from] != '+' && bytes[from] != '-') || to < from + 3
				|| !isWithin(bytes, from + 1, 0, LARGEST_OFFSET)) {
			return false;
		}
		return switch (to - from) {
			case 3 -> true;
			case 5 -> isWithin(bytes, from + 3, 0, 59);
			case 6 -> bytes[from + 3] == ':' && isWithin(bytes, from + 4, 0, 59);
			default -> false;
		};
	}

	private static boolean isWithin(byte[] bytes, int from, int least, int most) {
		int value = two(bytes, from);
		return value >= least && value <= most;
	}

	/**
	 * Return the number of two digits, far below zero where they are none.
	 */
	private static int two(byte[] bytes, int from) {
		int tens = bytes[from] - '0';
		int ones = bytes[from + 1] - '0';
		return (tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9) ? 10 * tens + ones : Short.MIN_VALUE;
	}

}
