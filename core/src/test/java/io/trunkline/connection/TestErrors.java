package io.trunkline.connection;

import java.util.ArrayList;
import java.util.List;

import io.r2dbc.postgresql.api.ErrorDetails;
import io.r2dbc.postgresql.api.PostgresqlException;
import io.r2dbc.postgresql.message.backend.Field;
import io.r2dbc.postgresql.message.backend.Field.FieldType;
import io.r2dbc.spi.R2dbcException;
import org.jspecify.annotations.Nullable;

/**
 * Server errors in an R2DBC exception of no particular class, since the driver's own
 * classes must not count.
 */
final class TestErrors {

	private TestErrors() {
	}

	static R2dbcException error(String sqlState) {
		return new ServerError(ErrorDetails.fromCodeAndMessage(sqlState, "what the server said"), null, null);
	}

	static R2dbcException error(String sqlState, @Nullable String sql, @Nullable Throwable cause) {
		return new ServerError(ErrorDetails.fromCodeAndMessage(sqlState, "what the server said"), sql, cause);
	}

	static R2dbcException error(Field... fields) {
		List<Field> all = new ArrayList<>(List.of(fields));
		return new ServerError(new ErrorDetails(all), null, null);
	}

	static R2dbcException withoutDetails(@Nullable String sqlState, @Nullable Throwable cause) {
		return new PlainError("said by another driver", sqlState, cause);
	}

	static Field field(FieldType type, String value) {
		return new Field(type, value);
	}

	@SuppressWarnings("serial")
	private static final class ServerError extends R2dbcException implements PostgresqlException {

		private final ErrorDetails details;

		private ServerError(ErrorDetails details, @Nullable String sql, @Nullable Throwable cause) {
			super(details.getMessage(), details.getCode(), 0, sql, cause);
			this.details = details;
		}

		@Override
		public ErrorDetails getErrorDetails() {
			return this.details;
		}

	}

	@SuppressWarnings("serial")
	private static final class PlainError extends R2dbcException {

		private PlainError(String message, @Nullable String sqlState, @Nullable Throwable cause) {
			super(message, sqlState, 0, null, cause);
		}

	}

}
