package io.trunkline.copy;

import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

/**
 * Reads PostgreSQL's text format. Backslashes are taken as by {@code CopyReadLineText}
 * and {@code CopyReadAttributesText} of the server.
 */
final class TextReader extends RecordReader {

	private static final String MISPLACED_MARKER = BAD_FORMAT + "end-of-copy marker is not alone on its line";

	private final byte delimiter;

	private final byte[] nullString;

	private boolean escapeSeen;

	private boolean markerSeen;

	/** Whether an end-of-data line came, which must be the last one. */
	private boolean dataEnded;

	TextReader(CopyFormat format, Target target) {
		super(target);
		this.delimiter = (byte) format.delimiter();
		this.nullString = format.nullString().getBytes(StandardCharsets.UTF_8);
	}

	@Override
	int recordEnd(byte[] bytes, int from, int to) {
		for (int i = from; i < to; i++) {
			byte b = bytes[i];
			if (b == '\\') {
				if (i + 1 == to) {
					return -i - 1;
				}
				this.escapeSeen = true;
				byte next = bytes[++i];
				if (next == '\r' && i + 1 < to && bytes[i + 1] == '\n') {
					i++;
				}
				this.markerSeen |= next == '.';
				this.linesInside += (next == '\n' || next == '\r') ? 1 : 0;
				this.nulSeen |= next == 0;
				this.bitsSeen |= next;
			}
			else if (b == '\n' || b == '\r') {
				return i;
			}
			else {
				this.bitsSeen |= b;
				this.nulSeen |= b == 0;
			}
		}
		return -to - 1;
	}

	@Override
	@Nullable String parse(byte[] bytes, int from, int to) {
		if (this.dataEnded) {
			return BAD_FORMAT + "data follows the end-of-data line \\., and would be ignored";
		}
		if (this.markerSeen) {
			this.dataEnded = to - from == 2;
			return this.dataEnded ? "" : MISPLACED_MARKER;
		}
		if (!this.escapeSeen) {
			this.fields.beginIn(bytes);
		}
		else {
			this.fields.beginScratch(to - from);
		}
		int start = from;
		for (int i = from; i < to; i++) {
			if (bytes[i] == '\\') {
				i++;
			}
			else if (bytes[i] == this.delimiter) {
				add(bytes, start, i);
				start = i + 1;
			}
		}
		add(bytes, start, to);
		if (this.escapeSeen && hasBadBytes()) {
			return BAD_ENCODING + "invalid byte sequence for encoding \"UTF8\"";
		}
		return null;
	}

	private void add(byte[] bytes, int from, int to) {
		boolean isNull = to - from == this.nullString.length && Fields.matches(bytes, from, to, this.nullString);
		if (!this.escapeSeen || isNull) {
			this.fields.add(from, to, isNull);
			return;
		}
		int start = this.fields.scratchLength;
		for (int i = from; i < to; i++) {
			byte b = bytes[i];
			if (b == '\\' && i + 1 < to) {
				i = unescape(bytes, i + 1, to);
			}
			else {
				this.fields.put(b);
			}
		}
		this.fields.add(start, this.fields.scratchLength, false);
	}

	/**
	 * Write what an escape stands for.
	 * @param at the index behind the backslash
	 * @return the index of the last byte of the escape
	 */
	private int unescape(byte[] bytes, int at, int to) {
		byte b = bytes[at];
		int last = at;
		switch (b) {
			case 'b' -> this.fields.put('\b');
			case 'f' -> this.fields.put('\f');
			case 'n' -> this.fields.put('\n');
			case 'r' -> this.fields.put('\r');
			case 't' -> this.fields.put('\t');
			case 'v' -> this.fields.put(0x0B);
			case '0', '1', '2', '3', '4', '5', '6', '7' -> {
				int value = b - '0';
				while (last + 1 < to && last < at + 2 && bytes[last + 1] >= '0' && bytes[last + 1] <= '7') {
					value = 8 * value + bytes[++last] - '0';
				}
				this.fields.put(value);
			}
			case 'x' -> {
				int value = 0;
				while (last + 1 < to && last < at + 2 && Character.digit(bytes[last + 1], 16) >= 0) {
					value = 16 * value + Character.digit(bytes[++last], 16);
				}
				this.fields.put((last > at) ? value : 'x');
			}
			default -> this.fields.put(b);
		}
		return last;
	}

	private boolean hasBadBytes() {
		for (int i = 0; i < this.fields.scratchLength; i++) {
			if (this.fields.scratch[i] == 0) {
				return true;
			}
		}
		return !Utf8.isValid(this.fields.scratch, 0, this.fields.scratchLength);
	}

	@Override
	void reset() {
		this.escapeSeen = false;
		this.markerSeen = false;
	}

}
