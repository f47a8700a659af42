package io.trunkline.connection;

import io.r2dbc.spi.R2dbcException;

import org.springframework.r2dbc.BadSqlGrammarException;

/**
 * Spring's own message says only that the grammar is bad, not what the server said.
 */
@SuppressWarnings("serial")
final class PostgresBadSqlGrammarException extends BadSqlGrammarException {

	private final String message;

	PostgresBadSqlGrammarException(String message, String task, String sql, R2dbcException cause) {
		super(task, sql, cause);
		this.message = message;
	}

	@Override
	public String getMessage() {
		return this.message;
	}

}
