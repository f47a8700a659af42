package io.trunkline.copy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Multiranges: their number, then the ranges. They are read as a list.
 */
final class MultirangeCodec extends TypeCodec {

	private final RangeCodec range;

	MultirangeCodec(RangeCodec range) {
		this.range = range;
	}

	@Override
	boolean isBinary() {
		return this.range.isBinary();
	}

	@Override
	boolean isValue(Object sequence) {
		List<?> ranges = SequenceView.of(sequence);
		return ranges != null && (ranges.isEmpty() || ranges.get(0) == null || SequenceView.of(ranges.get(0)) == null);
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		List<?> ranges = toRanges(value);
		int start = out.beginField();
		out.writeInt(ranges.size());
		for (Object range : ranges) {
			this.range.encode(required(range), out);
		}
		out.endField(start);
	}

	@Override
	void print(Object value, StringBuilder out) {
		out.append('{');
		String separator = "";
		for (Object range : toRanges(value)) {
			out.append(separator);
			separator = ",";
			this.range.print(required(range), out);
		}
		out.append('}');
	}

	private static Object required(@Nullable Object range) {
		if (range == null) {
			throw new MisfitException("a multirange has no null in it");
		}
		return range;
	}

	private static List<?> toRanges(Object value) {
		List<?> ranges = SequenceView.of(value);
		if (ranges != null) {
			return ranges;
		}
		if (value instanceof CharSequence text) {
			return Literal.parseMultirange(text.toString().strip());
		}
		return Collections.singletonList(RangeCodec.toRange(value));
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		int count = Bytes.getInt(data, offset);
		List<Object> ranges = new ArrayList<>(count);
		int position = offset + Integer.BYTES;
		for (int i = 0; i < count; i++) {
			int size = Bytes.getInt(data, position);
			ranges.add(this.range.decode(data, position + Integer.BYTES, size));
			position += Integer.BYTES + size;
		}
		return Collections.unmodifiableList(ranges);
	}

}
