package io.trunkline.connection;

import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

/**
 * Quote the names of tables, columns, schemas and other objects, so that any name
 * PostgreSQL can hold reaches it unchanged: with quotes, spaces, upper case or key words.
 * <p>
 * A name that PostgreSQL would refuse or silently shorten is refused here, with an
 * {@link IllegalArgumentException} that tells the parameter, the name and what to change,
 * before anything is sent.
 *
 * @since 0.1.0
 */
public final class SqlIdentifiers {

	/**
	 * The longest name that PostgreSQL keeps, in bytes of UTF-8; it cuts longer ones off.
	 */
	public static final int MAX_BYTES = 63;

	private static final int SHOWN_CODE_POINTS = 40;

	private SqlIdentifiers() {
	}

	/**
	 * Quote a single name.
	 * @param name the name as it is in the catalogue, neither quoted nor qualified
	 * @return the quoted name
	 * @throws IllegalArgumentException when the name is {@code null}, empty, longer than
	 * {@value #MAX_BYTES} bytes, contains a NUL character or is not valid Unicode
	 */
	public static String quote(String name) {
		return quote(name, "name");
	}

	/**
	 * Quote a single name, and call it by the caller's own parameter where it is refused.
	 * @param name the name as it is in the catalogue, neither quoted nor qualified
	 * @param parameter what the error calls the name, such as {@code column}
	 * @return the quoted name
	 * @throws IllegalArgumentException when the name is {@code null}, empty, longer than
	 * {@value #MAX_BYTES} bytes, contains a NUL character or is not valid Unicode
	 */
	public static String quote(String name, String parameter) {
		check(name, parameter);
		return '"' + name.replace("\"", "\"\"") + '"';
	}

	/**
	 * Quote a name together with its schema. Each part is one name: a dot in it is part
	 * of the name.
	 * @param schema the schema's name, or {@code null} to leave the lookup to the
	 * {@code search_path}
	 * @param name the name inside the schema
	 * @return {@code "schema"."name"}, or only the quoted name without a schema
	 * @throws IllegalArgumentException when one of the names is refused as by
	 * {@link #quote(String)}
	 */
	public static String quoteQualified(@Nullable String schema, String name) {
		String quoted = quote(name, "name");
		return (schema != null) ? quote(schema, "schema") + '.' + quoted : quoted;
	}

	private static void check(@Nullable String name, String parameter) {
		if (name == null) {
			throw new IllegalArgumentException("'%s' must not be null: give the SQL name".formatted(parameter));
		}
		if (name.isEmpty()) {
			throw new IllegalArgumentException("'%s' must not be empty: give the SQL name".formatted(parameter));
		}
		if (name.indexOf('\0') >= 0) {
			throw new IllegalArgumentException(
					"'%s' [%s] contains a NUL character, which no SQL name can hold: remove it".formatted(parameter,
							shorten(name)));
		}
		if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
			throw new IllegalArgumentException(
					"'%s' [%s] is not valid Unicode (an unpaired surrogate): correct the name".formatted(parameter,
							shorten(name)));
		}
		int bytes = name.getBytes(StandardCharsets.UTF_8).length;
		if (bytes > MAX_BYTES) {
			throw new IllegalArgumentException(
					"'%s' [%s] has %d bytes in UTF-8 and PostgreSQL would cut it off after %d: use a shorter name"
						.formatted(parameter, shorten(name), bytes, MAX_BYTES));
		}
	}

	private static String shorten(String name) {
		StringBuilder shown = new StringBuilder();
		name.codePoints()
			.limit(SHOWN_CODE_POINTS)
			.map((c) -> (Character.isISOControl(c) || (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE))
					? '\uFFFD' : c)
			.forEach(shown::appendCodePoint);
		if (name.codePointCount(0, name.length()) > SHOWN_CODE_POINTS) {
			shown.append('…');
		}
		return shown.toString();
	}

}
