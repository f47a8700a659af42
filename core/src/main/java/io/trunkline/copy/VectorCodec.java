package io.trunkline.copy;

import java.util.List;

import io.r2dbc.postgresql.codec.Vector;

/**
 * {@code vector} of pgvector: the number of dimensions, an unused zero, the elements as
 * {@code float4} (pgvector source, {@code src/vector.c}, {@code vector_send}).
 */
final class VectorCodec extends TypeCodec {

	static final VectorCodec INSTANCE = new VectorCodec();

	private static final int HEADER_LENGTH = 2 * Short.BYTES;

	private static final int MAX_DIMENSIONS = 16_000;

	private VectorCodec() {
	}

	@Override
	boolean isValue(Object sequence) {
		List<?> elements = SequenceView.of(sequence);
		return elements != null && (elements.isEmpty() || elements.get(0) instanceof Number);
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		float[] elements = toFloats(value);
		out.writeInt(HEADER_LENGTH + elements.length * Float.BYTES);
		out.writeShort(elements.length);
		out.writeShort(0);
		for (float element : elements) {
			out.writeInt(Float.floatToIntBits(element));
		}
	}

	@Override
	void print(Object value, StringBuilder out) {
		char separator = '[';
		for (float element : toFloats(value)) {
			out.append(separator).append(element);
			separator = ',';
		}
		out.append(']');
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		return Vector.of(decodeElements(data, offset));
	}

	@Override
	Object decode(byte[] data, int offset, int length, Class<?> type) {
		return (type == float[].class) ? decodeElements(data, offset) : decode(data, offset, length);
	}

	private static float[] decodeElements(byte[] data, int offset) {
		float[] elements = new float[Bytes.getShort(data, offset)];
		for (int i = 0; i < elements.length; i++) {
			elements[i] = Bytes.getFloat(data, offset + HEADER_LENGTH + i * Float.BYTES);
		}
		return elements;
	}

	private static float[] toFloats(Object value) {
		float[] elements = elements(value);
		if (elements.length == 0 || elements.length > MAX_DIMENSIONS) {
			throw new MisfitException("a vector has 1 to " + MAX_DIMENSIONS + " dimensions");
		}
		for (float element : elements) {
			if (!Float.isFinite(element)) {
				throw new MisfitException("the elements of a vector must be finite");
			}
		}
		return elements;
	}

	private static float[] elements(Object value) {
		if (value instanceof float[] elements) {
			return elements;
		}
		if (value instanceof Vector vector) {
			return vector.getVector();
		}
		if (value instanceof CharSequence text) {
			String literal = text.toString().strip();
			if (!literal.startsWith("[") || !literal.endsWith("]")) {
				throw MisfitException.ofText("a vector such as [1,2,3]");
			}
			return floats(List.of(literal.substring(1, literal.length() - 1).split(",")));
		}
		List<?> elements = SequenceView.of(value);
		if (elements == null) {
			throw MisfitException.ofClass(value, "a float[] or the driver's Vector");
		}
		return floats(elements);
	}

	private static float[] floats(List<?> values) {
		float[] elements = new float[values.size()];
		for (int i = 0; i < elements.length; i++) {
			Object element = values.get(i);
			if (element == null) {
				throw new MisfitException("the elements of a vector must not be null");
			}
			elements[i] = (float) FloatCodec.toDouble(element);
		}
		return elements;
	}

}
