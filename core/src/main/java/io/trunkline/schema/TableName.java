package io.trunkline.schema;

import java.util.ArrayList;
import java.util.List;

import io.trunkline.connection.SqlIdentifiers;
import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * The name of a table or of anything else that lives in a schema. Both parts are as they
 * are in the catalogue: case-sensitive and without quotes.
 *
 * @param schema the schema, {@code null} to leave the look-up to the {@code search_path}
 * @param name the name inside the schema
 * @since 0.1.0
 */
public record TableName(@Nullable String schema, String name) {

	public TableName {
		SqlIdentifiers.quoteQualified(schema, name);
	}

	/**
	 * Parse {@code table} or {@code schema.table}. Each part is taken literally, so that
	 * {@code Orders} is not {@code orders}. A part that holds a dot, or begins with a
	 * double quote, must be put in double quotes, with those inside doubled:
	 * {@code sales."2026.orders"}.
	 * @param text the name
	 * @return the parsed name
	 * @throws IllegalArgumentException when there are more than two parts, a quote is not
	 * closed, or a part is refused by {@link SqlIdentifiers#quote(String)}
	 */
	public static TableName parse(String text) {
		Assert.notNull(text, "'table' must not be null: give \"table\" or \"schema.table\"");
		List<String> parts = new Parser(text).parts();
		return switch (parts.size()) {
			case 1 -> new TableName(null, parts.get(0));
			case 2 -> new TableName(parts.get(0), parts.get(1));
			default -> throw refused(text, "has " + parts.size()
					+ " parts: give \"table\" or \"schema.table\", and put a part with a dot in double quotes");
		};
	}

	/**
	 * Return the name quoted for a statement.
	 * @return {@code "schema"."name"} or {@code "name"}
	 */
	public String quoted() {
		return SqlIdentifiers.quoteQualified(this.schema, this.name);
	}

	/**
	 * Return the text that {@link #parse} makes the same name of, quoted only where that
	 * must be.
	 */
	@Override
	public String toString() {
		return (this.schema != null) ? part(this.schema) + '.' + part(this.name) : part(this.name);
	}

	private static String part(String part) {
		return (part.indexOf('.') >= 0 || part.charAt(0) == '"') ? SqlIdentifiers.quote(part) : part;
	}

	private static IllegalArgumentException refused(String text, String problem) {
		String shown = (text.length() > 200) ? text.substring(0, 200) + "…" : text;
		return new IllegalArgumentException("'table' [" + shown + "] " + problem);
	}

	/**
	 * Divides a text at its dots.
	 */
	private static final class Parser {

		private final String text;

		private int position;

		Parser(String text) {
			this.text = text;
		}

		List<String> parts() {
			List<String> parts = new ArrayList<>(2);
			parts.add(part());
			while (this.position < this.text.length()) {
				this.position++;
				parts.add(part());
			}
			return parts;
		}

		private String part() {
			if (this.text.startsWith("\"", this.position)) {
				return quotedPart();
			}
			int dot = this.text.indexOf('.', this.position);
			int end = (dot >= 0) ? dot : this.text.length();
			String part = this.text.substring(this.position, end);
			this.position = end;
			return part;
		}

		private String quotedPart() {
			StringBuilder part = new StringBuilder();
			int from = this.position + 1;
			while (true) {
				int quote = this.text.indexOf('"', from);
				if (quote < 0) {
					throw refused(this.text, "has a double quote that is not closed: close it, or double it inside");
				}
				part.append(this.text, from, quote);
				if (!this.text.startsWith("\"", quote + 1)) {
					this.position = quote + 1;
					break;
				}
				part.append('"');
				from = quote + 2;
			}
			if (this.position < this.text.length() && this.text.charAt(this.position) != '.') {
				throw refused(this.text, "goes on after a closing double quote: put a dot there, or double the quote");
			}
			return part.toString();
		}

	}

}
