package io.trunkline.table;

import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The parts of definitions that are SQL themselves, which takes no parameters there.
 */
final class SqlFragments {

	private static final String NAME = "(?:[\\p{L}_][\\p{L}\\p{N}_$]*|\"(?:[^\"\\x00]|\"\")+\")";

	private static final Pattern TYPE = Pattern.compile(
			"(?:double +precision|(?:national +)?(?:character|char)(?: +varying)?"
					+ "|bit +varying|(?:timestamp|time)(?: *\\( *\\d+ *\\))? +with(?:out)? +time +zone|" + NAME
					+ "(?:\\." + NAME + ")?)(?: *\\( *\\d+(?: *, *-?\\d+)? *\\))?(?: *\\[\\d*])*",
			Pattern.CASE_INSENSITIVE);

	private SqlFragments() {
	}

	/**
	 * Return the name of a type.
	 */
	static String type(String type, String column) {
		String stripped = type.strip();
		Assert.isTrue(TYPE.matcher(stripped).matches(), () -> "The type [" + shorten(stripped) + "] of column ["
				+ shorten(column) + "] is not the name of a type, such as bigint, numeric(10,2) or text[]");
		return stripped;
	}

	/**
	 * Return a value as a literal, which the server converts to the column's type. A
	 * backslash is doubled whatever the server makes of one elsewhere.
	 */
	static String literal(@Nullable String text) {
		if (text == null) {
			return "NULL";
		}
		SqlStatement.checked(text, "A literal");
		return "E'" + text.replace("\\", "\\\\").replace("'", "''") + "'";
	}

	/**
	 * Return an expression that cannot end before its end: quotes and parentheses are
	 * closed, and it has no semicolon and no comment.
	 */
	static String expression(String expression, String what) {
		Assert.hasText(expression, () -> "'" + what + "' must not be empty");
		SqlStatement.checked(expression, "'" + what + "'");
		int depth = 0;
		int position = 0;
		while (position < expression.length()) {
			char character = expression.charAt(position);
			switch (character) {
				case '\'', '"' -> position = closing(expression, position, what);
				case '(', '[' -> depth++;
				case ')', ']' -> depth--;
				case ';', '$', '\\' -> throw refused(what, "a '" + character + "' outside of quotes");
				default -> {
					if (expression.startsWith("--", position) || expression.startsWith("/*", position)) {
						throw refused(what, "a comment");
					}
				}
			}
			if (depth < 0) {
				throw refused(what, "a parenthesis that is not opened");
			}
			position++;
		}
		if (depth > 0) {
			throw refused(what, "a parenthesis that is not closed");
		}
		return expression;
	}

	/**
	 * A backslash could hide a quote, in strings that know escapes.
	 */
	private static int closing(String expression, int from, String what) {
		int end = expression.indexOf(expression.charAt(from), from + 1);
		if (end < 0) {
			throw refused(what, "a quote that is not closed");
		}
		if (expression.substring(from, end).indexOf('\\') >= 0) {
			throw refused(what, "a backslash");
		}
		return end;
	}

	private static IllegalArgumentException refused(String what, String found) {
		return new IllegalArgumentException("'" + what + "' is not one SQL expression: it has " + found);
	}

	static String shorten(String text) {
		return (text.length() > 60) ? text.substring(0, 60) + "…" : text;
	}

}
