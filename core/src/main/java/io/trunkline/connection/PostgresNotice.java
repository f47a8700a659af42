package io.trunkline.connection;

import io.r2dbc.postgresql.api.ErrorDetails;
import org.jspecify.annotations.Nullable;

/**
 * What the server said beside a result, as by {@code RAISE NOTICE}.
 * <p>
 * The server sends notices from the level of {@code client_min_messages} on, which is
 * {@code notice} where nothing else was set.
 *
 * @param severity {@code WARNING}, {@code NOTICE}, {@code INFO}, {@code LOG} or
 * {@code DEBUG}
 * @param sqlState the SQLSTATE, five characters
 * @param message the message
 * @param detail more of it; can quote values of rows
 * @param hint a suggestion what to do
 * @param where the context, such as a function's line; can quote values
 * @since 0.1.0
 */
public record PostgresNotice(String severity, String sqlState, String message, @Nullable String detail,
		@Nullable String hint, @Nullable String where) {

	static PostgresNotice of(ErrorDetails details) {
		PostgresError parsed = PostgresError.of(details);
		String severity = parsed.severity();
		return new PostgresNotice((severity != null) ? severity : "NOTICE", parsed.sqlState(), parsed.message(),
				parsed.detail(), parsed.hint(), parsed.where());
	}

}
