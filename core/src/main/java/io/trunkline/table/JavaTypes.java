package io.trunkline.table;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.Period;
import java.time.ZonedDateTime;
import java.time.temporal.Temporal;
import java.time.temporal.TemporalAmount;
import java.util.Date;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

import org.springframework.util.ClassUtils;

/**
 * The SQL types of Java's.
 */
final class JavaTypes {

	private static final Map<Class<?>, String> TYPES = new LinkedHashMap<>();

	static {
		TYPES.put(String.class, "text");
		TYPES.put(Character.class, "text");
		TYPES.put(Boolean.class, "boolean");
		TYPES.put(Short.class, "smallint");
		TYPES.put(Integer.class, "integer");
		TYPES.put(Long.class, "bigint");
		TYPES.put(Float.class, "real");
		TYPES.put(Double.class, "double precision");
		TYPES.put(BigDecimal.class, "numeric");
		TYPES.put(BigInteger.class, "numeric");
		TYPES.put(UUID.class, "uuid");
		TYPES.put(LocalDate.class, "date");
		TYPES.put(LocalTime.class, "time");
		TYPES.put(OffsetTime.class, "timetz");
		TYPES.put(LocalDateTime.class, "timestamp");
		TYPES.put(OffsetDateTime.class, "timestamptz");
		TYPES.put(ZonedDateTime.class, "timestamptz");
		TYPES.put(Instant.class, "timestamptz");
		TYPES.put(Date.class, "timestamptz");
		TYPES.put(Duration.class, "interval");
		TYPES.put(Period.class, "interval");
		TYPES.put(byte[].class, "bytea");
		TYPES.put(ByteBuffer.class, "bytea");
		TYPES.put(Map.class, "jsonb");
	}

	private JavaTypes() {
	}

	/**
	 * Return the type to store values of a class in.
	 */
	static String sqlType(Class<?> type) {
		Class<?> boxed = ClassUtils.resolvePrimitiveIfNecessary(type);
		String known = TYPES.get(boxed);
		if (known != null) {
			return known;
		}
		if (boxed.isArray()) {
			return sqlType(boxed.getComponentType()) + "[]";
		}
		if (boxed.isEnum()) {
			return "text";
		}
		if (Map.class.isAssignableFrom(boxed)) {
			return "jsonb";
		}
		if (InetAddress.class.isAssignableFrom(boxed)) {
			return "inet";
		}
		throw new IllegalArgumentException("There is no column type for " + boxed.getTypeName()
				+ ": give its name as SQL writes it, such as \"jsonb\"");
	}

	/**
	 * Return the text of a value that the server makes the same value of.
	 */
	static String text(Object value, String column) {
		if (value instanceof CharSequence || value instanceof Number || value instanceof Boolean
				|| value instanceof Character || value instanceof UUID || value instanceof Temporal
				|| value instanceof TemporalAmount) {
			return value.toString();
		}
		if (value instanceof Enum<?> constant) {
			return constant.name();
		}
		if (value instanceof byte[] bytes) {
			return "\\x" + HexFormat.of().formatHex(bytes);
		}
		throw new IllegalArgumentException("The default of column [" + SqlFragments.shorten(column) + "] is a "
				+ value.getClass().getTypeName() + ": give its text, or an expression with defaultExpression(…)");
	}

}
