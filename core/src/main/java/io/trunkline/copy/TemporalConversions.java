package io.trunkline.copy;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;

import org.jspecify.annotations.Nullable;

/**
 * Turns points in time into other classes. What has no zone is taken to be in that of
 * this JVM, as in {@link TimestampCodec}.
 */
final class TemporalConversions {

	private TemporalConversions() {
	}

	static @Nullable Object convert(Object value, Class<?> type) {
		if (value instanceof OffsetDateTime dateTime) {
			return convert(dateTime, type);
		}
		if (value instanceof LocalDateTime dateTime) {
			if (type == LocalDate.class) {
				return dateTime.toLocalDate();
			}
			return convert(dateTime.atZone(ZoneId.systemDefault()).toOffsetDateTime(), type);
		}
		return null;
	}

	private static @Nullable Object convert(OffsetDateTime dateTime, Class<?> type) {
		if (type == Instant.class) {
			return dateTime.toInstant();
		}
		if (type == OffsetDateTime.class) {
			return dateTime;
		}
		if (type == ZonedDateTime.class) {
			return dateTime.toZonedDateTime();
		}
		LocalDateTime local = dateTime.atZoneSameInstant(ZoneId.systemDefault()).toLocalDateTime();
		return (type == LocalDateTime.class) ? local : (type == LocalDate.class) ? local.toLocalDate() : null;
	}

}
