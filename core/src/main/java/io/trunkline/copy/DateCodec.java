package io.trunkline.copy;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.Date;

/**
 * {@code date}: days since the year 2000. Its infinities are {@link LocalDate#MAX} and
 * {@link LocalDate#MIN}.
 */
final class DateCodec extends TypeCodec {

	static final DateCodec INSTANCE = new DateCodec();

	static final int EPOCH_DAY = 10_957;

	private static final int INFINITY = Integer.MAX_VALUE;

	private static final int MINUS_INFINITY = Integer.MIN_VALUE;

	private static final long FIRST = LocalDate.of(-4713, 11, 24).toEpochDay();

	private static final long LAST = LocalDate.of(5_874_897, 12, 31).toEpochDay();

	private static final String EXPECTED = "a date such as 2026-01-31";

	private DateCodec() {
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		out.intField(toDays(toDate(value)));
	}

	@Override
	void print(Object value, StringBuilder out) {
		int days = toDays(toDate(value));
		if (days == INFINITY || days == MINUS_INFINITY) {
			out.append((days == INFINITY) ? "infinity" : "-infinity");
			return;
		}
		LocalDate date = LocalDate.ofEpochDay((long) days + EPOCH_DAY);
		TemporalText.append(date, out);
		TemporalText.appendEra(date, out);
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		int days = Bytes.getInt(data, offset);
		if (days == INFINITY) {
			return LocalDate.MAX;
		}
		return (days == MINUS_INFINITY) ? LocalDate.MIN : LocalDate.ofEpochDay((long) days + EPOCH_DAY);
	}

	private static int toDays(LocalDate date) {
		if (date.equals(LocalDate.MAX)) {
			return INFINITY;
		}
		if (date.equals(LocalDate.MIN)) {
			return MINUS_INFINITY;
		}
		long day = date.toEpochDay();
		if (day < FIRST || day > LAST) {
			throw new MisfitException("the date is not between 4714-11-24 BC and 5874897-12-31");
		}
		return (int) (day - EPOCH_DAY);
	}

	private static LocalDate toDate(Object value) {
		if (value instanceof LocalDate date) {
			return date;
		}
		if (value instanceof CharSequence text) {
			return parse(text.toString().strip());
		}
		if (value instanceof LocalDateTime dateTime) {
			return dateTime.toLocalDate();
		}
		if (value instanceof OffsetDateTime dateTime) {
			return dateTime.toLocalDate();
		}
		if (value instanceof ZonedDateTime dateTime) {
			return dateTime.toLocalDate();
		}
		if (value instanceof Date || value instanceof Instant) {
			Instant instant = (value instanceof Date date) ? Instant.ofEpochMilli(date.getTime()) : (Instant) value;
			return LocalDate.ofInstant(instant, ZoneId.systemDefault());
		}
		throw MisfitException.ofClass(value, "a java.time.LocalDate");
	}

	private static LocalDate parse(String text) {
		if (TemporalText.isInfinity(text)) {
			return LocalDate.MAX;
		}
		if (TemporalText.isMinusInfinity(text)) {
			return LocalDate.MIN;
		}
		LocalDate date = TemporalText.parse(text, EXPECTED).date();
		if (date == null) {
			throw MisfitException.ofText(EXPECTED);
		}
		return date;
	}

}
