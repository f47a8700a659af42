package io.trunkline.table;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import io.r2dbc.spi.Parameters;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * A statement that is being put together. Values only get into it as parameters.
 */
final class SqlStatement {

	private final StringBuilder sql = new StringBuilder();

	private final List<Object> parameters = new ArrayList<>();

	SqlStatement append(String part) {
		this.sql.append(part);
		return this;
	}

	/**
	 * Append a parameter of a column's type: numbers, truth values and UUIDs as such, all
	 * else as text that the server casts.
	 */
	SqlStatement value(TableColumn column, @Nullable Object value) {
		Class<?> own = column.codec().parameterType();
		Object parameter = (own == null) ? null
				: (value != null) ? column.codec().toParameter(value) : Parameters.in(own);
		if (parameter == null) {
			return text((value != null) ? column.codec().toText(value) : null).append(column.cast());
		}
		this.parameters.add(parameter);
		return append("$" + this.parameters.size()).append(column.cast());
	}

	/**
	 * Append a parameter of the type {@code text}.
	 */
	SqlStatement text(@Nullable String value) {
		return parameter((value != null) ? value : Parameters.in(String.class), "text");
	}

	/**
	 * Append a parameter of the type {@code text[]}.
	 */
	SqlStatement texts(@Nullable String[] values) {
		return parameter(values, "text[]");
	}

	SqlStatement number(long value) {
		return parameter(value, "int8");
	}

	private SqlStatement parameter(Object value, String type) {
		this.parameters.add(value);
		this.sql.append('$').append(this.parameters.size()).append("::pg_catalog.").append(type);
		return this;
	}

	/**
	 * Return a text that the server can take.
	 */
	static String checked(String text, String what) {
		if (text.indexOf('\0') >= 0) {
			throw new InvalidDataAccessApiUsageException(
					what + " contains a NUL character, which no value can hold: remove it");
		}
		if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
			throw new InvalidDataAccessApiUsageException(
					what + " is not valid Unicode (an unpaired surrogate): correct it");
		}
		return text;
	}

	String sql() {
		return this.sql.toString();
	}

	Object[] parameters() {
		return this.parameters.toArray();
	}

}
