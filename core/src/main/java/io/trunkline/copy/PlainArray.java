package io.trunkline.copy;

import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;
import org.jspecify.annotations.Nullable;

/**
 * The text of an array of one dimension, without bounds of its own, escapes and NULL:
 * what the last one is depends on the session.
 */
final class PlainArray {

	/** Nobody waits for the server to judge one as long. */
	private static final int MAX_LENGTH = 1 << 20;

	private static final int NONE = -1;

	private PlainArray() {
	}

	/**
	 * Return the type of the elements, {@code null} where the type is no array like
	 * others.
	 */
	static @Nullable TypeInfo element(TypeInfo type) {
		TypeInfo element = type.element();
		boolean regular = type.kind() == Kind.ARRAY && !type.name().equals("int2vector")
				&& !type.name().equals("oidvector");
		return (regular && element != null && element.delimiter() == ',') ? element : null;
	}

	static ValueCheck check(ValueCheck element) {
		if (element == ValueCheck.NEVER) {
			return ValueCheck.NEVER;
		}
		return (bytes, from, to) -> isPlain(bytes, from, to, element);
	}

	private static boolean isPlain(byte[] bytes, int from, int to, ValueCheck element) {
		int last = to - 1;
		if (to - from < 2 || to - from > MAX_LENGTH || bytes[from] != '{' || bytes[last] != '}') {
			return false;
		}
		if (to - from == 2) {
			return true;
		}
		int end = from;
		while (end < last) {
			int start = start(bytes, end + 1, last);
			end = end(bytes, start, last);
			if (end == NONE || (end < last && bytes[end] != ',')) {
				return false;
			}
			int quote = quote(bytes, start);
			if (!element.accepts(bytes, start + quote, end - quote)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Return what writes arrays that were found to be plain.
	 */
	static StagedValue value(StagedValue element, long elementOid) {
		return (bytes, from, to, out) -> write(bytes, from, to - 1, element, (int) elementOid, out);
	}

	private static boolean write(byte[] bytes, int from, int last, StagedValue element, int elementOid,
			CopyBuffer out) {
		boolean empty = last == from + 1;
		int field = out.beginField();
		out.writeInt(empty ? 0 : 1);
		out.writeInt(0);
		out.writeInt(elementOid);
		int size = out.position();
		if (!empty) {
			out.writeInt(0);
			out.writeInt(1);
			int count = 0;
			for (int end = from; end < last; count++) {
				int start = start(bytes, end + 1, last);
				end = end(bytes, start, last);
				int quote = quote(bytes, start);
				if (!element.write(bytes, start + quote, end - quote, out)) {
					return false;
				}
			}
			out.setInt(size, count);
		}
		out.endField(field);
		return true;
	}

	private static int quote(byte[] bytes, int start) {
		return (bytes[start] == '"') ? 1 : 0;
	}

	/**
	 * Return where an element begins: the server ignores the space before it.
	 */
	private static int start(byte[] bytes, int from, int last) {
		int start = from;
		while (start < last && bytes[start] == ' ') {
			start++;
		}
		return start;
	}

	/**
	 * Return where an element ends, its quotes included, or {@link #NONE} where it is not
	 * certain how the server reads it.
	 */
	private static int end(byte[] bytes, int start, int last) {
		if (bytes[start] == '"') {
			for (int i = start + 1; i < last; i++) {
				if (bytes[i] == '\\') {
					return NONE;
				}
				if (bytes[i] == '"') {
					return i + 1;
				}
			}
			return NONE;
		}
		int end = start;
		while (end < last && bytes[end] != ',') {
			byte b = bytes[end];
			if (b == '"' || b == '\\' || b == '{' || b == '}' || (b >= 0 && b < ' ')) {
				return NONE;
			}
			end++;
		}
		boolean unclear = end == start || bytes[end - 1] == ' ' || isNull(bytes, start, end);
		return unclear ? NONE : end;
	}

	private static boolean isNull(byte[] bytes, int from, int to) {
		return to - from == 4 && (bytes[from] | 0x20) == 'n' && (bytes[from + 1] | 0x20) == 'u'
				&& (bytes[from + 2] | 0x20) == 'l' && (bytes[from + 3] | 0x20) == 'l';
	}

}
