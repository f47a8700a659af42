package io.trunkline.copy;

import java.util.function.UnaryOperator;

/**
 * The codec of what a value consists of, such as the elements of an array. Values within
 * another have not met the application's converters yet.
 */
final class PartCodec extends TypeCodec {

	private final TypeCodec codec;

	private final UnaryOperator<Object> conversion;

	PartCodec(TypeCodec codec, UnaryOperator<Object> conversion) {
		this.codec = codec;
		this.conversion = conversion;
	}

	@Override
	boolean isBinary() {
		return this.codec.isBinary();
	}

	@Override
	boolean isValue(Object sequence) {
		return this.codec.isValue(sequence);
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		this.codec.encode(this.conversion.apply(value), out);
	}

	@Override
	void print(Object value, StringBuilder out) {
		this.codec.print(this.conversion.apply(value), out);
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		return this.codec.decode(data, offset, length);
	}

}
