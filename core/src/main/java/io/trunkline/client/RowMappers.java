package io.trunkline.client;

import java.util.Map;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;

import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Row;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.BeanUtils;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.r2dbc.core.DataClassRowMapper;
import org.springframework.util.ClassUtils;
import org.springframework.util.ConcurrentReferenceHashMap;

/**
 * Mappers from rows to values, records and beans.
 */
final class RowMappers {

	private final ConcurrentMap<Class<?>, DataClassRowMapper<?>> objects = new ConcurrentReferenceHashMap<>();

	/**
	 * Return a mapper to maps, for one statement.
	 */
	Function<Readable, Map<String, @Nullable Object>> maps() {
		return new RowMaps();
	}

	/**
	 * Return a mapper to a type: a single column's value where it is the type of one,
	 * else a record or bean.
	 */
	<T> Function<Readable, @Nullable T> to(Class<T> type) {
		return isValue(type) ? value(type) : object(type);
	}

	private static boolean isValue(Class<?> type) {
		return BeanUtils.isSimpleProperty(type) || type == Object.class || type.isArray()
				|| type.getName().startsWith("java.") || type.getName().startsWith("io.r2dbc.");
	}

	/**
	 * Return a mapper to the value of the only column.
	 */
	@SuppressWarnings("unchecked")
	<T> Function<Readable, @Nullable T> value(Class<T> type) {
		Class<T> boxed = (Class<T>) ClassUtils.resolvePrimitiveIfNecessary(type);
		return (readable) -> {
			int columns = ((Row) readable).getMetadata().getColumnMetadatas().size();
			if (columns != 1) {
				throw new InvalidDataAccessApiUsageException("The rows have " + columns + " columns where the type "
						+ type.getName() + " takes one: select one column, or use a mapper");
			}
			return converted(readable, boxed);
		};
	}

	private static <T> @Nullable T converted(Readable row, Class<T> type) {
		try {
			return (type == Object.class) ? type.cast(row.get(0)) : row.get(0, type);
		}
		catch (IllegalArgumentException | ClassCastException ex) {
			throw new InvalidDataAccessApiUsageException(
					"Column " + ((Row) row).getMetadata().getColumnMetadata(0).getName() + " has a value that is no "
							+ type.getName() + ": ask for a type that fits, or cast in SQL",
					ex);
		}
	}

	@SuppressWarnings("unchecked")
	private <T> Function<Readable, @Nullable T> object(Class<T> type) {
		DataClassRowMapper<T> mapper = (DataClassRowMapper<T>) this.objects.computeIfAbsent(type,
				(key) -> new DataClassRowMapper<>((Class<Object>) key));
		return mapper::apply;
	}

}
