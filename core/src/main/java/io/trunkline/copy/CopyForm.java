package io.trunkline.copy;

import java.util.Arrays;

/**
 * The two formats of COPY that rows of values are written in, and what stands around the
 * fields of each (PostgreSQL documentation, "COPY", "File Formats").
 */
enum CopyForm {

	/** What is fastest, and needs to know the form of each type. */
	BINARY {

		@Override
		void begin(CopyBuffer out) {
			out.writeBytes(SIGNATURE);
			out.writeInt(0);
			out.writeInt(0);
		}

		@Override
		void beginRow(int columns, CopyBuffer out) {
			out.writeShort(columns);
		}

		@Override
		void endRow(CopyBuffer out) {
		}

		@Override
		void end(CopyBuffer out) {
			out.writeShort(END_OF_DATA);
		}

		@Override
		FieldWriter field(RowColumn column, int index, TypeCodec codec, ValueConversions conversions) {
			return new FieldWriter.Binary(column, codec, conversions);
		}

	},

	/** What any type can be written in. */
	TEXT {

		@Override
		void begin(CopyBuffer out) {
		}

		@Override
		void beginRow(int columns, CopyBuffer out) {
		}

		@Override
		void endRow(CopyBuffer out) {
			out.writeByte('\n');
		}

		@Override
		void end(CopyBuffer out) {
		}

		@Override
		FieldWriter field(RowColumn column, int index, TypeCodec codec, ValueConversions conversions) {
			return new FieldWriter.Text(column, codec, conversions, index == 0);
		}

	};

	static final int END_OF_DATA = -1;

	static final int HEADER_LENGTH = 19;

	private static final byte[] SIGNATURE = { 'P', 'G', 'C', 'O', 'P', 'Y', '\n', (byte) 0xFF, '\r', '\n', 0 };

	static boolean isHeader(byte[] data) {
		return Arrays.equals(data, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
	}

	abstract void begin(CopyBuffer out);

	abstract void beginRow(int columns, CopyBuffer out);

	abstract void endRow(CopyBuffer out);

	abstract void end(CopyBuffer out);

	abstract FieldWriter field(RowColumn column, int index, TypeCodec codec, ValueConversions conversions);

}
