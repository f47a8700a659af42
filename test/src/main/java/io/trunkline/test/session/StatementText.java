package io.trunkline.test.session;

import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the text of a statement tells without being parsed.
 */
final class StatementText {

	private static final Pattern TAG = Pattern.compile("\\$(?:[A-Za-z_\\x80-\\uffff][\\w\\x80-\\uffff]*)?\\$");

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
	 * Return the last word as it is, without a semicolon after it.
	 */
	static String lastWord(String sql) {
		String text = sql.strip().replaceFirst("[;\\s]+$", "");
		return text.substring(text.lastIndexOf(' ') + 1);
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

	/**
	 * Blank out what is in single quotes, in dollar quotes and in comments, each
	 * character by a space, so that what is left keeps its place.
	 */
	static String code(String sql) {
		StringBuilder code = new StringBuilder(sql);
		int i = 0;
		while (i < sql.length()) {
			char c = sql.charAt(i);
			int end = endOfToken(sql, i);
			if (c == '\'') {
				blank(code, i + 1, end - 1);
			}
			else if (c != '"' && end > i + 1) {
				blank(code, i, end);
			}
			i = end;
		}
		return code.toString();
	}

	private static void blank(StringBuilder code, int from, int to) {
		for (int i = from; i < to; i++) {
			code.setCharAt(i, ' ');
		}
	}

	/**
	 * Return where a quote or a comment ends that begins here; the next place where
	 * neither does.
	 */
	private static int endOfToken(String sql, int start) {
		return switch (sql.charAt(start)) {
			case '\'' -> endOfString(sql, start);
			case '"' -> after(sql, "\"", start + 1);
			case '-' -> sql.startsWith("--", start) ? after(sql, "\n", start) : start + 1;
			case '/' -> sql.startsWith("/*", start) ? endOfComment(sql, start) : start + 1;
			case '$' -> endOfDollarQuote(sql, start);
			default -> start + 1;
		};
	}

	private static int after(String sql, String text, int from) {
		int found = sql.indexOf(text, from);
		return (found < 0) ? sql.length() : found + text.length();
	}

	private static int endOfDollarQuote(String sql, int start) {
		Matcher tag = TAG.matcher(sql).region(start, sql.length());
		boolean begins = tag.lookingAt() && (start == 0 || !isPart(sql.charAt(start - 1)));
		return begins ? after(sql, tag.group(), tag.end()) : start + 1;
	}

	/**
	 * A quote in a string is doubled, or in one that begins with E behind a backslash.
	 */
	private static int endOfString(String sql, int start) {
		boolean escapes = start > 0 && Character.toUpperCase(sql.charAt(start - 1)) == 'E'
				&& (start == 1 || !isPart(sql.charAt(start - 2)));
		int i = start + 1;
		while (i < sql.length()) {
			char c = sql.charAt(i);
			if (escapes && c == '\\') {
				i += 2;
			}
			else if (c != '\'') {
				i++;
			}
			else if (sql.startsWith("''", i)) {
				i += 2;
			}
			else {
				return i + 1;
			}
		}
		return sql.length();
	}

	private static boolean isPart(char c) {
		return Character.isLetterOrDigit(c) || c == '_' || c == '$';
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
