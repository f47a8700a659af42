package io.trunkline.test.session;

import java.util.Locale;
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
		int start = start(sql, 0);
		String first = word(sql, start);
		if (ENDING.contains(first) && !isPartial(first, sql.substring(start + first.length()))
				|| first.equals("PREPARE") && isTwoPhase(sql.substring(start + first.length()))) {
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

	private static boolean isPartial(String first, String rest) {
		return first.equals("ROLLBACK")
				&& upper(rest).replaceFirst("^(WORK|TRANSACTION)\\b", "").strip().matches("(?s)TO\\b.*");
	}

	private static boolean isTwoPhase(String rest) {
		return upper(rest).matches("(?s)TRANSACTION\\b.*");
	}

	private static String upper(String sql) {
		return sql.strip().toUpperCase(Locale.ROOT);
	}

	/**
	 * Return the first word of a statement in upper case, empty where there is none.
	 */
	static String firstWord(String sql) {
		return word(sql, start(sql, 0));
	}

	private static int start(String sql, int from) {
		int i = from;
		while (i < sql.length()) {
			char c = sql.charAt(i);
			if (Character.isWhitespace(c) || c == ';' || c == '(') {
				i++;
			}
			else if (sql.startsWith("--", i)) {
				int end = sql.indexOf('\n', i);
				i = (end < 0) ? sql.length() : end;
			}
			else if (sql.startsWith("/*", i)) {
				i = endOfComment(sql, i);
			}
			else {
				break;
			}
		}
		return i;
	}

	private static int endOfComment(String sql, int start) {
		int depth = 0;
		int i = start;
		while (i < sql.length()) {
			if (sql.startsWith("/*", i)) {
				depth++;
				i += 2;
			}
			else if (sql.startsWith("*/", i)) {
				i += 2;
				if (--depth == 0) {
					return i;
				}
			}
			else {
				i++;
			}
		}
		return i;
	}

	private static String word(String sql, int start) {
		int end = start;
		while (end < sql.length() && (Character.isLetterOrDigit(sql.charAt(end)) || sql.charAt(end) == '_')) {
			end++;
		}
		return sql.substring(start, end).toUpperCase(Locale.ROOT);
	}

}
