package io.trunkline.test.session;

import java.util.Set;

import io.r2dbc.spi.R2dbcNonTransientResourceException;
import org.jspecify.annotations.Nullable;

/**
 * Statements that would end the transaction of the test, or that cannot do in it what
 * they are meant to.
 */
final class RefusedSql {

	private static final Set<String> ENDING = Set.of("BEGIN", "START", "COMMIT", "END", "ROLLBACK", "ABORT");

	private RefusedSql() {
	}

	/**
	 * Refuse a statement before anything of it is sent.
	 * @throws R2dbcNonTransientResourceException if it begins with a word that is refused
	 */
	static void check(String sql) {
		String refusal = refusal(sql);
		if (refusal != null) {
			throw new R2dbcNonTransientResourceException(refusal, "0A000");
		}
	}

	private static @Nullable String refusal(String sql) {
		String first = StatementText.firstWord(sql);
		if (ENDING.contains(first) && !isPartial(first, sql) || first.equals("PREPARE") && isTwoPhase(sql)) {
			return "'" + first + "' is refused as a statement: the test runs in one transaction that is rolled back."
					+ " Use the methods of the connection, a TransactionalOperator or @Transactional, or let the test"
					+ " have a database of its own with @DatabasePerTest.";
		}
		if (first.equals("LISTEN")) {
			return "'LISTEN' is refused: nothing is notified of a transaction that is rolled back. Let the test have a"
					+ " database of its own with @DatabasePerTest.";
		}
		return null;
	}

	private static boolean isPartial(String first, String sql) {
		return first.equals("ROLLBACK")
				&& StatementText.rest(sql).replaceFirst("^(WORK|TRANSACTION)\\b", "").strip().matches("(?s)TO\\b.*");
	}

	private static boolean isTwoPhase(String sql) {
		return StatementText.rest(sql).matches("(?s)TRANSACTION\\b.*");
	}

}
