package io.trunkline.notification;

import io.r2dbc.spi.R2dbcTimeoutException;
import io.r2dbc.spi.R2dbcTransientException;
import io.trunkline.connection.PostgresErrors;

import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.TransientDataAccessException;

/**
 * Tells errors that pass, since the database cannot be reached for the time being, from
 * others.
 */
final class Unreachable {

	private Unreachable() {
	}

	static boolean isCauseOf(Throwable ex) {
		return ex instanceof DataAccessResourceFailureException || ex instanceof TransientDataAccessException
				|| ex instanceof R2dbcTransientException || ex instanceof R2dbcTimeoutException
				|| !PostgresErrors.isRecoverable(ex);
	}

}
