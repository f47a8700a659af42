package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

/**
 * Writes the values of one column in one of COPY's formats. The implementations are
 * records, as the compiler takes only their fields for constants.
 */
interface FieldWriter {

	RowColumn column();

	void write(@Nullable Object value, CopyBuffer out);

	void writeLong(long value, CopyBuffer out);

	void writeDouble(double value, CopyBuffer out);

	/**
	 * A field of the binary format.
	 *
	 * @param column the column
	 * @param codec writes its values
	 * @param conversions what the application converts before
	 */
	record Binary(RowColumn column, TypeCodec codec, ValueConversions conversions) implements FieldWriter {

		@Override
		public void write(@Nullable Object value, CopyBuffer out) {
			if (value == null) {
				out.nullField();
				return;
			}
			try {
				this.codec.encode(this.conversions.toDatabase(value), out);
			}
			catch (RuntimeException ex) {
				throw FieldException.of(this.column, value, ex);
			}
		}

		@Override
		public void writeLong(long value, CopyBuffer out) {
			try {
				this.codec.encodeLong(value, out);
			}
			catch (RuntimeException ex) {
				throw FieldException.of(this.column, value, ex);
			}
		}

		@Override
		public void writeDouble(double value, CopyBuffer out) {
			try {
				this.codec.encodeDouble(value, out);
			}
			catch (RuntimeException ex) {
				throw FieldException.of(this.column, value, ex);
			}
		}

	}

	/**
	 * A field of the text format.
	 *
	 * @param column the column
	 * @param codec prints its values
	 * @param conversions what the application converts before
	 * @param first whether no field stands before it in the row
	 */
	record Text(RowColumn column, TypeCodec codec, ValueConversions conversions, boolean first) implements FieldWriter {

		@Override
		public void write(@Nullable Object value, CopyBuffer out) {
			if (!this.first) {
				out.writeByte('\t');
			}
			if (value == null) {
				out.writeByte('\\');
				out.writeByte('N');
				return;
			}
			try {
				StringBuilder text = out.scratch();
				this.codec.print(this.conversions.toDatabase(value), text);
				out.writeEscaped(text);
			}
			catch (RuntimeException ex) {
				throw FieldException.of(this.column, value, ex);
			}
		}

		@Override
		public void writeLong(long value, CopyBuffer out) {
			write(value, out);
		}

		@Override
		public void writeDouble(double value, CopyBuffer out) {
			write(value, out);
		}

	}

}
