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
	 * Blank out what is in quotes and in comments, each character by a space. Names in
	 * double quotes stay.
	 */
	static String code(String sql) {
		StringBuilder code = new StringBuilder(sql);
		int i = 0;
		while (i < sql.length()) {
			int end = i + 1;
			int from = i;
			int to = i;
			char c = sql.charAt(i);
			if (sql.startsWith("--", i)) {
				int line = sql.indexOf('\n', i);
				end = (line < 0) ? sql.length() : line;
				to = end;
			}
			else if (sql.startsWith("/*", i)) {
				end = endOfComment(sql, i);
				to = end;
			}
			else if (c == '\'') {
				end = endOfString(sql, i);
				from = i + 1;
				to = Math.max(from, end - 1);
			}
			else if (c == '"') {
				end = Math.max(end, sql.indexOf('"', i + 1) + 1);
			}
			else if (c == '$') {
				Matcher tag = TAG.matcher(sql).region(i, sql.length());
				if (tag.lookingAt() && (i == 0 || !isPart(sql.charAt(i - 1)))) {
					int close = sql.indexOf(tag.group(), tag.end());
					from = tag.end();
					to = (close < 0) ? sql.length() : close;
					end = (close < 0) ? sql.length() : close + tag.group().length();
				}
			}
			for (int k = from; k < to; k++) {
				code.setCharAt(k, ' ');
			}
			i = end;
		}
		return code.toString();
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
