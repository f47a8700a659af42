package io.trunkline.copy;

import java.util.List;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * A statement of the application with the values of its parameters {@code $1},
 * {@code $2}, …
 *
 * @param sql the statement
 * @param parameters the values
 */
record BoundSql(String sql, List<Object> parameters) {

	static BoundSql of(String sql, @Nullable Object... parameters) {
		SqlText text = SqlText.parse(sql, "sql");
		for (int i = 0; i < parameters.length; i++) {
			if (parameters[i] == null) {
				throw new InvalidDataAccessApiUsageException("Parameter $" + (i + 1)
						+ " must not be null: give io.r2dbc.spi.Parameters.in(type) for an SQL NULL");
			}
		}
		if (text.parameters().size() != parameters.length) {
			throw new InvalidDataAccessApiUsageException("'sql' has the parameters " + text.parameters() + ", and "
					+ parameters.length + " values are given: use $1, $2, …");
		}
		return new BoundSql(sql, List.of(parameters));
	}

	Object[] values() {
		return this.parameters.toArray();
	}

}
