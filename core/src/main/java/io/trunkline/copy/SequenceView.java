package io.trunkline.copy;

import java.lang.reflect.Array;
import java.util.AbstractList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Any array or collection as a list.
 */
final class SequenceView extends AbstractList<@Nullable Object> {

	private final Object array;

	private final int length;

	private SequenceView(Object array) {
		this.array = array;
		this.length = Array.getLength(array);
	}

	/**
	 * Return the value as a list, {@code null} if it is no sequence.
	 */
	static @Nullable List<?> of(Object value) {
		if (value instanceof List<?> list) {
			return list;
		}
		if (value instanceof Collection<?> collection) {
			return Arrays.asList(collection.toArray());
		}
		if (value instanceof Object[] array) {
			return Arrays.asList(array);
		}
		return value.getClass().isArray() ? new SequenceView(value) : null;
	}

	@Override
	public @Nullable Object get(int index) {
		return Array.get(this.array, index);
	}

	@Override
	public int size() {
		return this.length;
	}

}
