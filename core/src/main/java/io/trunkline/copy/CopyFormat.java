package io.trunkline.copy;

import java.nio.charset.Charset;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

import io.trunkline.copy.CopyOption.Direction;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * The format that data travels in, with the server's own options for it. Immutable: every
 * method returns a new format.
 * <p>
 * What the server's version does not know, and what does not apply to a direction, is
 * refused with an {@link InvalidDataAccessApiUsageException} before the copy begins.
 * Characters and strings that are not set are PostgreSQL's defaults.
 *
 * @since 0.1.0
 * @see <a href="https://www.postgresql.org/docs/current/sql-copy.html">COPY</a>
 */
public final class CopyFormat {

	/**
	 * Encodings of which a character can hold the byte of an ASCII character.
	 */
	private static final Set<String> EMBEDDING_ASCII = Set.of("sjis", "shiftjis", "mskanji", "win932", "windows932",
			"shiftjis2004", "big5", "win950", "windows950", "gbk", "win936", "windows936", "uhc", "win949",
			"windows949", "gb18030", "johab");

	private final CopyOptions options;

	private CopyFormat(Kind kind) {
		this(new CopyOptions(kind, Map.of()));
	}

	private CopyFormat(CopyOptions options) {
		this.options = options;
	}

	/**
	 * Return CSV without a header line. An unquoted empty field is NULL.
	 */
	public static CopyFormat csv() {
		return new CopyFormat(Kind.CSV);
	}

	/**
	 * Return PostgreSQL's own text format: tabs between fields, {@code \N} for NULL,
	 * backslash escapes.
	 */
	public static CopyFormat text() {
		return new CopyFormat(Kind.TEXT);
	}

	/**
	 * Return PostgreSQL's binary format. The columns on both sides must have the same
	 * types.
	 */
	public static CopyFormat binary() {
		return new CopyFormat(Kind.BINARY);
	}

	/**
	 * Return JSON lines: one JSON value a line, in UTF-8. Out, each row is an object
	 * whose keys are the names of the columns. In, each line goes as it is to the one
	 * {@code json} or {@code jsonb} column; into other columns, each line is an object
	 * that is taken apart by its keys. Lines of nothing but a line end are skipped.
	 */
	public static CopyFormat jsonLines() {
		return new CopyFormat(Kind.JSON_LINES);
	}

	/**
	 * Write a header line with the names of the columns, or skip the first line of a
	 * source, whatever it holds. CSV, and text from PostgreSQL 15 on.
	 * @see CopyInSpec#columnsFromHeader()
	 */
	public CopyFormat header() {
		return with(CopyOption.HEADER, CopyOptions.Header.TRUE, Kind.CSV, Kind.TEXT);
	}

	/**
	 * Let the server compare the first line of a source with the names of the columns, in
	 * their order, and refuse the load where they differ. PostgreSQL 15 and later.
	 */
	public CopyFormat headerMatch() {
		return with(CopyOption.HEADER, CopyOptions.Header.MATCH, Kind.CSV, Kind.TEXT);
	}

	/**
	 * Set what divides the fields of a line: a comma in CSV, a tab in text by default.
	 * @param delimiter one ASCII character, no line end
	 */
	public CopyFormat delimiter(char delimiter) {
		return withCharacter(CopyOption.DELIMITER, delimiter, Kind.CSV, Kind.TEXT);
	}

	/**
	 * Set the character around a field of CSV, the double quote by default.
	 * @param quote one ASCII character, no line end
	 */
	public CopyFormat quote(char quote) {
		return withCharacter(CopyOption.QUOTE, quote, Kind.CSV);
	}

	/**
	 * Set the character before a quote inside a quoted field of CSV, by default the quote
	 * itself.
	 * @param escape one ASCII character, no line end
	 */
	public CopyFormat escape(char escape) {
		return withCharacter(CopyOption.ESCAPE, escape, Kind.CSV);
	}

	/**
	 * Set what stands for NULL: an unquoted empty string in CSV, {@code \N} in text by
	 * default.
	 * @param nullString the string, without line ends
	 */
	public CopyFormat nullString(String nullString) {
		return with(CopyOption.NULL, oneLine(nullString, "nullString"), Kind.CSV, Kind.TEXT);
	}

	/**
	 * Set what stands for the column's default in a source. PostgreSQL 16 and later.
	 * @param defaultString the string, without line ends
	 */
	public CopyFormat defaultString(String defaultString) {
		return with(CopyOption.DEFAULT, oneLine(defaultString, "defaultString"), Kind.CSV, Kind.TEXT);
	}

	/**
	 * Quote all values of some columns on the way out, except NULL.
	 * @param columns the names; none for all columns
	 */
	public CopyFormat forceQuote(String... columns) {
		return withColumns(CopyOption.FORCE_QUOTE, columns);
	}

	/**
	 * Read no value of some columns as NULL: what looks so is an empty string, or
	 * whatever {@link #nullString(String)} is.
	 * @param columns the names; none for all columns, from PostgreSQL 17 on
	 */
	public CopyFormat forceNotNull(String... columns) {
		return withColumns(CopyOption.FORCE_NOT_NULL, columns);
	}

	/**
	 * Read values of some columns as NULL also where they are quoted.
	 * @param columns the names; none for all columns, from PostgreSQL 17 on
	 */
	public CopyFormat forceNull(String... columns) {
		return withColumns(CopyOption.FORCE_NULL, columns);
	}

	/**
	 * Set the encoding of the data, by default UTF-8. The server converts it; a source in
	 * UTF-16, which the server does not know, is converted on the way there, and is known
	 * by its byte order mark where no encoding is set. A load by way of a staging table
	 * converts all of them on the way, and refuses those of which Java makes other
	 * characters than the server.
	 * @param encoding a name that PostgreSQL knows, such as {@code LATIN1}, or
	 * {@code UTF-16}, {@code UTF-16LE} or {@code UTF-16BE}
	 */
	public CopyFormat encoding(String encoding) {
		Assert.hasText(encoding, "'encoding' must not be empty");
		if (isUtf16(encoding) && SourceEncodings.charset(encoding) == null) {
			throw new InvalidDataAccessApiUsageException(
					"'encoding' [" + encoding + "] is unknown: use UTF-16, UTF-16LE or UTF-16BE");
		}
		if (isUtf16(encoding) && kind() == Kind.BINARY) {
			throw new InvalidDataAccessApiUsageException("'encoding' [" + encoding
					+ "] is none of the server, which has to read the text in binary data: use one that it knows");
		}
		return with(CopyOption.ENCODING, oneLine(encoding, "encoding"), Kind.CSV, Kind.TEXT, Kind.BINARY);
	}

	/**
	 * Store rows already frozen, as after a {@code VACUUM FREEZE}. Only for a table that
	 * the surrounding transaction has created or truncated, and with no savepoint since:
	 * the load sets none then, so that its failure fails the transaction.
	 */
	public CopyFormat freeze() {
		return with(CopyOption.FREEZE, true, Kind.values());
	}

	/**
	 * Let the server skip rows with a value that it cannot convert to the column's type.
	 * It does not say which; other errors still end the load. PostgreSQL 17 and later,
	 * not for binary.
	 */
	public CopyFormat onErrorIgnore() {
		return with(CopyOption.ON_ERROR, true, Kind.CSV, Kind.TEXT, Kind.JSON_LINES);
	}

	/**
	 * Skip rows as by {@link #onErrorIgnore()}, up to a number of them. PostgreSQL 18 and
	 * later.
	 * @param limit the largest number of rows to skip
	 */
	public CopyFormat rejectLimit(long limit) {
		Assert.isTrue(limit > 0, () -> "'limit' must be positive, and is " + limit);
		return onErrorIgnore().with(CopyOption.REJECT_LIMIT, limit, Kind.CSV, Kind.TEXT, Kind.JSON_LINES);
	}

	/**
	 * Set what the server reports of rows that it skips. PostgreSQL 17 and later.
	 * @param verbosity how much; {@link LogVerbosity#SILENT} from PostgreSQL 18 on
	 */
	public CopyFormat logVerbosity(LogVerbosity verbosity) {
		Assert.notNull(verbosity, "'verbosity' must not be null");
		return with(CopyOption.LOG_VERBOSITY, verbosity, Kind.CSV, Kind.TEXT, Kind.JSON_LINES);
	}

	private CopyFormat withCharacter(CopyOption option, char value, Kind... kinds) {
		if (value == 0 || value > 127 || value == '\n' || value == '\r') {
			throw new InvalidDataAccessApiUsageException(
					"'%s' must be one ASCII character and no line end, and is U+%04X".formatted(option.method(),
							(int) value));
		}
		return with(option, String.valueOf(value), kinds);
	}

	private CopyFormat withColumns(CopyOption option, String... columns) {
		Assert.notNull(columns, "'columns' must not be null");
		return with(option, (columns.length > 0) ? List.of(columns) : CopyOptions.ALL_COLUMNS, Kind.CSV);
	}

	private CopyFormat with(CopyOption option, Object value, Kind... kinds) {
		if (!Arrays.asList(kinds).contains(kind())) {
			throw new InvalidDataAccessApiUsageException("'" + option.method() + "' is no option of the format " + this
					+ ", but of " + Arrays.stream(kinds).map(Kind::toString).collect(Collectors.joining(", ")));
		}
		return new CopyFormat(this.options.with(option, value)).checked();
	}

	private CopyFormat checked() {
		if (kind() == Kind.CSV && quote() == delimiter()) {
			throw new InvalidDataAccessApiUsageException(
					"'delimiter' and 'quote' must differ, and are both [" + quote() + "]");
		}
		String nullString = this.options.text(CopyOption.NULL);
		if (nullString != null && nullString.indexOf(delimiter()) >= 0) {
			throw new InvalidDataAccessApiUsageException("'nullString' must not contain the delimiter");
		}
		return this;
	}

	private static String oneLine(String value, String parameter) {
		Assert.notNull(value, () -> "'" + parameter + "' must not be null");
		if (value.chars().anyMatch((c) -> c == '\n' || c == '\r' || c == 0)) {
			throw new InvalidDataAccessApiUsageException(
					"'" + parameter + "' must contain no line end and no NUL character");
		}
		return value;
	}

	Kind kind() {
		return this.options.kind();
	}

	boolean has(CopyOption option) {
		return this.options.values().containsKey(option);
	}

	/**
	 * Return the columns that an option names.
	 */
	List<String> columns(CopyOption option) {
		return (this.options.values().get(option) instanceof List<?> columns)
				? columns.stream().map(String::valueOf).toList() : List.of();
	}

	boolean hasHeader() {
		return has(CopyOption.HEADER);
	}

	boolean isHeaderMatched() {
		return this.options.isHeaderMatched();
	}

	char delimiter() {
		return character(CopyOption.DELIMITER, (kind() == Kind.CSV) ? ',' : '\t');
	}

	char quote() {
		return character(CopyOption.QUOTE, '"');
	}

	char escape() {
		return character(CopyOption.ESCAPE, quote());
	}

	String nullString() {
		String value = this.options.text(CopyOption.NULL);
		return (value != null) ? value : (kind() == Kind.CSV) ? "" : "\\N";
	}

	private char character(CopyOption option, char defaultValue) {
		String value = this.options.text(option);
		return (value != null) ? value.charAt(0) : defaultValue;
	}

	/**
	 * Return the encoding as it was set.
	 */
	@Nullable String encoding() {
		return this.options.text(CopyOption.ENCODING);
	}

	/**
	 * Return the charset of a source that the server cannot read.
	 */
	@Nullable Charset utf16() {
		String encoding = encoding();
		return (encoding != null && isUtf16(encoding)) ? SourceEncodings.required(encoding) : null;
	}

	private static boolean isUtf16(String encoding) {
		return SourceEncodings.cleaned(encoding).startsWith("utf16");
	}

	/**
	 * Return whether a byte that looks like an ASCII character may be part of another.
	 */
	boolean isEmbeddingAscii() {
		String encoding = encoding();
		return encoding != null && EMBEDDING_ASCII.contains(SourceEncodings.cleaned(encoding));
	}

	/**
	 * Return this format for data that begins behind the header line.
	 */
	CopyFormat withoutHeader() {
		return without(CopyOption.HEADER);
	}

	/**
	 * Return this format for a header line that has been converted to UTF-8, in which
	 * nothing is NULL.
	 */
	CopyFormat ofHeaderLine() {
		return withoutHeader().without(CopyOption.NULL).without(CopyOption.ENCODING);
	}

	/**
	 * Return this format for data that has been converted to UTF-8.
	 */
	CopyFormat inUtf8() {
		return new CopyFormat(this.options.with(CopyOption.ENCODING, "UTF8"));
	}

	/**
	 * Return this format with only those options that apply to a direction.
	 */
	CopyFormat only(Direction direction) {
		CopyFormat format = this;
		for (CopyOption option : this.options.values().keySet()) {
			if (!option.isFor(direction)) {
				format = format.without(option);
			}
		}
		return (isHeaderMatched() && direction == Direction.OUT) ? format.header() : format;
	}

	private CopyFormat without(CopyOption option) {
		return new CopyFormat(this.options.without(option));
	}

	/**
	 * Return the first major version of the server that knows all of this format.
	 */
	int minimumVersion(Direction direction) {
		return this.options.minimumVersion(direction);
	}

	/**
	 * Refuse what the server does not know.
	 * @param version its major version
	 */
	void checkVersion(int version) {
		this.options.checkVersion(version);
	}

	/**
	 * Return the parenthesized options of a COPY statement.
	 */
	String toSql() {
		return this.options.toSql();
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof CopyFormat format && this.options.equals(format.options);
	}

	@Override
	public int hashCode() {
		return this.options.hashCode();
	}

	/**
	 * Return the name of the format: {@code csv}, {@code text}, {@code binary} or
	 * {@code jsonlines}.
	 */
	@Override
	public String toString() {
		return kind().toString();
	}

	/**
	 * What the server reports of rows that it skips.
	 */
	public enum LogVerbosity {

		/** Nothing. */
		SILENT,

		/** Their number. */
		DEFAULT,

		/** A notice for each. */
		VERBOSE

	}

	enum Kind {

		CSV("csv"), TEXT("text"), BINARY("binary"), JSON_LINES("csv");

		private final String sqlName;

		Kind(String sqlName) {
			this.sqlName = sqlName;
		}

		String sqlName() {
			return this.sqlName;
		}

		@Override
		public String toString() {
			return name().toLowerCase(Locale.ROOT).replace("_", "");
		}

	}

}
