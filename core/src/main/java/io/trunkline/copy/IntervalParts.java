package io.trunkline.copy;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the server keeps of an interval. None of the three can be told in another, as days
 * and months have different lengths.
 *
 * @param months the months
 * @param days the days
 * @param micros the microseconds
 */
record IntervalParts(int months, int days, long micros) {

	private static final IntervalParts INFINITY = new IntervalParts(Integer.MAX_VALUE, Integer.MAX_VALUE,
			Long.MAX_VALUE);

	private static final IntervalParts MINUS_INFINITY = new IntervalParts(Integer.MIN_VALUE, Integer.MIN_VALUE,
			Long.MIN_VALUE);

	private static final String EXPECTED = "an interval such as P1DT2H or 1 day 02:00:00";

	/** An amount with its unit, a time, or the T that divides an ISO 8601 period. */
	private static final Pattern TERM = term("[a-zA-Z]+");

	private static final Pattern ISO_TERM = term("[a-zA-Z]");

	private static final long MICROS_PER_SECOND = 1_000_000;

	/**
	 * Read the forms of ISO 8601 and of the server's output.
	 */
	static IntervalParts parse(String text) {
		if (TemporalText.isInfinity(text)) {
			return INFINITY;
		}
		if (TemporalText.isMinusInfinity(text)) {
			return MINUS_INFINITY;
		}
		boolean iso = text.startsWith("P");
		String terms = (iso || text.startsWith("@")) ? text.substring(1) : text;
		boolean ago = !iso && terms.endsWith(" ago");
		Sum sum = new Sum();
		Matcher matcher = (iso ? ISO_TERM : TERM).matcher(ago ? terms.substring(0, terms.length() - 4) : terms);
		int end = 0;
		boolean time = !iso;
		while (end < matcher.regionEnd() && matcher.find(end) && matcher.start() == end) {
			if (matcher.group(7) != null && !time) {
				time = true;
			}
			else if (matcher.group(6) != null) {
				sum.add(new BigDecimal(matcher.group(5)), unit(matcher.group(6), iso, time));
			}
			else if (matcher.group(2) != null && !iso) {
				sum.addTime(matcher);
			}
			else {
				throw MisfitException.ofText(EXPECTED);
			}
			end = matcher.end();
		}
		if (end == 0 || end != matcher.regionEnd()) {
			throw MisfitException.ofText(EXPECTED);
		}
		return sum.result(ago);
	}

	private static Pattern term(String unit) {
		return Pattern
			.compile("\\s*(?:([+-]?)(\\d+):(\\d\\d?)(?::(\\d\\d?(?:\\.\\d+)?))?|([+-]?(?:\\d+\\.?\\d*|\\.\\d+))\\s*("
					+ unit + ")|([tT]))");
	}

	private static String unit(String name, boolean iso, boolean time) {
		if (iso) {
			return (time && name.equalsIgnoreCase("m")) ? "minute" : name.toLowerCase(Locale.ROOT);
		}
		String lower = name.toLowerCase(Locale.ROOT);
		return (lower.length() > 1 && lower.endsWith("s")) ? lower.substring(0, lower.length() - 1) : lower;
	}

	boolean isInfinite() {
		return equals(INFINITY) || equals(MINUS_INFINITY);
	}

	/**
	 * Write a form that all versions read. Every part has its sign, as in the style
	 * {@code sql_standard} one without takes that of the first; hours stand alone, as
	 * PostgreSQL 14 reads no more than 32 bits of seconds.
	 */
	void appendTo(StringBuilder out) {
		if (isInfinite()) {
			out.append(equals(INFINITY) ? "infinity" : "-infinity");
			return;
		}
		long seconds = Math.abs(this.micros / MICROS_PER_SECOND);
		out.append(String.format(Locale.ROOT, "%+d mons %+d days %s%02d:%02d:%02d.%06d", this.months, this.days,
				(this.micros < 0) ? "-" : "+", seconds / 3600, seconds / 60 % 60, seconds % 60,
				Math.abs(this.micros % MICROS_PER_SECOND)));
	}

	private static final class Sum {

		private BigDecimal months = BigDecimal.ZERO;

		private BigDecimal days = BigDecimal.ZERO;

		private BigDecimal seconds = BigDecimal.ZERO;

		void add(BigDecimal amount, String unit) {
			switch (unit) {
				case "y", "year", "yr" -> addMonths(amount, 12);
				case "m", "mon", "month" -> addMonths(amount, 1);
				case "decade" -> addMonths(amount, 120);
				case "century", "centurie" -> addMonths(amount, 1_200);
				case "millennium", "millennia", "mil" -> addMonths(amount, 12_000);
				case "w", "week" -> this.days = this.days.add(amount.multiply(BigDecimal.valueOf(7)));
				case "d", "day" -> this.days = this.days.add(amount);
				case "h", "hour", "hr" -> addSeconds(amount, 3600);
				case "minute", "min" -> addSeconds(amount, 60);
				case "s", "sec", "second" -> addSeconds(amount, 1);
				case "ms", "msec", "millisecond" -> this.seconds = this.seconds.add(amount.movePointLeft(3));
				case "us", "usec", "microsecond" -> this.seconds = this.seconds.add(amount.movePointLeft(6));
				default -> throw MisfitException.ofText(EXPECTED);
			}
		}

		void addTime(Matcher matcher) {
			BigDecimal time = new BigDecimal(matcher.group(2)).multiply(BigDecimal.valueOf(3600))
				.add(new BigDecimal(matcher.group(3)).multiply(BigDecimal.valueOf(60)));
			if (matcher.group(4) != null) {
				time = time.add(new BigDecimal(matcher.group(4)));
			}
			this.seconds = this.seconds.add(matcher.group(1).equals("-") ? time.negate() : time);
		}

		private void addMonths(BigDecimal amount, int factor) {
			this.months = this.months.add(amount.multiply(BigDecimal.valueOf(factor)));
		}

		private void addSeconds(BigDecimal amount, int factor) {
			this.seconds = this.seconds.add(amount.multiply(BigDecimal.valueOf(factor)));
		}

		/**
		 * Let the fractions trickle down, by the server's months of 30 days.
		 */
		IntervalParts result(boolean negated) {
			BigDecimal wholeMonths = this.months.setScale(0, RoundingMode.DOWN);
			BigDecimal allDays = this.days.add(this.months.subtract(wholeMonths).multiply(BigDecimal.valueOf(30)));
			BigDecimal wholeDays = allDays.setScale(0, RoundingMode.DOWN);
			BigDecimal micros = this.seconds.add(allDays.subtract(wholeDays).multiply(BigDecimal.valueOf(86_400)))
				.multiply(BigDecimal.valueOf(MICROS_PER_SECOND))
				.setScale(0, RoundingMode.HALF_EVEN);
			return negated
					? new IntervalParts(wholeMonths.negate().intValueExact(), wholeDays.negate().intValueExact(),
							micros.negate().longValueExact())
					: new IntervalParts(wholeMonths.intValueExact(), wholeDays.intValueExact(),
							micros.longValueExact());
		}

	}

}
