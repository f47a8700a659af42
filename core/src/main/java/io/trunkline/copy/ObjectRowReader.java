package io.trunkline.copy;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodType;

/**
 * Makes records and beans.
 *
 * @param <T> the type of the objects
 */
final class ObjectRowReader<T> implements RowReader<T> {

	private final Class<T> type;

	private final MethodHandle instance;

	/**
	 * Create a reader.
	 * @param instance from a {@link RowBuffer} to an object
	 */
	ObjectRowReader(Class<T> type, MethodHandle instance) {
		this.type = type;
		this.instance = instance.asType(MethodType.methodType(Object.class, RowBuffer.class));
	}

	@Override
	public T read(RowBuffer row) {
		try {
			return this.type.cast((Object) this.instance.invokeExact(row));
		}
		catch (RuntimeException | Error ex) {
			throw ex;
		}
		catch (Throwable ex) {
			throw new IllegalStateException("Creating a " + this.type.getTypeName() + " failed", ex);
		}
	}

}
