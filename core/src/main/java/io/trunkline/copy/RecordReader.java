package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

import io.trunkline.copy.CopyFormat.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Cuts a source in UTF-8 into records and those into fields, as the server would, but
 * goes on behind a record that is malformed.
 */
abstract class RecordReader {

	static final String BAD_FORMAT = "22P04";

	static final String BAD_ENCODING = "22021";

	/**
	 * A record larger than this is taken for one whose closing quote is missing.
	 */
	static final int LARGEST_RECORD = 8 * 1024 * 1024;

	private static final int SQL_STATE_LENGTH = 5;

	private static final int INITIAL_CAPACITY = 128 * 1024;

	private static final int UNKNOWN = 0;

	private static final int NEWLINE = 1;

	private static final int BOTH = 2;

	private static final int RETURN = 3;

	final Fields fields = new Fields();

	final Target target;

	private byte[] buffer = new byte[INITIAL_CAPACITY];

	private int length;

	/** Where the record begins, and how far it was looked at. */
	private int start;

	private int position;

	private long line = 1;

	private int lineEnd = UNKNOWN;

	private boolean header;

	private List<String> headerNames = List.of();

	/** What the source was in before it was converted. */
	private String encoding = "UTF8";

	/** What is known of the record so far. */
	int linesInside;

	int bitsSeen;

	boolean nulSeen;

	RecordReader(Target target) {
		this.target = target;
	}

	/**
	 * Skip the first record.
	 * @param names what it has to be, empty for anything
	 */
	RecordReader withHeader(List<String> names) {
		this.header = true;
		this.headerNames = names;
		return this;
	}

	static RecordReader of(CopyFormat format, List<StagedColumn> columns, Target target) {
		RecordReader reader = switch (format.kind()) {
			case CSV -> new CsvReader(format, columns.stream().map(StagedColumn::name).toList(), target);
			case TEXT -> new TextReader(format, target);
			case JSON_LINES -> new JsonLinesReader(columns, target);
			case BINARY -> throw new IllegalArgumentException(Kind.BINARY.toString());
		};
		reader.encoding = Objects.requireNonNullElse(format.encoding(), reader.encoding);
		return !format.hasHeader() ? reader : reader
			.withHeader(format.isHeaderMatched() ? columns.stream().map(StagedColumn::name).toList() : List.of());
	}

	final void read(Chunk chunk) {
		int kept = this.length - this.start;
		if (this.start > 0) {
			System.arraycopy(this.buffer, this.start, this.buffer, 0, kept);
			this.position -= this.start;
			this.start = 0;
		}
		if (this.buffer.length < kept + chunk.length()) {
			this.buffer = Arrays.copyOf(this.buffer, Math.max(2 * this.buffer.length, kept + chunk.length()));
		}
		System.arraycopy(chunk.array(), chunk.offset(), this.buffer, kept, chunk.length());
		this.length = kept + chunk.length();
		scan(false);
		while (this.length - this.start > LARGEST_RECORD) {
			rejectFirstLine("no end of a record in " + LARGEST_RECORD + " bytes");
			scan(false);
		}
	}

	final void end() {
		scan(true);
		while (this.start < this.length) {
			if (isOpen()) {
				rejectFirstLine("unterminated CSV quoted field");
			}
			else {
				record(this.length, this.lineEnd, this.length);
			}
			scan(true);
		}
		ended();
	}

	private void scan(boolean last) {
		while (this.position < this.length) {
			int end = recordEnd(this.buffer, this.position, this.length);
			if (end < 0) {
				this.position = -end - 1;
				return;
			}
			this.position = end;
			boolean returned = this.buffer[end] == '\r';
			if (returned && end + 1 == this.length && !last) {
				return;
			}
			boolean both = returned && end + 1 < this.length && this.buffer[end + 1] == '\n';
			record(end, both ? BOTH : returned ? RETURN : NEWLINE, both ? end + 2 : end + 1);
		}
	}

	private void record(int end, int lineEnd, int next) {
		String problem;
		boolean mixed = this.lineEnd != UNKNOWN && lineEnd != this.lineEnd;
		if (this.header) {
			this.header = false;
			parse(this.buffer, this.start, end);
			checkHeader();
			problem = "";
		}
		else if (isOutOfStep()) {
			rejectFirstLine("unterminated CSV quoted field");
			return;
		}
		else {
			problem = this.target.skips(this.line) ? "" : problem(end, lineEnd, mixed);
		}
		if (problem == null) {
			this.target.record(this.fields, this.buffer, this.start, end, this.line);
		}
		else if (!problem.isEmpty()) {
			malformed(end, problem.substring(0, SQL_STATE_LENGTH), problem.substring(SQL_STATE_LENGTH));
		}
		if (!mixed && lineEnd != UNKNOWN) {
			this.lineEnd = lineEnd;
		}
		next(next, this.linesInside + 1);
	}

	/**
	 * Cut a record into fields.
	 * @return as {@link #parse}
	 */
	private @Nullable String problem(int end, int lineEnd, boolean mixed) {
		if (mixed) {
			return BAD_FORMAT + ((lineEnd == NEWLINE) ? "newline" : "carriage return")
					+ " found where lines end otherwise: write it in quotes";
		}
		if (this.nulSeen) {
			return invalidBytes() + ": 0x00";
		}
		if (this.bitsSeen < 0 && !Utf8.isValid(this.buffer, this.start, end)) {
			return invalidBytes();
		}
		return parse(this.buffer, this.start, end);
	}

	private String invalidBytes() {
		return BAD_ENCODING + "invalid byte sequence for encoding \"" + this.encoding + '"';
	}

	final void malformed(int end, String sqlState, String reason) {
		this.target.malformed(this.buffer, this.start, end, this.line, sqlState, reason);
	}

	/**
	 * Reject the first line of a record that has several, as its quote was not closed
	 * there, and go on behind it.
	 */
	private void rejectFirstLine(String reason) {
		int end = this.start;
		while (end < this.length && this.buffer[end] != '\n' && this.buffer[end] != '\r') {
			end++;
		}
		malformed(end, BAD_FORMAT, reason);
		int next = Math.min(this.length, end + 1);
		if (next < this.length && this.buffer[end] == '\r' && this.buffer[next] == '\n') {
			next++;
		}
		next(next, 1);
	}

	private void next(int next, int lines) {
		this.start = next;
		this.position = next;
		this.line += lines;
		this.linesInside = 0;
		this.bitsSeen = 0;
		this.nulSeen = false;
		reset();
	}

	private void checkHeader() {
		if (this.headerNames.isEmpty()) {
			return;
		}
		boolean same = this.fields.count == this.headerNames.size();
		for (int i = 0; same && i < this.fields.count; i++) {
			same = !this.fields.isNull(i) && this.headerNames.get(i)
				.equals(new String(this.fields.bytes, this.fields.from[i], this.fields.to[i] - this.fields.from[i],
						StandardCharsets.UTF_8));
		}
		if (!same) {
			throw new CopyDataException("The header line does not name the columns " + this.headerNames,
					new CopyLocation(1, null), null);
		}
	}

	/**
	 * Find the end of a record.
	 * @return the index of the line end behind it; where there is none yet, the index to
	 * go on at, as {@code -index - 1}
	 */
	abstract int recordEnd(byte[] bytes, int from, int to);

	/**
	 * Cut a record into {@link #fields}.
	 * @return {@code null}, or the SQLSTATE and what is wrong, or an empty text for a
	 * record to leave out
	 */
	abstract @Nullable String parse(byte[] bytes, int from, int to);

	/**
	 * Forget what is known of the record.
	 */
	abstract void reset();

	/**
	 * Whether the record ends in quotes.
	 */
	boolean isOpen() {
		return false;
	}

	/**
	 * Whether the record shows that a quote was not closed in its first line.
	 */
	boolean isOutOfStep() {
		return false;
	}

	/**
	 * Take note of the end of the source.
	 */
	void ended() {
	}

	/**
	 * Takes what was read. Arrays are valid during the call only.
	 */
	interface Target {

		/**
		 * Whether a record need not be cut into fields and handed on.
		 * @param line its first line, from 1
		 */
		default boolean skips(long line) {
			return false;
		}

		/**
		 * Take a record.
		 * @param fields its fields
		 * @param bytes holds it as it is in the source
		 * @param from where it begins
		 * @param to where it ends
		 * @param line its first line, from 1
		 */
		void record(Fields fields, byte[] bytes, int from, int to, long line);

		/**
		 * Take note of the columns that no record had, where records name theirs.
		 */
		default void absent(List<String> columns) {
		}

		/**
		 * Take a record that cannot be cut into fields.
		 */
		void malformed(byte[] bytes, int from, int to, long line, String sqlState, String reason);

	}

}
