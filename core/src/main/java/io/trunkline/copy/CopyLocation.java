package io.trunkline.copy;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.trunkline.connection.PostgresError;
import io.trunkline.connection.PostgresErrors;
import org.jspecify.annotations.Nullable;

/**
 * Where in the data of a load an error is.
 *
 * @param line the line, from 1 and with the header line; a row with line ends in quotes
 * counts with its last. In binary, the row
 * @param column the name of the column, {@code null} where the error is about the line
 * @since 0.1.0
 */
public record CopyLocation(long line, @Nullable String column) {

	/**
	 * {@code COPY table, line 3, column name: "value"}, in the server's language; other
	 * lines of the context are about triggers and the like.
	 */
	private static final Pattern CONTEXT = Pattern
		.compile("(?m)^COPY .*?, \\p{L}+ (\\d+)(?:, \\p{L}+ ([^\\n]+?))?(?:: .*)?$");

	/**
	 * Find out where in the data an error is.
	 * @param ex the exception
	 * @return the location, or empty where the error is not about data
	 */
	public static Optional<CopyLocation> find(Throwable ex) {
		for (Throwable candidate = ex; candidate != null; candidate = candidate.getCause()) {
			if (candidate instanceof CopyDataException dataException && dataException.getLocation() != null) {
				return Optional.of(dataException.getLocation());
			}
		}
		return PostgresErrors.find(ex).map(PostgresError::where).flatMap(CopyLocation::parse);
	}

	static Optional<CopyLocation> parse(String where) {
		Matcher matcher = CONTEXT.matcher(where);
		return matcher.find() ? Optional.of(new CopyLocation(Long.parseLong(matcher.group(1)), matcher.group(2)))
				: Optional.empty();
	}

	/**
	 * Return the place in a file of which a number of lines came before.
	 */
	CopyLocation behind(long lines) {
		return new CopyLocation(this.line + lines, this.column);
	}

	@Override
	public String toString() {
		return (this.column != null) ? "line " + this.line + ", column " + this.column : "line " + this.line;
	}

}
