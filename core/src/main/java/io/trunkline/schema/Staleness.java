package io.trunkline.schema;

import java.util.Optional;

import io.trunkline.connection.PostgresErrors;

import org.springframework.dao.NonTransientDataAccessException;
import org.springframework.dao.NonTransientDataAccessResourceException;

/**
 * Tells errors that a table's change can have caused.
 */
final class Staleness {

	private Staleness() {
	}

	/**
	 * Whether to check if what was known of a table still holds. Wrong SQL and values
	 * that do not fit their columns come from a change as well as from a mistake; the
	 * check tells which.
	 */
	static boolean isSuspected(Throwable ex) {
		Optional<String> sqlState = PostgresErrors.sqlState(ex);
		if (sqlState.isPresent()) {
			return switch (sqlState.get().substring(0, 2)) {
				case "42", "3F", "0A", "22" -> true;
				default -> false;
			};
		}
		return ex instanceof NonTransientDataAccessException
				&& !(ex instanceof NonTransientDataAccessResourceException);
	}

}
