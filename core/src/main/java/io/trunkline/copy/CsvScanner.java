package io.trunkline.copy;

/**
 * Scans CSV. Quotes are followed as by {@code CopyReadLineText} of the server.
 */
final class CsvScanner extends LineScanner {

	/** The first major version that takes {@code \.} for data. */
	static final int NO_END_OF_DATA_LINE = 18;

	private static final int SOMETHING_ELSE = -1;

	private final byte quote;

	private final int escape;

	private final boolean endOfDataLine;

	private boolean quoted;

	private boolean escaped;

	/** How many characters of {@code \.} the record is so far. */
	private int marker;

	CsvScanner(byte quote, byte escape, int serverVersion) {
		this.quote = quote;
		this.escape = (escape != quote) ? escape : SOMETHING_ELSE;
		this.endOfDataLine = serverVersion < NO_END_OF_DATA_LINE;
	}

	@Override
	boolean isInsideRecord(byte b) {
		if (this.quoted && b == this.escape) {
			this.escaped = !this.escaped;
		}
		if (b == this.quote && !this.escaped) {
			this.quoted = !this.quoted;
		}
		if (b != this.escape) {
			this.escaped = false;
		}
		if (this.marker != SOMETHING_ELSE && b != '\n' && b != '\r') {
			boolean next = (this.marker == 0 && b == '\\') || (this.marker == 1 && b == '.');
			this.marker = next ? this.marker + 1 : SOMETHING_ELSE;
		}
		return this.quoted;
	}

	@Override
	void recordOver() {
		checkMarker();
		this.marker = 0;
	}

	@Override
	void end() {
		checkMarker();
	}

	private void checkMarker() {
		if (this.marker == 2 && this.endOfDataLine) {
			throw failure("The server takes a line of only \\. for the end of the data: put it in quotes");
		}
	}

}
