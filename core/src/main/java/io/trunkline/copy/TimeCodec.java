package io.trunkline.copy;

import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;

/**
 * {@code time} and {@code timetz}: microseconds of the day, then the seconds west of UTC.
 * The server's 24:00, which Java has not, is read as the last instant before it.
 */
final class TimeCodec extends TypeCodec {

	static final TimeCodec LOCAL = new TimeCodec(false);

	static final TimeCodec ZONED = new TimeCodec(true);

	private static final long NANOS_PER_MICRO = 1000;

	private static final long MICROS_PER_DAY = 86_400_000_000L;

	private static final int MAX_OFFSET = 15 * 3600 + 59 * 60 + 59;

	private static final String EXPECTED_TIME = "a time such as 12:30:00";

	private static final String EXPECTED_OFFSET_TIME = "a time with its offset such as 12:30:00+01:00";

	private final boolean zoned;

	private TimeCodec(boolean zoned) {
		this.zoned = zoned;
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		if (!this.zoned) {
			out.longField(toMicros(value));
			return;
		}
		Zoned time = toZoned(value);
		out.writeInt(Long.BYTES + Integer.BYTES);
		out.writeLong(time.microOfDay());
		out.writeInt(-time.offset().getTotalSeconds());
	}

	@Override
	void print(Object value, StringBuilder out) {
		if (!this.zoned) {
			TemporalText.append(toMicros(value), out);
			return;
		}
		Zoned time = toZoned(value);
		TemporalText.append(time.microOfDay(), out);
		out.append(time.offset().equals(ZoneOffset.UTC) ? "+00" : time.offset().getId());
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		LocalTime time = toTime(Bytes.getLong(data, offset));
		return this.zoned ? OffsetTime.of(time, ZoneOffset.ofTotalSeconds(-Bytes.getInt(data, offset + Long.BYTES)))
				: time;
	}

	private static LocalTime toTime(long microOfDay) {
		return (microOfDay >= MICROS_PER_DAY) ? LocalTime.MAX : LocalTime.ofNanoOfDay(microOfDay * NANOS_PER_MICRO);
	}

	private static long toMicros(Object value) {
		if (value instanceof LocalTime time) {
			return TemporalText.microOfDay(time);
		}
		if (value instanceof LocalDateTime dateTime) {
			return TemporalText.microOfDay(dateTime.toLocalTime());
		}
		if (value instanceof java.sql.Time time) {
			return TemporalText.microOfDay(time.toLocalTime());
		}
		if (value instanceof CharSequence text) {
			Long microOfDay = TemporalText.parse(text.toString().strip(), EXPECTED_TIME).microOfDay();
			if (microOfDay != null) {
				return microOfDay;
			}
			throw MisfitException.ofText(EXPECTED_TIME);
		}
		throw MisfitException.ofClass(value, "a java.time.LocalTime");
	}

	private static Zoned toZoned(Object value) {
		if (value instanceof OffsetTime time) {
			return new Zoned(TemporalText.microOfDay(time.toLocalTime()), time.getOffset());
		}
		if (value instanceof OffsetDateTime dateTime) {
			return toZoned(dateTime.toOffsetTime());
		}
		if (value instanceof CharSequence text) {
			TemporalText parsed = TemporalText.parse(text.toString().strip(), EXPECTED_OFFSET_TIME);
			if (parsed.microOfDay() != null && parsed.offset() != null) {
				return new Zoned(parsed.microOfDay(), parsed.offset());
			}
			throw MisfitException.ofText(EXPECTED_OFFSET_TIME);
		}
		throw MisfitException.ofClass(value, "a java.time.OffsetTime");
	}

	/**
	 * A time at an offset, 24:00 included.
	 *
	 * @param microOfDay the time
	 * @param offset the offset
	 */
	private record Zoned(long microOfDay, ZoneOffset offset) {

		private Zoned {
			if (Math.abs(offset.getTotalSeconds()) > MAX_OFFSET) {
				throw new MisfitException("the offset is not less than 16 hours");
			}
		}

	}

}
