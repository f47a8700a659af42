package io.r2dbc.postgresql;

import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.spi.R2dbcException;

/**
 * The one door to what the driver keeps package-private: the {@link Client} of a
 * connection and the exceptions that the driver makes of an {@link ErrorResponse}. Lives
 * in the driver's package for that reason only; nothing else does.
 *
 * @since 0.1.0
 */
public final class TrunklineClientAccess {

	private TrunklineClientAccess() {
	}

	/**
	 * Return the protocol client of a driver connection.
	 * @param connection an unwrapped driver connection
	 * @return the client
	 * @throws ClassCastException if the connection is not the driver's own class
	 * @throws LinkageError if the driver on the class path has another shape
	 */
	public static Client client(io.r2dbc.postgresql.api.PostgresqlConnection connection) {
		return ((PostgresqlConnection) connection).getClient();
	}

	/**
	 * Make the exception that the driver itself would raise.
	 * @param response the server's message
	 * @param sql the statement that failed
	 * @return the driver's exception
	 */
	public static R2dbcException exception(ErrorResponse response, String sql) {
		return ExceptionFactory.createException(response, sql);
	}

}
