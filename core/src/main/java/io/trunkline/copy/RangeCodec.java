package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

import org.springframework.data.domain.Range;

/**
 * Ranges: flags, then the bounds there are.
 */
final class RangeCodec extends TypeCodec {

	private static final int EMPTY = 0x01;

	private static final int LOWER_INCLUSIVE = 0x02;

	private static final int UPPER_INCLUSIVE = 0x04;

	private static final int LOWER_INFINITE = 0x08;

	private static final int UPPER_INFINITE = 0x10;

	private final TypeCodec subtype;

	RangeCodec(TypeCodec subtype) {
		this.subtype = subtype;
	}

	@Override
	boolean isBinary() {
		return this.subtype.isBinary();
	}

	@Override
	void encode(Object value, CopyBuffer out) {
		PgRange<?> range = toRange(value);
		int start = out.beginField();
		out.writeByte(flags(range));
		if (range.lower() != null) {
			this.subtype.encode(range.lower(), out);
		}
		if (range.upper() != null) {
			this.subtype.encode(range.upper(), out);
		}
		out.endField(start);
	}

	private static int flags(PgRange<?> range) {
		if (range.isEmpty()) {
			return EMPTY;
		}
		return (range.lowerInclusive() ? LOWER_INCLUSIVE : 0) | (range.upperInclusive() ? UPPER_INCLUSIVE : 0)
				| ((range.lower() == null) ? LOWER_INFINITE : 0) | ((range.upper() == null) ? UPPER_INFINITE : 0);
	}

	@Override
	void print(Object value, StringBuilder out) {
		PgRange<?> range = toRange(value);
		if (range.isEmpty()) {
			out.append("empty");
			return;
		}
		out.append(range.lowerInclusive() ? '[' : '(');
		printBound(range.lower(), out);
		out.append(',');
		printBound(range.upper(), out);
		out.append(range.upperInclusive() ? ']' : ')');
	}

	private void printBound(@Nullable Object bound, StringBuilder out) {
		if (bound != null) {
			StringBuilder text = new StringBuilder();
			this.subtype.print(bound, text);
			Literal.appendQuoted(text, out);
		}
	}

	static PgRange<?> toRange(Object value) {
		if (value instanceof PgRange<?> range) {
			return range;
		}
		if (value instanceof Range<?> range) {
			return PgRange.of(range.getLowerBound().getValue().orElse(null), range.getLowerBound().isInclusive(),
					range.getUpperBound().getValue().orElse(null), range.getUpperBound().isInclusive());
		}
		if (value instanceof CharSequence text) {
			return Literal.parseRange(text.toString().strip());
		}
		throw MisfitException.ofClass(value, "a PgRange or Spring Data's Range");
	}

	@Override
	Object decode(byte[] data, int offset, int length) {
		int flags = data[offset];
		if ((flags & EMPTY) != 0) {
			return PgRange.empty();
		}
		int position = offset + 1;
		Object lower = null;
		if ((flags & LOWER_INFINITE) == 0) {
			int size = Bytes.getInt(data, position);
			lower = this.subtype.decode(data, position + Integer.BYTES, size);
			position += Integer.BYTES + size;
		}
		Object upper = null;
		if ((flags & UPPER_INFINITE) == 0) {
			upper = this.subtype.decode(data, position + Integer.BYTES, Bytes.getInt(data, position));
		}
		return PgRange.of(lower, (flags & LOWER_INCLUSIVE) != 0, upper, (flags & UPPER_INCLUSIVE) != 0);
	}

}
