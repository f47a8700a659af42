package io.trunkline.client;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * Finds the parameters of a statement as the server's own scanner would, and numbers the
 * named ones.
 * <p>
 * The text that comes out means the same. Where the driver's scanner, which reads it
 * next, knows less than the server's, it is written in another way: a quote behind a
 * backslash is doubled, and a carriage return that ends a comment is a line feed.
 */
final class SqlScanner {

	private static final int MAX_NUMBER = 65535;

	private final String sql;

	private final StringBuilder out;

	private final List<String> names = new ArrayList<>();

	private final TreeSet<Integer> numbers = new TreeSet<>();

	private final Deque<Character> brackets = new ArrayDeque<>();

	private int position;

	/** Whether an operand ends right where the scanner stands. */
	private boolean touchesOperand;

	/** Where the first statement ends in what comes out, with its semicolon. */
	private int endOfFirst = -1;

	private boolean severalStatements;

	SqlScanner(String sql) {
		this.sql = sql;
		this.out = new StringBuilder(sql.length() + 8);
	}

	List<String> names() {
		return this.names;
	}

	TreeSet<Integer> numbers() {
		return this.numbers;
	}

	boolean hasSeveralStatements() {
		return this.severalStatements;
	}

	/**
	 * Return what is sent: without the comments behind the semicolon of a single
	 * statement, which the driver would count as a statement.
	 */
	String text() {
		return (this.endOfFirst > 0 && !this.severalStatements) ? this.out.substring(0, this.endOfFirst)
				: this.out.toString();
	}

	void scan() {
		while (this.position < this.sql.length()) {
			char c = this.sql.charAt(this.position);
			if (isSpace(c)) {
				copy(1);
				this.touchesOperand = false;
			}
			else if (startsWith("--")) {
				lineComment();
				this.touchesOperand = false;
			}
			else if (startsWith("/*")) {
				blockComment();
				this.touchesOperand = false;
			}
			else {
				this.severalStatements |= this.endOfFirst >= 0;
				token(c);
			}
		}
	}

	private void token(char c) {
		switch (c) {
			case '\'' -> string(false);
			case '"' -> quotedName();
			case '$' -> dollar();
			case ':' -> colon();
			case '(', '[' -> open(c);
			case ')', ']' -> close();
			case ';' -> semicolon();
			default -> {
				if (isNameStart(c)) {
					name();
				}
				else if (isDigit(c)) {
					number();
				}
				else {
					copy(1);
					this.touchesOperand = false;
				}
			}
		}
	}

	/**
	 * A string, after which one on a further line continues it by the same rules.
	 */
	private void string(boolean escapes) {
		quoted(escapes);
		while (escapes && continues()) {
			quoted(true);
		}
		this.touchesOperand = true;
	}

	private void quoted(boolean escapes) {
		int start = this.position;
		copy(1);
		while (true) {
			char c = next(start, "string");
			if (c == '\\' && escapes) {
				escape(start);
			}
			else if (c != '\'') {
				copy(1);
			}
			else if (startsWith("''")) {
				copy(2);
			}
			else {
				copy(1);
				return;
			}
		}
	}

	private void escape(int start) {
		this.position++;
		char escaped = next(start, "string");
		if (escaped == '\'') {
			this.out.append("''");
			this.position++;
			return;
		}
		this.out.append('\\');
		copy(1);
	}

	/**
	 * Find out whether spaces and comments with a line break among them, and then a
	 * quote, follow; if so, go there.
	 */
	private boolean continues() {
		int mark = this.position;
		int length = this.out.length();
		boolean lineBreak = false;
		while (this.position < this.sql.length()) {
			char c = this.sql.charAt(this.position);
			if (isSpace(c)) {
				lineBreak |= c == '\n' || c == '\r';
				copy(1);
			}
			else if (lineBreak && startsWith("--")) {
				lineComment();
			}
			else if (lineBreak && c == '\'') {
				return true;
			}
			else {
				break;
			}
		}
		this.position = mark;
		this.out.setLength(length);
		return false;
	}

	private void quotedName() {
		int start = this.position;
		copy(1);
		while (next(start, "quoted name") != '"') {
			copy(1);
		}
		// A doubled quote begins the next part of the same name.
		copy(1);
		this.touchesOperand = true;
	}

	private void lineComment() {
		while (this.position < this.sql.length() && !isLineBreak(this.sql.charAt(this.position))) {
			copy(1);
		}
		if (this.position < this.sql.length()) {
			this.out.append('\n');
			this.position++;
		}
	}

	private void blockComment() {
		int start = this.position;
		int depth = 0;
		do {
			next(start, "comment");
			if (startsWith("/*")) {
				depth++;
				copy(2);
			}
			else if (startsWith("*/")) {
				depth--;
				copy(2);
			}
			else {
				copy(1);
			}
		}
		while (depth > 0);
	}

	private void dollar() {
		int end = this.position + 1;
		while (end < this.sql.length() && isDigit(this.sql.charAt(end))) {
			end++;
		}
		if (end > this.position + 1) {
			numbered(end);
			return;
		}
		if (end < this.sql.length() && isNameStart(this.sql.charAt(end))) {
			end = endOfName(end, false);
		}
		if (end < this.sql.length() && this.sql.charAt(end) == '$') {
			dollarQuoted(this.sql.substring(this.position, end + 1));
			return;
		}
		copy(1);
		this.touchesOperand = false;
	}

	private void numbered(int end) {
		String digits = this.sql.substring(this.position + 1, end);
		int number = (digits.length() < 6) ? Integer.parseInt(digits) : MAX_NUMBER + 1;
		if (number < 1 || number > MAX_NUMBER) {
			throw new InvalidDataAccessApiUsageException(
					"The statement has a parameter $" + digits + ": the numbers go from 1 to " + MAX_NUMBER);
		}
		this.numbers.add(number);
		this.out.append('$').append(number);
		this.position = end;
		this.touchesOperand = true;
	}

	private void dollarQuoted(String tag) {
		int end = this.sql.indexOf(tag, this.position + tag.length());
		if (end < 0) {
			throw unterminated(this.position, "string in " + tag);
		}
		if (tag.chars().allMatch((c) -> c < 128)) {
			this.out.append(this.sql, this.position, end + tag.length());
		}
		else {
			String content = this.sql.substring(this.position + tag.length(), end);
			this.out.append('\'').append(content.replace("'", "''")).append('\'');
		}
		this.position = end + tag.length();
		this.touchesOperand = true;
	}

	/**
	 * A cast, an assignment, the colon of a slice, or the start of a parameter.
	 */
	private void colon() {
		if (startsWith("::") || startsWith(":=")) {
			copy(2);
			this.touchesOperand = false;
			return;
		}
		int start = this.position + 1;
		boolean slice = this.touchesOperand && !this.brackets.isEmpty() && this.brackets.peek() == '[';
		if (slice || start >= this.sql.length() || !isNameStart(this.sql.charAt(start))) {
			copy(1);
			this.touchesOperand = false;
			return;
		}
		int end = endOfName(start, false);
		String name = this.sql.substring(start, end);
		int index = this.names.indexOf(name);
		if (index < 0) {
			index = this.names.size();
			this.names.add(name);
		}
		this.out.append('$').append(index + 1);
		this.position = end;
		this.touchesOperand = true;
	}

	private void open(char bracket) {
		this.brackets.push(bracket);
		copy(1);
		this.touchesOperand = false;
	}

	private void close() {
		this.brackets.poll();
		copy(1);
		this.touchesOperand = true;
	}

	private void semicolon() {
		copy(1);
		this.brackets.clear();
		this.touchesOperand = false;
		if (this.endOfFirst < 0) {
			this.endOfFirst = this.out.length();
		}
	}

	private void name() {
		int end = endOfName(this.position, true);
		boolean escapes = end == this.position + 1 && (this.sql.charAt(this.position) | 0x20) == 'e'
				&& end < this.sql.length() && this.sql.charAt(end) == '\'';
		copy(end - this.position);
		this.touchesOperand = true;
		if (escapes) {
			string(true);
		}
	}

	private void number() {
		while (this.position < this.sql.length()) {
			char c = this.sql.charAt(this.position);
			if (!isDigit(c) && !isNameStart(c)) {
				break;
			}
			copy(1);
		}
		this.touchesOperand = true;
	}

	private int endOfName(int start, boolean withDollar) {
		int end = start + 1;
		while (end < this.sql.length()) {
			char c = this.sql.charAt(end);
			if (!isNameStart(c) && !isDigit(c) && !(withDollar && c == '$')) {
				break;
			}
			end++;
		}
		return end;
	}

	private char next(int start, String what) {
		if (this.position >= this.sql.length()) {
			throw unterminated(start, what);
		}
		return this.sql.charAt(this.position);
	}

	private static InvalidDataAccessApiUsageException unterminated(int start, String what) {
		return new InvalidDataAccessApiUsageException(
				"The statement has a " + what + " that begins at character " + (start + 1) + " and does not end");
	}

	private boolean startsWith(String text) {
		return this.sql.startsWith(text, this.position);
	}

	private void copy(int length) {
		this.out.append(this.sql, this.position, this.position + length);
		this.position += length;
	}

	private static boolean isSpace(char c) {
		return c == ' ' || (c >= '\t' && c <= '\r');
	}

	private static boolean isLineBreak(char c) {
		return c == '\n' || c == '\r';
	}

	private static boolean isDigit(char c) {
		return c >= '0' && c <= '9';
	}

	private static boolean isNameStart(char c) {
		return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 128;
	}

}
