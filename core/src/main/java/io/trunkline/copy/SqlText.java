package io.trunkline.copy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * A statement of the application, cut at its parameters. What is a parameter is decided
 * by PostgreSQL's own rules for constants, names and comments.
 */
final class SqlText {

	private static final Pattern DOLLAR_QUOTE = Pattern.compile("\\$(?:[\\p{L}_][\\p{L}\\p{N}_]*)?\\$");

	private static final Pattern PARAMETER = Pattern.compile("\\$\\d+|:[\\p{L}_][\\p{L}\\p{N}_]*");

	private static final Pattern WORD = Pattern.compile("[A-Za-z_]+");

	private final String what;

	private String sql;

	/** Start and end of each parameter. */
	private final List<int[]> parameters = new ArrayList<>();

	/** Where outermost parentheses are closed. */
	private final List<Integer> closings = new ArrayList<>();

	private int end;

	private int depth;

	private int brackets;

	private boolean ambiguous;

	private SqlText(String sql, String what) {
		this.sql = sql;
		this.what = what;
		this.end = sql.length();
	}

	/**
	 * Read a statement.
	 * @param sql the statement; a semicolon at its end is left out, with the comments
	 * behind it
	 * @param what what an error calls it
	 */
	static SqlText parse(String sql, String what) {
		Assert.hasText(sql, () -> "'" + what + "' must not be empty");
		SqlText text = new SqlText(sql, what);
		text.scan();
		return text;
	}

	/**
	 * Refuse a piece of SQL that would not end where it should.
	 */
	static void checkComplete(String sql, String what) {
		SqlText text = parse(sql, what);
		if (text.end != sql.length()) {
			throw text.refused("must not contain a semicolon");
		}
	}

	/**
	 * Return the names of the parameters: {@code $1} and the like, or without the colon.
	 */
	Set<String> parameters() {
		Set<String> names = new LinkedHashSet<>();
		this.parameters.forEach((parameter) -> names.add(name(parameter)));
		return names;
	}

	private String name(int[] parameter) {
		String name = this.sql.substring(parameter[0], parameter[1]);
		return name.startsWith(":") ? name.substring(1) : name;
	}

	/**
	 * Put something in the place of each parameter.
	 */
	String render(UnaryOperator<String> literal) {
		StringBuilder rendered = new StringBuilder();
		int from = 0;
		for (int[] parameter : this.parameters) {
			rendered.append(this.sql, from, parameter[0]).append(literal.apply(name(parameter)));
			from = parameter[1];
		}
		return rendered.append(this.sql, from, this.end).toString();
	}

	/**
	 * Return the word that says what the statement does, in upper case. Comments and
	 * parentheses before it do not count, nor what {@code WITH} puts in front; without
	 * such a word it is empty.
	 */
	String verb() {
		int start = skipBlanks(0);
		boolean nested = false;
		while (start < this.end && this.sql.charAt(start) == '(') {
			nested = true;
			start = skipBlanks(start + 1);
		}
		String first = word(start);
		return (first.equals("WITH") && !nested) ? verbBehindWith() : first;
	}

	/**
	 * Each query of WITH is in parentheses, and so are the names of its columns, which
	 * {@code AS} follows.
	 */
	private String verbBehindWith() {
		for (int closing : this.closings) {
			String word = word(skipBlanks(closing + 1));
			if (!word.isEmpty() && !word.equals("AS")) {
				return word;
			}
		}
		return "WITH";
	}

	private String word(int start) {
		Matcher word = WORD.matcher(this.sql).region(start, this.end);
		return word.lookingAt() ? word.group().toUpperCase(Locale.ROOT) : "";
	}

	private int skipBlanks(int start) {
		int i = start;
		while (i < this.end) {
			if (Character.isWhitespace(this.sql.charAt(i))) {
				i++;
			}
			else if (this.sql.startsWith("--", i)) {
				i = lineEnd(i);
			}
			else if (this.sql.startsWith("/*", i)) {
				i = commentEnd(i);
			}
			else {
				break;
			}
		}
		return Math.min(i, this.end);
	}

	private void scan() {
		for (int i = 0; i < this.end;) {
			i = next(i);
		}
		if (this.depth != 0) {
			throw refused("has a parenthesis without its counterpart");
		}
		if (this.ambiguous && !this.parameters.isEmpty()) {
			throw refused("has a backslash before a quote in a plain literal, which means one thing or another by a"
					+ " setting of the server: write it as E'…'");
		}
	}

	private int next(int i) {
		char c = this.sql.charAt(i);
		switch (c) {
			case '\'' -> {
				return literalEnd(i);
			}
			case '"' -> {
				return closing(i, "\"");
			}
			case '-', '/' -> {
				return this.sql.startsWith("--", i) ? lineEnd(i) : this.sql.startsWith("/*", i) ? commentEnd(i) : i + 1;
			}
			case '$' -> {
				return dollar(i);
			}
			case ':' -> {
				return this.sql.startsWith("::", i) ? i + 2 : (this.brackets == 0) ? parameter(i) : i + 1;
			}
			case ';' -> end(i);
			case '(' -> this.depth++;
			case ')' -> close(i);
			case '[' -> this.brackets++;
			case ']' -> this.brackets--;
			default -> {
				return i + 1;
			}
		}
		return i + 1;
	}

	private void close(int i) {
		if (--this.depth < 0) {
			throw refused("has a parenthesis without its counterpart");
		}
		if (this.depth == 0) {
			this.closings.add(i);
		}
	}

	private void end(int i) {
		if (skipBlanks(i + 1) < this.end) {
			throw refused("must be one statement, and holds a semicolon in its midst");
		}
		this.end = i;
	}

	private int literalEnd(int start) {
		boolean escapes = start > 0 && Character.toUpperCase(this.sql.charAt(start - 1)) == 'E'
				&& !isPartOfName(start - 2);
		for (int i = start + 1; i < this.sql.length(); i++) {
			char c = this.sql.charAt(i);
			boolean quoteFollows = i + 1 < this.sql.length() && this.sql.charAt(i + 1) == '\'';
			if (c == '\\' && escapes) {
				if (quoteFollows) {
					doubleQuote(i);
				}
				i++;
			}
			else if (c == '\\' && quoteFollows) {
				this.ambiguous = true;
			}
			else if (c == '\'' && quoteFollows) {
				i++;
			}
			else if (c == '\'') {
				return i + 1;
			}
		}
		throw refused("has a quote without its counterpart");
	}

	/**
	 * Write a quote behind a backslash as two quotes, which mean the same: the driver
	 * would take the first form for the end of the literal.
	 */
	private void doubleQuote(int backslash) {
		StringBuilder doubled = new StringBuilder(this.sql);
		doubled.setCharAt(backslash, '\'');
		this.sql = doubled.toString();
	}

	private int lineEnd(int start) {
		int newline = this.sql.indexOf('\n', start);
		return (newline < 0) ? this.sql.length() : newline + 1;
	}

	private int commentEnd(int start) {
		int nesting = 1;
		for (int i = start + 2; i < this.sql.length(); i++) {
			if (this.sql.startsWith("/*", i)) {
				nesting++;
				i++;
			}
			else if (this.sql.startsWith("*/", i)) {
				nesting--;
				i++;
			}
			if (nesting == 0) {
				return i + 1;
			}
		}
		throw refused("has a comment without its end");
	}

	private int dollar(int start) {
		if (isPartOfName(start - 1)) {
			return start + 1;
		}
		Matcher quote = DOLLAR_QUOTE.matcher(this.sql).region(start, this.sql.length());
		return quote.lookingAt() ? closing(start, quote.group()) : parameter(start);
	}

	private int closing(int start, String delimiter) {
		int closing = this.sql.indexOf(delimiter, start + delimiter.length());
		if (closing < 0) {
			throw refused("has a quote without its counterpart");
		}
		return closing + delimiter.length();
	}

	private int parameter(int start) {
		Matcher parameter = PARAMETER.matcher(this.sql).region(start, this.sql.length());
		if (!parameter.lookingAt()) {
			return start + 1;
		}
		this.parameters.add(new int[] { start, parameter.end() });
		return parameter.end();
	}

	private boolean isPartOfName(int index) {
		return index >= 0 && (Character.isLetterOrDigit(this.sql.charAt(index)) || this.sql.charAt(index) == '_'
				|| this.sql.charAt(index) == '$');
	}

	private InvalidDataAccessApiUsageException refused(String why) {
		return new InvalidDataAccessApiUsageException("'" + this.what + "' " + why);
	}

}
