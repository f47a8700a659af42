package io.trunkline.copy;

import io.r2dbc.spi.R2dbcDataIntegrityViolationException;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;

/**
 * Makes errors of rejected rows.
 */
final class LoadErrors {

	private static final String UNIQUE_VIOLATION = "23505";

	private LoadErrors() {
	}

	/**
	 * Make the error of a load that stops at a row.
	 * @param cause the server's own error, {@code null} where there is none
	 */
	static DataAccessException of(RejectedRow row, @Nullable Throwable cause) {
		Throwable reason = (cause != null) ? cause
				: new R2dbcDataIntegrityViolationException(row.reason(), row.sqlState());
		CopyDataException located = new CopyDataException(row.reason(), new CopyLocation(row.line(), row.column()),
				reason);
		return row.sqlState().equals(UNIQUE_VIOLATION) ? new DuplicateKeyException(located.getMessage(), located)
				: located;
	}

	static String describe(RejectedRow row) {
		return new CopyLocation(row.line(), row.column()) + ": " + row.reason() + " (" + row.sqlState() + ")";
	}

}
