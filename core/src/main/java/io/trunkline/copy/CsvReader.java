package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Reads CSV. Quotes and NULL are taken as by {@code CopyReadLineText} and
 * {@code CopyReadAttributesCSV} of the server.
 */
final class CsvReader extends RecordReader {

	private final byte delimiter;

	private final byte quote;

	private final byte escape;

	private final byte[] nullString;

	private final boolean[] forceNull;

	private final boolean[] forceNotNull;

	private final boolean[] special = new boolean[256];

	private boolean quoted;

	private boolean escaped;

	private boolean quoteSeen;

	/** Whether a quote stands where none opens or closes a field. */
	private boolean strayQuote;

	/** Whether a quote has closed a field with the last byte that was there. */
	private boolean closing;

	CsvReader(CopyFormat format, List<String> columns, Target target) {
		super(target);
		this.delimiter = (byte) format.delimiter();
		this.quote = (byte) format.quote();
		this.escape = (byte) format.escape();
		this.nullString = format.nullString().getBytes(StandardCharsets.UTF_8);
		this.forceNull = flags(format, CopyOption.FORCE_NULL, columns);
		this.forceNotNull = flags(format, CopyOption.FORCE_NOT_NULL, columns);
		for (int b : new int[] { '\n', '\r', 0, this.quote, this.escape }) {
			this.special[b] = true;
		}
	}

	private static boolean[] flags(CopyFormat format, CopyOption option, List<String> columns) {
		boolean[] flags = new boolean[columns.size()];
		List<String> named = format.columns(option);
		for (int i = 0; i < flags.length; i++) {
			flags[i] = named.equals(CopyOptions.ALL_COLUMNS) || named.contains(columns.get(i));
		}
		return flags;
	}

	@Override
	int recordEnd(byte[] bytes, int from, int to) {
		int seen = this.bitsSeen;
		if (this.closing && from < to) {
			closed(bytes[from]);
		}
		for (int i = from; i < to; i++) {
			byte b = bytes[i];
			if (!this.special[b & 0xFF]) {
				seen |= b;
				this.escaped = false;
				continue;
			}
			if (b == '\n' || b == '\r') {
				if (!this.quoted) {
					this.bitsSeen = seen;
					return i;
				}
				if (b == '\n' || i + 1 == to || bytes[i + 1] != '\n') {
					this.linesInside++;
				}
				this.escaped = false;
			}
			else if (b == 0) {
				this.nulSeen = true;
				this.escaped = false;
			}
			else {
				quote(b, bytes, i, to);
			}
		}
		this.bitsSeen = seen;
		return -to - 1;
	}

	private void quote(byte b, byte[] bytes, int i, int to) {
		if (this.quoted && b == this.escape && b != this.quote) {
			this.escaped = !this.escaped;
			return;
		}
		if (b == this.quote && !this.escaped) {
			this.quoted = !this.quoted;
			this.quoteSeen = true;
			if (this.quoted) {
				this.strayQuote |= i > 0 && !isBorder(bytes[i - 1]);
			}
			else if (i + 1 < to) {
				closed(bytes[i + 1]);
			}
			else {
				this.closing = true;
			}
		}
		this.escaped = false;
	}

	private void closed(byte next) {
		this.closing = false;
		this.strayQuote |= !isBorder(next);
	}

	/**
	 * Whether a quote beside a byte may open or close a field, or be one that is doubled.
	 */
	private boolean isBorder(byte b) {
		return b == this.delimiter || b == this.quote || b == '\n' || b == '\r';
	}

	@Override
	@Nullable String parse(byte[] bytes, int from, int to) {
		if (this.quoteSeen) {
			parseQuoted(bytes, from, to);
		}
		else {
			parsePlain(bytes, from, to);
		}
		return null;
	}

	private void parsePlain(byte[] bytes, int from, int to) {
		this.fields.beginIn(bytes);
		int start = from;
		for (int i = from; i < to; i++) {
			if (bytes[i] == this.delimiter) {
				add(bytes, start, i, false);
				start = i + 1;
			}
		}
		add(bytes, start, to, false);
	}

	private void parseQuoted(byte[] bytes, int from, int to) {
		this.fields.beginScratch(to - from);
		int start = 0;
		boolean inQuotes = false;
		boolean wasQuoted = false;
		for (int i = from; i < to; i++) {
			byte b = bytes[i];
			if (inQuotes && b == this.escape && i + 1 < to
					&& (bytes[i + 1] == this.quote || bytes[i + 1] == this.escape)) {
				this.fields.put(bytes[++i]);
			}
			else if (b == this.quote) {
				inQuotes = !inQuotes;
				wasQuoted = true;
			}
			else if (b == this.delimiter && !inQuotes) {
				add(this.fields.scratch, start, this.fields.scratchLength, wasQuoted);
				start = this.fields.scratchLength;
				wasQuoted = false;
			}
			else {
				this.fields.put(b);
			}
		}
		add(this.fields.scratch, start, this.fields.scratchLength, wasQuoted);
	}

	private void add(byte[] bytes, int from, int to, boolean wasQuoted) {
		int column = this.fields.count;
		boolean isNull = false;
		if (to - from == this.nullString.length && Fields.matches(bytes, from, to, this.nullString)) {
			boolean known = column < this.forceNull.length;
			isNull = wasQuoted ? known && this.forceNull[column] : !known || !this.forceNotNull[column];
		}
		this.fields.add(from, to, isNull);
	}

	@Override
	boolean isOpen() {
		return this.quoted;
	}

	/**
	 * The server takes a quote in the middle of a field as well. Over several lines that
	 * is rarely meant: more often the first line lacks a quote, and the next one that
	 * comes, of another record, seems to close it.
	 */
	@Override
	boolean isOutOfStep() {
		return this.linesInside > 0 && this.strayQuote;
	}

	@Override
	void reset() {
		this.quoted = false;
		this.escaped = false;
		this.quoteSeen = false;
		this.strayQuote = false;
		this.closing = false;
	}

}
