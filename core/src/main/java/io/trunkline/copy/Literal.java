package io.trunkline.copy;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * Reads the text of types that consist of others: what the server writes for arrays,
 * ranges, multiranges, composites and hstore (PostgreSQL documentation, "Arrays", "Range
 * Types", "Composite Types", "hstore").
 */
final class Literal {

	private final String text;

	private final String expected;

	private int position;

	private Literal(String text, String expected) {
		this.text = text;
		this.expected = expected;
	}

	/**
	 * Quote a part so that it can stand in any of them.
	 */
	static void appendQuoted(CharSequence part, StringBuilder out) {
		out.append('"');
		for (int i = 0; i < part.length(); i++) {
			char c = part.charAt(i);
			if (c == '"' || c == '\\') {
				out.append('\\');
			}
			out.append(c);
		}
		out.append('"');
	}

	/**
	 * Read nested lists of texts.
	 */
	static List<@Nullable Object> parseArray(String text, char delimiter) {
		Literal literal = new Literal(text, "an array such as {1,2}");
		if (text.startsWith("[")) {
			// The bounds that the server writes where they do not begin with 1.
			literal.position = text.indexOf('=') + 1;
		}
		List<@Nullable Object> values = literal.array(delimiter);
		literal.end();
		return values;
	}

	private List<@Nullable Object> array(char delimiter) {
		expect('{');
		List<@Nullable Object> values = new ArrayList<>();
		skipBlanks();
		if (accept('}')) {
			return values;
		}
		do {
			skipBlanks();
			if (peek() == '{') {
				values.add(array(delimiter));
			}
			else {
				boolean quoted = peek() == '"';
				String part = part(delimiter + "}");
				values.add((!quoted && part.strip().equalsIgnoreCase("NULL")) ? null : quoted ? part : part.strip());
			}
			skipBlanks();
		}
		while (accept(delimiter));
		expect('}');
		return values;
	}

	static PgRange<?> parseRange(String text) {
		Literal literal = new Literal(text, "a range such as [1,10) or empty");
		if (text.equalsIgnoreCase("empty")) {
			return PgRange.empty();
		}
		PgRange<String> range = literal.range();
		literal.end();
		return range;
	}

	static List<PgRange<String>> parseMultirange(String text) {
		Literal literal = new Literal(text, "a multirange such as {[1,10),[20,)}");
		List<PgRange<String>> ranges = new ArrayList<>();
		literal.expect('{');
		literal.skipBlanks();
		if (!literal.accept('}')) {
			do {
				literal.skipBlanks();
				if (literal.text.startsWith("empty", literal.position)) {
					literal.position += "empty".length();
				}
				else {
					ranges.add(literal.range());
				}
				literal.skipBlanks();
			}
			while (literal.accept(','));
			literal.expect('}');
		}
		literal.end();
		return ranges;
	}

	private PgRange<String> range() {
		boolean lowerInclusive = accept('[');
		if (!lowerInclusive) {
			expect('(');
		}
		String lower = (peek() == ',') ? null : part(",");
		expect(',');
		String upper = (peek() == ']' || peek() == ')') ? null : part("])");
		boolean upperInclusive = accept(']');
		if (!upperInclusive) {
			expect(')');
		}
		return PgRange.of(lower, lowerInclusive, upper, upperInclusive);
	}

	/**
	 * Read the attributes of a composite.
	 */
	static List<@Nullable Object> parseComposite(String text) {
		Literal literal = new Literal(text, "a row such as (1,\"two\",)");
		List<@Nullable Object> values = new ArrayList<>();
		literal.expect('(');
		if (!literal.accept(')')) {
			do {
				char next = literal.peek();
				values.add((next == ',' || next == ')') ? null : literal.part(",)"));
			}
			while (literal.accept(','));
			literal.expect(')');
		}
		literal.end();
		return values;
	}

	static Map<String, @Nullable String> parseHstore(String text) {
		Literal literal = new Literal(text, "an hstore such as \"a\"=>\"1\"");
		Map<String, @Nullable String> values = new LinkedHashMap<>();
		literal.skipBlanks();
		while (literal.position < text.length()) {
			String key = literal.hstorePart("=");
			literal.skipBlanks();
			literal.expect('=');
			literal.expect('>');
			literal.skipBlanks();
			boolean quoted = literal.peek() == '"';
			String value = literal.hstorePart(",");
			values.putIfAbsent(key, (!quoted && value.equalsIgnoreCase("NULL")) ? null : value);
			literal.skipBlanks();
			if (literal.position < text.length()) {
				literal.expect(',');
				literal.skipBlanks();
			}
		}
		return values;
	}

	private String hstorePart(String end) {
		boolean quoted = peek() == '"';
		String part = part(end);
		return quoted ? part.stripTrailing() : part.strip();
	}

	/**
	 * Read a part, quoted or not, up to one of some characters.
	 */
	private String part(String ends) {
		StringBuilder part = new StringBuilder();
		boolean quoted = false;
		while (quoted || (this.position < this.text.length() && ends.indexOf(peek()) < 0)) {
			char c = next();
			if (c == '\\') {
				part.append(next());
			}
			else if (c != '"') {
				part.append(c);
			}
			else if (quoted && this.position < this.text.length() && peek() == '"') {
				part.append(next());
			}
			else {
				quoted = !quoted;
			}
		}
		return part.toString();
	}

	private char peek() {
		if (this.position >= this.text.length()) {
			throw MisfitException.ofText(this.expected);
		}
		return this.text.charAt(this.position);
	}

	private char next() {
		char c = peek();
		this.position++;
		return c;
	}

	private boolean accept(char c) {
		if (this.position < this.text.length() && this.text.charAt(this.position) == c) {
			this.position++;
			return true;
		}
		return false;
	}

	private void expect(char c) {
		if (!accept(c)) {
			throw MisfitException.ofText(this.expected);
		}
	}

	private void skipBlanks() {
		while (this.position < this.text.length() && Character.isWhitespace(this.text.charAt(this.position))) {
			this.position++;
		}
	}

	private void end() {
		skipBlanks();
		if (this.position != this.text.length()) {
			throw MisfitException.ofText(this.expected);
		}
	}

}
