package io.trunkline.copy;

import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.copy.CopyFormat.Kind;
import io.trunkline.copy.CopyFormat.LogVerbosity;
import io.trunkline.copy.CopyOption.Direction;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * The options of a format as the server sees them: which versions know them, which
 * direction they apply to, and how a statement has them.
 *
 * @param kind the kind of format
 * @param values the options that are set, each with its value
 */
record CopyOptions(Kind kind, Map<CopyOption, Object> values) {

	/**
	 * Stands for every column in the options that take a list of them.
	 */
	static final List<String> ALL_COLUMNS = List.of("*");

	CopyOptions with(CopyOption option, Object value) {
		Map<CopyOption, Object> values = copy();
		values.put(option, value);
		return new CopyOptions(this.kind, values);
	}

	CopyOptions without(CopyOption option) {
		Map<CopyOption, Object> values = copy();
		values.remove(option);
		return new CopyOptions(this.kind, values);
	}

	private Map<CopyOption, Object> copy() {
		Map<CopyOption, Object> values = new EnumMap<>(CopyOption.class);
		values.putAll(this.values);
		return values;
	}

	/**
	 * Return the value of an option that takes a string.
	 */
	@Nullable String text(CopyOption option) {
		return (String) this.values.get(option);
	}

	boolean isHeaderMatched() {
		return this.values.get(CopyOption.HEADER) == Header.MATCH;
	}

	/**
	 * Return the first major version of the server that knows all of them, and refuse
	 * those that do not apply to a direction.
	 */
	int minimumVersion(Direction direction) {
		checkDirection(direction);
		return this.values.keySet().stream().mapToInt(this::minimumVersion).max().orElse(0);
	}

	/**
	 * Refuse what the server does not know. The error names the option that is the
	 * newest, as one may bring others with it.
	 * @param version its major version
	 */
	void checkVersion(int version) {
		CopyOption newest = this.values.keySet()
			.stream()
			.max(Comparator.comparingInt(this::minimumVersion))
			.orElse(null);
		if (newest != null && version < minimumVersion(newest)) {
			throw new InvalidDataAccessApiUsageException("'%s' needs PostgreSQL %d or later, and the server is %d"
				.formatted(nameOf(newest), minimumVersion(newest), version));
		}
	}

	private int minimumVersion(CopyOption option) {
		Object value = Objects.requireNonNull(this.values.get(option));
		return switch (option) {
			case HEADER -> (value == Header.MATCH || this.kind == Kind.TEXT) ? 15 : 0;
			case FORCE_NULL, FORCE_NOT_NULL -> value.equals(ALL_COLUMNS) ? 17 : 0;
			case LOG_VERBOSITY -> (value == LogVerbosity.SILENT) ? 18 : option.minimumVersion();
			default -> option.minimumVersion();
		};
	}

	private String nameOf(CopyOption option) {
		if (option == CopyOption.HEADER) {
			return isHeaderMatched() ? "headerMatch" : "header of the format text";
		}
		return ALL_COLUMNS.equals(this.values.get(option)) ? option.method() + " for all columns" : option.method();
	}

	private void checkDirection(Direction direction) {
		for (CopyOption option : this.values.keySet()) {
			boolean matched = option == CopyOption.HEADER && isHeaderMatched();
			if (!option.isFor(direction) || (matched && direction == Direction.OUT)) {
				throw new InvalidDataAccessApiUsageException("'%s' applies to a copy %s only: use a format without it"
					.formatted(matched ? "headerMatch" : option.method(), (direction == Direction.OUT) ? "in" : "out"));
			}
		}
	}

	/**
	 * Return them in parentheses.
	 */
	String toSql() {
		StringBuilder sql = new StringBuilder("(FORMAT ").append(this.kind.sqlName());
		if (this.kind == Kind.JSON_LINES) {
			// Characters that no JSON text can contain: each line is one unquoted field.
			sql.append(", QUOTE E'\\x01', DELIMITER E'\\x02'");
		}
		this.values
			.forEach((option, value) -> sql.append(", ").append(option).append(' ').append(toSql(option, value)));
		return sql.append(')').toString();
	}

	private static String toSql(CopyOption option, Object value) {
		if (value instanceof List<?> columns) {
			return value.equals(ALL_COLUMNS) ? "*"
					: columns.stream()
						.map((column) -> SqlIdentifiers.quote((String) column, option.method()))
						.collect(Collectors.joining(", ", "(", ")"));
		}
		if (value instanceof String string) {
			return literal(string);
		}
		return (option == CopyOption.ON_ERROR) ? "ignore" : value.toString();
	}

	/**
	 * Write an escape string, whose meaning depends on no setting of the server: a quote
	 * is doubled, a backslash too (as by libpq's {@code PQescapeLiteral}).
	 */
	static String literal(String value) {
		return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'";
	}

	/**
	 * What a header line is for.
	 */
	enum Header {

		TRUE, MATCH

	}

}
