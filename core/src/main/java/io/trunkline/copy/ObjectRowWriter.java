package io.trunkline.copy;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes records and beans. All accessors and fields are joined into few method handles,
 * each of which is compiled as a whole: nothing is boxed and nothing is dispatched for a
 * row.
 *
 * @param <T> the type of the objects
 */
final class ObjectRowWriter<T> implements RowWriter<T> {

	/** So many that the nesting of their calls is compiled and not cut off. */
	private static final int COLUMNS_PER_HANDLE = 12;

	private static final MethodHandles.Lookup lookup = MethodHandles.lookup();

	private final MethodHandle[] handles;

	/**
	 * Create a writer.
	 * @param accessors from a row to the value of each column
	 * @param fields writes each column
	 */
	ObjectRowWriter(List<MethodHandle> accessors, List<FieldWriter> fields) {
		List<MethodHandle> joined = new ArrayList<>();
		for (int start = 0; start < fields.size(); start += COLUMNS_PER_HANDLE) {
			int last = Math.min(fields.size(), start + COLUMNS_PER_HANDLE) - 1;
			MethodHandle handle = columnHandle(accessors.get(last), fields.get(last));
			for (int i = last - 1; i >= start; i--) {
				handle = MethodHandles.foldArguments(handle, columnHandle(accessors.get(i), fields.get(i)));
			}
			joined.add(handle);
		}
		this.handles = joined.toArray(MethodHandle[]::new);
	}

	private static MethodHandle columnHandle(MethodHandle accessor, FieldWriter field) {
		Class<?> type = accessor.type().returnType();
		String method = "write";
		Class<?> taken = Object.class;
		if (type == long.class || type == int.class || type == short.class || type == byte.class) {
			method = "writeLong";
			taken = long.class;
		}
		else if (type == double.class || type == float.class) {
			method = "writeDouble";
			taken = double.class;
		}
		try {
			MethodHandle writer = lookup
				.findVirtual(field.getClass(), method, MethodType.methodType(void.class, taken, CopyBuffer.class))
				.bindTo(field);
			return MethodHandles.filterArguments(writer, 0,
					accessor.asType(MethodType.methodType(taken, Object.class)));
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void write(T row, CopyBuffer out) {
		try {
			for (MethodHandle handle : this.handles) {
				handle.invokeExact((Object) row, out);
			}
		}
		catch (RuntimeException | Error ex) {
			throw ex;
		}
		catch (Throwable ex) {
			throw new IllegalStateException("An accessor of " + row.getClass().getTypeName() + " failed", ex);
		}
	}

}
