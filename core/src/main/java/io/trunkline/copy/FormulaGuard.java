package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

import io.netty.buffer.ByteBuf;
import io.trunkline.copy.CopyFormat.Kind;
import io.trunkline.copy.RowPacker.Output;
import io.trunkline.copy.RowPacker.RowForm;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * Writes rows of CSV with an apostrophe before what a spreadsheet would run as a formula.
 */
final class FormulaGuard implements RowForm {

	private static final Pattern NUMBER = Pattern
		.compile("[+-](?:(?:\\d+\\.?\\d*|\\.\\d+)(?:[eE][+-]?\\d+)?|Infinity)");

	/** No number is longer in what is looked at; a longer one gets its apostrophe. */
	private static final int LONGEST_NUMBER = 400;

	private final byte delimiter;

	private final byte quote;

	private final byte escape;

	private final String nullString;

	FormulaGuard(CopyFormat format) {
		this.delimiter = (byte) format.delimiter();
		this.quote = (byte) format.quote();
		this.escape = (byte) format.escape();
		this.nullString = format.nullString();
	}

	/**
	 * Refuse formats in which fields cannot be told apart byte by byte, or an apostrophe
	 * means something else.
	 */
	static void check(CopyFormat format) {
		if (format.kind() != Kind.CSV || format.isEmbeddingAscii()) {
			throw new InvalidDataAccessApiUsageException("'defuseFormulas' needs the format csv in UTF-8"
					+ " or another encoding whose characters hold no ASCII bytes");
		}
		if (format.quote() == '\'' || format.escape() == '\'' || format.delimiter() == '\'') {
			throw new InvalidDataAccessApiUsageException(
					"'defuseFormulas' writes apostrophes, which must not be 'quote', 'escape' or 'delimiter' as well");
		}
	}

	@Override
	public void write(ByteBuf row, Output output) {
		boolean fieldBegins = true;
		while (row.isReadable()) {
			if (fieldBegins) {
				writeField(row, output);
				fieldBegins = false;
			}
			else {
				output.write(row.readByte());
				fieldBegins = true;
			}
		}
	}

	/**
	 * Write a field up to its delimiter or the line's end.
	 */
	private void writeField(ByteBuf row, Output output) {
		int start = row.readerIndex();
		int end = fieldEnd(row, start);
		if (end == start) {
			return;
		}
		boolean quoted = row.getByte(start) == this.quote;
		int valueStart = quoted ? start + 1 : start;
		if (isFormula(row, valueStart, quoted ? end - 1 : end, quoted)) {
			output.write(row.readSlice(valueStart - start));
			output.write((byte) '\'');
		}
		output.write(row.readSlice(end - row.readerIndex()));
	}

	private int fieldEnd(ByteBuf row, int start) {
		boolean quoted = false;
		for (int i = start; i < row.writerIndex(); i++) {
			byte b = row.getByte(i);
			if (quoted && b == this.escape && this.escape != this.quote) {
				i++;
			}
			else if (b == this.quote) {
				quoted = !quoted;
			}
			else if (!quoted && (b == this.delimiter || b == '\n' || b == '\r')) {
				return i;
			}
		}
		return row.writerIndex();
	}

	private boolean isFormula(ByteBuf row, int start, int end, boolean quoted) {
		if (start >= end) {
			return false;
		}
		return switch (row.getByte(start)) {
			case '=', '@', '\t', '\r', '\n' -> !isNull(row, start, end, quoted);
			case '+', '-' -> !isNumber(row, start, end) && !isNull(row, start, end, quoted);
			default -> false;
		};
	}

	private static boolean isNumber(ByteBuf row, int start, int end) {
		return end - start <= LONGEST_NUMBER
				&& NUMBER.matcher(row.toString(start, end - start, StandardCharsets.ISO_8859_1)).matches();
	}

	private boolean isNull(ByteBuf row, int start, int end, boolean quoted) {
		return !quoted && this.nullString.equals(row.toString(start, end - start, StandardCharsets.UTF_8));
	}

}
