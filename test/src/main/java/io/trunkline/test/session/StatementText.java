package io.trunkline.test.session;

import java.util.Locale;
import java.util.Set;

/**
 * What the text of a statement tells without being parsed.
 */
final class StatementText {

	private static final Set<String> OF_ROWS = Set.of("SELECT", "INSERT", "UPDATE", "DELETE");

	private StatementText() {
	}

	/**
	 * Return the first word in upper case, empty where there is none.
	 */
	static String firstWord(String sql) {
		return word(sql, start(sql)).toUpperCase(Locale.ROOT);
	}

	/**
	 * Return what follows the first word, in upper case.
	 */
	static String rest(String sql) {
		int start = start(sql);
		return sql.substring(start + word(sql, start).length()).strip().toUpperCase(Locale.ROOT);
	}

	/**
	 * Whether it may be several statements. One with a semicolon in a literal may seem
	 * so, too.
	 */
	static boolean isSeveral(String sql) {
		int semicolon = sql.indexOf(';');
		return semicolon >= 0 && !sql.substring(semicolon + 1).isBlank();
	}

	/**
	 * Whether it is one statement that reads or writes rows, and nothing else.
	 */
	static boolean isOfRows(String sql) {
		return !isSeveral(sql) && OF_ROWS.contains(firstWord(sql));
	}

	private static int start(String sql) {
		int i = 0;
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
		return sql.substring(start, end);
	}

}
