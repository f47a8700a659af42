package io.trunkline.copy;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Date;

/**
 * {@code timestamp} and {@code timestamptz}: microseconds since the year 2000. Their
 * infinities are {@code MAX} and {@code MIN} of the classes of {@code java.time}.
 * <p>
 * What has no zone meets what has one in the zone of this JVM, which is also the one that
 * the driver gives its sessions.
 */
final class TimestampCodec extends TypeCodec {

	static final TimestampCodec LOCAL = new TimestampCodec(false);

	static final TimestampCodec ZONED = new TimestampCodec(true);

	static final long INFINITY = Long.MAX_VALUE;

	static final long MINUS_INFINITY = Long.MIN_VALUE;

	static final long EPOCH_SECOND = DateCodec.EPOCH_DAY * 86_400L;

	private static final long FIRST_SECOND = LocalDateTime.of(-4713, 11, 24, 0, 0).toEpochSecond(ZoneOffset.UTC);

	private static final long LAST_SECOND = LocalDateTime.of(294_276, 12, 31, 23, 59, 59).toEpochSecond(ZoneOffset.UTC);

	private static final long MICROS_PER_SECOND = 1_000_000;

	private static final String EXPECTED = "a timestamp such as 2026-01-31T12:30:00Z";

	private final boolean zoned;

	private TimestampCodec(boolean zoned) {
		this.zoned = zoned;
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		out.longField(toMicros(value));
	}

	@Override
	void print(Object value, StringBuilder out) {
		long micros = toMicros(value);
		if (micros == INFINITY || micros == MINUS_INFINITY) {
			out.append((micros == INFINITY) ? "infinity" : "-infinity");
			return;
		}
		LocalDateTime dateTime = toLocalDateTime(micros);
		TemporalText.append(dateTime.toLocalDate(), out);
		out.append(' ');
		TemporalText.append(TemporalText.microOfDay(dateTime.toLocalTime()), out);
		if (this.zoned) {
			out.append("+00");
		}
		TemporalText.appendEra(dateTime.toLocalDate(), out);
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		long micros = Bytes.getLong(data, offset);
		if (this.zoned) {
			return (micros == INFINITY) ? OffsetDateTime.MAX : (micros == MINUS_INFINITY) ? OffsetDateTime.MIN
					: OffsetDateTime.of(toLocalDateTime(micros), ZoneOffset.UTC);
		}
		return (micros == INFINITY) ? LocalDateTime.MAX
				: (micros == MINUS_INFINITY) ? LocalDateTime.MIN : toLocalDateTime(micros);
	}

	@Override
	Object decode(byte[] data, int offset, int length, Class<?> type) {
		if (type == Instant.class && this.zoned) {
			return toInstant(Bytes.getLong(data, offset));
		}
		return decode(data, offset, length);
	}

	private static Instant toInstant(long micros) {
		if (micros == INFINITY) {
			return Instant.MAX;
		}
		if (micros == MINUS_INFINITY) {
			return Instant.MIN;
		}
		return Instant.ofEpochSecond(Math.floorDiv(micros, MICROS_PER_SECOND) + EPOCH_SECOND,
				Math.floorMod(micros, MICROS_PER_SECOND) * 1000);
	}

	private static LocalDateTime toLocalDateTime(long micros) {
		return LocalDateTime.ofEpochSecond(Math.floorDiv(micros, MICROS_PER_SECOND) + EPOCH_SECOND,
				(int) Math.floorMod(micros, MICROS_PER_SECOND) * 1000, ZoneOffset.UTC);
	}

	private long toMicros(Object value) {
		if (value instanceof Instant instant) {
			return instantMicros(instant);
		}
		if (value instanceof OffsetDateTime dateTime) {
			return offsetMicros(dateTime);
		}
		if (value instanceof LocalDateTime dateTime) {
			return localMicros(dateTime);
		}
		if (value instanceof ZonedDateTime dateTime) {
			return instantMicros(dateTime.toInstant());
		}
		if (value instanceof LocalDate date) {
			return localMicros(atStartOfDay(date));
		}
		if (value instanceof Date date) {
			return instantMicros(Instant.ofEpochMilli(date.getTime()));
		}
		if (value instanceof CharSequence text) {
			return parse(text.toString().strip());
		}
		throw MisfitException.ofClass(value, this.zoned ? "an Instant or an OffsetDateTime" : "a LocalDateTime");
	}

	private static LocalDateTime atStartOfDay(LocalDate date) {
		if (date.equals(LocalDate.MAX)) {
			return LocalDateTime.MAX;
		}
		return date.atStartOfDay();
	}

	private long instantMicros(Instant instant) {
		if (instant.equals(Instant.MAX)) {
			return INFINITY;
		}
		if (instant.equals(Instant.MIN)) {
			return MINUS_INFINITY;
		}
		if (this.zoned) {
			return micros(instant.getEpochSecond(), instant.getNano());
		}
		return localMicros(LocalDateTime.ofInstant(instant, ZoneId.systemDefault()));
	}

	private long offsetMicros(OffsetDateTime dateTime) {
		if (dateTime.equals(OffsetDateTime.MAX)) {
			return INFINITY;
		}
		if (dateTime.equals(OffsetDateTime.MIN)) {
			return MINUS_INFINITY;
		}
		return this.zoned ? micros(dateTime.toEpochSecond(), dateTime.getNano()) : instantMicros(dateTime.toInstant());
	}

	private long localMicros(LocalDateTime dateTime) {
		if (dateTime.equals(LocalDateTime.MAX)) {
			return INFINITY;
		}
		if (dateTime.equals(LocalDateTime.MIN)) {
			return MINUS_INFINITY;
		}
		if (this.zoned) {
			return instantMicros(dateTime.atZone(ZoneId.systemDefault()).toInstant());
		}
		return micros(dateTime.toEpochSecond(ZoneOffset.UTC), dateTime.getNano());
	}

	private static long micros(long epochSecond, int nano) {
		if (epochSecond < FIRST_SECOND || epochSecond > LAST_SECOND) {
			throw new MisfitException("the timestamp is not between 4714-11-24 BC and 294276-12-31");
		}
		return (epochSecond - EPOCH_SECOND) * MICROS_PER_SECOND + (nano + 500) / 1000;
	}

	private long parse(String text) {
		if (TemporalText.isInfinity(text)) {
			return INFINITY;
		}
		if (TemporalText.isMinusInfinity(text)) {
			return MINUS_INFINITY;
		}
		TemporalText parsed = TemporalText.parse(text, EXPECTED);
		LocalDate date = parsed.date();
		if (date == null) {
			throw MisfitException.ofText(EXPECTED);
		}
		long microOfDay = (parsed.microOfDay() != null) ? parsed.microOfDay() : 0;
		LocalDateTime dateTime = LocalDateTime.of(date, LocalTime.MIDNIGHT).plusNanos(microOfDay * 1000);
		ZoneOffset offset = parsed.offset();
		// Without a zone the server drops an offset that stands in text.
		return (this.zoned && offset != null) ? micros(dateTime.toEpochSecond(offset), dateTime.getNano())
				: localMicros(dateTime);
	}

}
