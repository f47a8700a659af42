package io.trunkline.test.session;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;

import io.r2dbc.postgresql.message.backend.CommandComplete;
import io.r2dbc.postgresql.message.backend.ErrorResponse;
import io.r2dbc.postgresql.message.backend.Field;
import io.r2dbc.postgresql.message.backend.Field.FieldType;
import org.jspecify.annotations.Nullable;

/**
 * What the session reads in the server's answers.
 */
final class ServerErrors {

	private static final String ACTIVE_TRANSACTION = "25001";

	private static final Set<String> READS = Set.of("SELECT", "SHOW", "EXPLAIN", "SET", "RESET", "FETCH", "SAVEPOINT",
			"RELEASE", "ROLLBACK", "BEGIN", "COMMIT", "LOCK", "LOCK TABLE", "DECLARE CURSOR", "CLOSE CURSOR", "MOVE",
			"DISCARD", "DEALLOCATE", "PREPARE", "SET CONSTRAINTS", "UNLISTEN");

	private static final Set<String> OF_ROWS = Set.of("INSERT", "UPDATE", "DELETE", "MERGE", "COPY");

	private static final Pattern WRITING = Pattern.compile("\\b(?:INSERT|UPDATE|DELETE|MERGE)\\b",
			Pattern.CASE_INSENSITIVE);

	private ServerErrors() {
	}

	static String code(ErrorResponse response) {
		String code = field(response, FieldType.CODE);
		return (code != null) ? code : "XX000";
	}

	/**
	 * Whether the driver prepares the statement once more and runs it again.
	 */
	static boolean asksToPrepareAgain(ErrorResponse response) {
		String code = code(response);
		return code.equals("26000") || code.equals("0A000") && Set.of("RevalidateCachedQuery", "RevalidateCachedPlan")
			.contains(String.valueOf(field(response, FieldType.ROUTINE)));
	}

	/**
	 * Say what to do about statements that run outside of transactions only.
	 */
	static ErrorResponse withHint(ErrorResponse response) {
		if (!code(response).equals(ACTIVE_TRANSACTION) || field(response, FieldType.HINT) != null) {
			return response;
		}
		List<Field> fields = new ArrayList<>(response.getFields());
		String message = field(response, FieldType.MESSAGE);
		fields.removeIf((field) -> field.getType() == FieldType.MESSAGE);
		fields.add(new Field(FieldType.MESSAGE,
				message + " (the test runs in one that is rolled back: let it have a database of its own with"
						+ " @DatabasePerTest)"));
		return new ErrorResponse(fields);
	}

	/**
	 * Whether a command that is complete has stored anything, as far as can be told: what
	 * a function does that a query calls is not seen.
	 * @param sql the statement, {@code null} where it is not known
	 */
	static boolean isWrite(CommandComplete complete, @Nullable String sql) {
		String command = complete.getCommand();
		if (OF_ROWS.contains(command)) {
			Long rows = complete.getRows();
			return rows == null || rows > 0;
		}
		if (command.equals("SELECT")) {
			return sql != null && WRITING.matcher(sql).find() && WRITING.matcher(StatementText.code(sql)).find();
		}
		return !READS.contains(command);
	}

	private static @Nullable String field(ErrorResponse response, FieldType type) {
		return response.getFields()
			.stream()
			.filter((field) -> field.getType() == type)
			.map(Field::getValue)
			.findFirst()
			.orElse(null);
	}

}
