package io.trunkline.copy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Arrays of any dimension: number of dimensions, whether there are nulls, the oid of the
 * elements, size and lower bound of each dimension, the elements. They are read as nested
 * lists, whatever their lower bounds.
 */
final class ArrayCodec extends TypeCodec {

	private static final int MAX_DIMENSIONS = 6;

	private static final int HEADER_LENGTH = 3 * Integer.BYTES;

	private static final int DIMENSION_LENGTH = 2 * Integer.BYTES;

	private final TypeCodec element;

	private final long elementOid;

	private final char delimiter;

	ArrayCodec(TypeCodec element, long elementOid, char delimiter) {
		this.element = element;
		this.elementOid = elementOid;
		this.delimiter = delimiter;
	}

	@Override
	boolean isBinary() {
		return this.element.isBinary();
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		List<?> values = toList(value);
		List<Integer> sizes = dimensions(values);
		int start = out.beginField();
		out.writeInt(sizes.size());
		int nulls = out.position();
		out.writeInt(0);
		out.writeInt((int) this.elementOid);
		for (int size : sizes) {
			out.writeInt(size);
			out.writeInt(1);
		}
		if (!sizes.isEmpty() && encode(values, sizes, 0, out)) {
			out.setInt(nulls, 1);
		}
		out.endField(start);
	}

	private boolean encode(List<?> values, List<Integer> sizes, int depth, CopyBuffer out) {
		boolean nulls = false;
		for (Object value : values) {
			if (depth + 1 < sizes.size()) {
				nulls |= encode(part(value, sizes.get(depth + 1)), sizes, depth + 1, out);
			}
			else if (value == null) {
				out.nullField();
				nulls = true;
			}
			else {
				this.element.encode(value, out);
			}
		}
		return nulls;
	}

	@Override
	void print(Object value, StringBuilder out) {
		List<?> values = toList(value);
		List<Integer> sizes = dimensions(values);
		if (sizes.isEmpty()) {
			out.append("{}");
		}
		else {
			print(values, sizes, 0, out);
		}
	}

	private void print(List<?> values, List<Integer> sizes, int depth, StringBuilder out) {
		char separator = '{';
		for (Object value : values) {
			out.append(separator);
			separator = this.delimiter;
			if (depth + 1 < sizes.size()) {
				print(part(value, sizes.get(depth + 1)), sizes, depth + 1, out);
			}
			else if (value == null) {
				out.append("NULL");
			}
			else {
				StringBuilder text = new StringBuilder();
				this.element.print(value, text);
				Literal.appendQuoted(text, out);
			}
		}
		out.append('}');
	}

	private List<?> toList(Object value) {
		List<?> values = SequenceView.of(value);
		if (values != null) {
			return values;
		}
		if (value instanceof CharSequence text) {
			return Literal.parseArray(text.toString().strip(), this.delimiter);
		}
		throw MisfitException.ofClass(value, "an array or a Collection");
	}

	/**
	 * Return the sizes of the dimensions, none for an empty array. The first element of
	 * each tells of the next.
	 */
	private List<Integer> dimensions(List<?> values) {
		List<Integer> sizes = new ArrayList<>();
		List<?> current = values;
		while (current != null) {
			if (current.isEmpty()) {
				if (hasElements(values)) {
					throw unequal();
				}
				return List.of();
			}
			sizes.add(current.size());
			Object first = current.get(0);
			current = (first != null && !this.element.isValue(first)) ? SequenceView.of(first) : null;
		}
		if (sizes.size() > MAX_DIMENSIONS) {
			throw new MisfitException("an array has at most " + MAX_DIMENSIONS + " dimensions");
		}
		return sizes;
	}

	private static boolean hasElements(List<?> values) {
		return values.stream().anyMatch((value) -> {
			List<?> part = (value != null) ? SequenceView.of(value) : null;
			return part == null || hasElements(part);
		});
	}

	private static MisfitException unequal() {
		return new MisfitException("the parts of an array of several dimensions must have one size");
	}

	private static List<?> part(@Nullable Object value, int size) {
		List<?> part = (value != null) ? SequenceView.of(value) : null;
		if (part == null || part.size() != size) {
			throw unequal();
		}
		return part;
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		int dimensions = Bytes.getInt(data, offset);
		if (dimensions == 0) {
			return List.of();
		}
		int[] position = { offset + HEADER_LENGTH + dimensions * DIMENSION_LENGTH };
		return decode(data, offset + HEADER_LENGTH, dimensions, position);
	}

	private List<@Nullable Object> decode(byte[] data, int dimension, int remaining, int[] position) {
		@Nullable Object[] values = new Object[Bytes.getInt(data, dimension)];
		for (int i = 0; i < values.length; i++) {
			if (remaining > 1) {
				values[i] = decode(data, dimension + DIMENSION_LENGTH, remaining - 1, position);
				continue;
			}
			int length = Bytes.getInt(data, position[0]);
			position[0] += Integer.BYTES;
			if (length >= 0) {
				values[i] = this.element.decode(data, position[0], length);
				position[0] += length;
			}
		}
		return Collections.unmodifiableList(Arrays.asList(values));
	}

}
