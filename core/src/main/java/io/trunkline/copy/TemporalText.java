package io.trunkline.copy;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Dates and times as ISO 8601 and the server write them: a blank or a T between date and
 * time, seconds and offset optional, years of any length, BC behind all, and a region in
 * brackets, which the offset makes needless.
 *
 * @param date the date, {@code null} for a time alone
 * @param microOfDay the time, 24:00 included, {@code null} for a date alone
 * @param offset the offset, {@code null} for a local time
 */
record TemporalText(@Nullable LocalDate date, @Nullable Long microOfDay, @Nullable ZoneOffset offset) {

	private static final Pattern PATTERN = Pattern.compile(
			"(?:([+-]?\\d{4,9})-(\\d\\d)-(\\d\\d))?(?:(?:^|[Tt ])(\\d\\d):(\\d\\d)(?::(\\d\\d)(?:[.,](\\d{1,9}))?)?"
					+ " ?([Zz]|[+-]\\d\\d(?::?\\d\\d(?::?\\d\\d)?)?)?)?(?:\\[[\\w/+-]+])?( BC)?");

	private static final long MICROS_PER_DAY = 86_400_000_000L;

	static boolean isInfinity(String text) {
		return text.equalsIgnoreCase("infinity") || text.equalsIgnoreCase("+infinity");
	}

	static boolean isMinusInfinity(String text) {
		return text.equalsIgnoreCase("-infinity");
	}

	static TemporalText parse(String text, String expected) {
		Matcher matcher = PATTERN.matcher(text);
		if (!matcher.matches()) {
			throw MisfitException.ofText(expected);
		}
		try {
			return new TemporalText(date(matcher), microOfDay(matcher), offset(matcher.group(8)));
		}
		catch (DateTimeException | NumberFormatException ex) {
			throw MisfitException.ofText(expected);
		}
	}

	private static @Nullable LocalDate date(Matcher matcher) {
		if (matcher.group(1) == null) {
			return null;
		}
		int year = Integer.parseInt(matcher.group(1));
		// There is no year 0 before Christ; to ISO 8601 it is 1 BC.
		return LocalDate.of((matcher.group(9) != null) ? 1 - year : year, Integer.parseInt(matcher.group(2)),
				Integer.parseInt(matcher.group(3)));
	}

	private static @Nullable Long microOfDay(Matcher matcher) {
		if (matcher.group(4) == null) {
			return null;
		}
		int hour = Integer.parseInt(matcher.group(4));
		int minute = Integer.parseInt(matcher.group(5));
		int second = (matcher.group(6) != null) ? Integer.parseInt(matcher.group(6)) : 0;
		String fraction = matcher.group(7);
		int nano = (fraction != null) ? Integer.parseInt((fraction + "00000000").substring(0, 9)) : 0;
		if (hour == 24 && minute == 0 && second == 0 && nano == 0) {
			return MICROS_PER_DAY;
		}
		return microOfDay(LocalTime.of(hour, minute, second, nano));
	}

	/**
	 * Round to what the server stores, as it does with text.
	 */
	static long microOfDay(LocalTime time) {
		return (time.toNanoOfDay() + 500) / 1000;
	}

	private static @Nullable ZoneOffset offset(@Nullable String text) {
		return (text != null) ? ZoneOffset.of(text.toUpperCase(Locale.ROOT)) : null;
	}

	/**
	 * Append a date as the server reads it.
	 */
	static void append(LocalDate date, StringBuilder out) {
		int year = (date.getYear() > 0) ? date.getYear() : 1 - date.getYear();
		append(year, 4, out);
		out.append('-');
		append(date.getMonthValue(), 2, out);
		out.append('-');
		append(date.getDayOfMonth(), 2, out);
	}

	/**
	 * Append what tells a date before Christ, which stands behind all of a value.
	 */
	static void appendEra(LocalDate date, StringBuilder out) {
		if (date.getYear() <= 0) {
			out.append(" BC");
		}
	}

	static void append(long microOfDay, StringBuilder out) {
		long seconds = microOfDay / 1_000_000;
		append((int) (seconds / 3600), 2, out);
		out.append(':');
		append((int) (seconds / 60 % 60), 2, out);
		out.append(':');
		append((int) (seconds % 60), 2, out);
		int micros = (int) (microOfDay % 1_000_000);
		if (micros != 0) {
			out.append('.');
			append(micros, 6, out);
		}
	}

	private static void append(int number, int digits, StringBuilder out) {
		String text = Integer.toString(number);
		out.append("0".repeat(Math.max(0, digits - text.length()))).append(text);
	}

}
