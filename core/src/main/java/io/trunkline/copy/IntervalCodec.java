package io.trunkline.copy;

import java.time.DateTimeException;
import java.time.Duration;
import java.time.Period;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAmount;

import io.r2dbc.postgresql.codec.Interval;

/**
 * {@code interval}: microseconds, days, months. It is read as the driver's
 * {@link Interval}, or as text where that has no room for the hours.
 */
final class IntervalCodec extends TypeCodec {

	static final IntervalCodec FINITE = new IntervalCodec(false);

	static final IntervalCodec INFINITE = new IntervalCodec(true);

	private static final int LENGTH = Long.BYTES + 2 * Integer.BYTES;

	private static final int MONTHS_PER_YEAR = 12;

	private static final long MICROS_PER_SECOND = 1_000_000;

	private static final long MICROS_PER_HOUR = 3600 * MICROS_PER_SECOND;

	private final boolean infinite;

	/**
	 * Create a codec.
	 * @param infinite whether the server knows infinite intervals; another one would take
	 * them for very long ones
	 */
	private IntervalCodec(boolean infinite) {
		this.infinite = infinite;
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		IntervalParts parts = toParts(value);
		if (parts.isInfinite() && !this.infinite) {
			throw new MisfitException("an infinite interval needs a server from PostgreSQL 17 on");
		}
		out.writeInt(LENGTH);
		out.writeLong(parts.micros());
		out.writeInt(parts.days());
		out.writeInt(parts.months());
	}

	@Override
	void print(Object value, StringBuilder out) {
		toParts(value).appendTo(out);
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		IntervalParts parts = toParts(data, offset);
		long hours = parts.micros() / MICROS_PER_HOUR;
		if (hours != (int) hours || parts.isInfinite()) {
			StringBuilder text = new StringBuilder();
			parts.appendTo(text);
			return text.toString();
		}
		long seconds = parts.micros() % MICROS_PER_HOUR / MICROS_PER_SECOND;
		return Interval.of(parts.months() / MONTHS_PER_YEAR, parts.months() % MONTHS_PER_YEAR, parts.days(),
				(int) hours, (int) (seconds / 60), (int) (seconds % 60), (int) (parts.micros() % MICROS_PER_SECOND));
	}

	@Override
	Object decode(byte[] data, int offset, int length, Class<?> type) {
		IntervalParts parts = toParts(data, offset);
		if (type == Duration.class && parts.months() == 0 && parts.days() == 0) {
			return Duration.of(parts.micros(), ChronoUnit.MICROS);
		}
		if (type == Period.class && parts.micros() == 0 && !parts.isInfinite()) {
			return Period.of(parts.months() / MONTHS_PER_YEAR, parts.months() % MONTHS_PER_YEAR, parts.days());
		}
		return decode(data, offset, length);
	}

	private static IntervalParts toParts(byte[] data, int offset) {
		return new IntervalParts(Bytes.getInt(data, offset + Long.BYTES + Integer.BYTES),
				Bytes.getInt(data, offset + Long.BYTES), Bytes.getLong(data, offset));
	}

	private static IntervalParts toParts(Object value) {
		try {
			if (value instanceof Duration duration) {
				return new IntervalParts(0, 0, micros(duration));
			}
			if (value instanceof Interval interval) {
				return toParts(interval);
			}
			if (value instanceof TemporalAmount amount) {
				return toParts(Interval.from(amount));
			}
			if (value instanceof CharSequence text) {
				return IntervalParts.parse(text.toString().strip());
			}
		}
		catch (ArithmeticException | DateTimeException ex) {
			throw new MisfitException("the interval is too large");
		}
		throw MisfitException.ofClass(value, "a Duration, a Period or the driver's Interval");
	}

	private static IntervalParts toParts(Interval interval) {
		int months = Math.addExact(Math.multiplyExact(interval.getYears(), MONTHS_PER_YEAR), interval.getMonths());
		long seconds = interval.getHours() * 3600L + interval.getMinutes() * 60L + interval.getSecondsInMinute();
		return new IntervalParts(months, interval.getDays(),
				seconds * MICROS_PER_SECOND + interval.getMicrosecondsInSecond());
	}

	private static long micros(Duration duration) {
		return Math.addExact(Math.multiplyExact(duration.getSeconds(), MICROS_PER_SECOND),
				(duration.getNano() + 500) / 1000);
	}

}
