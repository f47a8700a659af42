package io.trunkline.copy;

/**
 * How values of one database type are written in COPY's formats and read from the binary
 * one. Instances hold no state of a load.
 * <p>
 * A value that does not fit is refused by a {@link MisfitException}, whose message, like
 * that of every other exception here, must not tell the value.
 */
abstract class TypeCodec {

	/**
	 * Whether the binary form of the type is known. Where it is not, a column is loaded
	 * in text form and read by a cast to {@code text}.
	 */
	boolean isBinary() {
		return true;
	}

	/**
	 * Whether an array or a collection is one value of this type, rather than a dimension
	 * of an array of it.
	 */
	boolean isValue(Object sequence) {
		return false;
	}

	/**
	 * Write a field in binary form: its length, then its bytes.
	 */
	abstract void encode(Object value, CopyBuffer out);

	/**
	 * Write a field in binary form without boxing the value.
	 */
	void encodeLong(long value, CopyBuffer out) {
		encode(value, out);
	}

	/**
	 * Write a field in binary form without boxing the value.
	 */
	void encodeDouble(double value, CopyBuffer out) {
		encode(value, out);
	}

	/**
	 * Append what the type's input function takes, not escaped for anything around it.
	 */
	abstract void print(Object value, StringBuilder out);

	/**
	 * Read a field in binary form.
	 * @return a value of the natural Java type
	 */
	abstract Object decode(byte[] data, int offset, int length);

	/**
	 * Read a field in binary form.
	 * @return a value of the given type, where that is cheaper than converting one of the
	 * natural type, else one of that
	 */
	Object decode(byte[] data, int offset, int length, Class<?> type) {
		return decode(data, offset, length);
	}

	/**
	 * Read a field in binary form without boxing the value.
	 */
	long decodeLong(byte[] data, int offset, int length) {
		return ((Number) decode(data, offset, length)).longValue();
	}

	/**
	 * Read a field in binary form without boxing the value.
	 */
	double decodeDouble(byte[] data, int offset, int length) {
		return ((Number) decode(data, offset, length)).doubleValue();
	}

}
