package io.trunkline.copy;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.mapping.PersistentEntity;
import org.springframework.data.relational.core.conversion.RelationalConverter;
import org.springframework.data.relational.core.mapping.RelationalPersistentProperty;
import org.springframework.util.ReflectionUtils;

/**
 * The properties of a record or bean class by their columns, as Spring Data maps them.
 * Properties of an embedded object count as properties of the class.
 */
final class ObjectMapping {

	private final Class<?> type;

	private final RelationalConverter converter;

	private final Map<String, Property> properties = new LinkedHashMap<>();

	private ObjectMapping(Class<?> type, RelationalConverter converter,
			PersistentEntity<?, ? extends RelationalPersistentProperty> entity) {
		this.type = type;
		this.converter = converter;
		add(entity, "", null);
	}

	/**
	 * Map a class; empty if its objects are single values.
	 */
	static Optional<ObjectMapping> of(Class<?> type, RelationalConverter converter) {
		PersistentEntity<?, ? extends RelationalPersistentProperty> entity = converter.getMappingContext()
			.getPersistentEntity(type);
		return (entity != null) ? Optional.of(new ObjectMapping(type, converter, entity)) : Optional.empty();
	}

	private void add(PersistentEntity<?, ? extends RelationalPersistentProperty> entity, String prefix,
			@Nullable MethodHandle owner) {
		for (RelationalPersistentProperty property : entity) {
			MethodHandle accessor = accessor(property);
			MethodHandle path = (owner != null) ? throughNull(owner, accessor) : accessor;
			PersistentEntity<?, ? extends RelationalPersistentProperty> embedded = property.isEmbedded()
					? this.converter.getMappingContext().getPersistentEntity(property.getTypeInformation()) : null;
			if (embedded != null) {
				add(embedded, prefix + property.getEmbeddedPrefix(), path);
			}
			else {
				this.properties.put(prefix + property.getColumnName().getReference(), new Property(property, path));
			}
		}
	}

	/**
	 * Return what gets the values of columns out of an object.
	 */
	List<MethodHandle> accessors(List<RowColumn> columns) {
		return columns.stream().map((column) -> {
			Property property = this.properties.get(column.name());
			if (property == null) {
				throw new InvalidDataAccessApiUsageException(
						"No property of %s is mapped to the column \"%s\"; its columns are %s"
							.formatted(this.type.getTypeName(), column.name(), this.properties.keySet()));
			}
			return property.accessor();
		}).toList();
	}

	List<String> writableColumns() {
		return this.properties.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().property().isWritable())
			.map(Map.Entry::getKey)
			.toList();
	}

	/**
	 * Return the values of an object by their columns.
	 */
	Map<String, @Nullable Object> toMap(Object object) {
		Map<String, @Nullable Object> values = new LinkedHashMap<>();
		this.properties.forEach((column, property) -> values.put(column, property.get(object)));
		return values;
	}

	/**
	 * Continue an accessor with another one, unless it gives {@code null}.
	 */
	private static MethodHandle throughNull(MethodHandle owner, MethodHandle accessor) {
		Class<?> type = owner.type().returnType();
		MethodHandle boxed = accessor.asType(MethodType.methodType(Object.class, type));
		MethodHandle ifNull = MethodHandles.dropArguments(MethodHandles.constant(Object.class, null), 0, type);
		MethodHandle guarded = MethodHandles.guardWithTest(isNull().asType(MethodType.methodType(boolean.class, type)),
				ifNull, boxed);
		return MethodHandles.filterReturnValue(owner, guarded);
	}

	private static MethodHandle isNull() {
		try {
			return MethodHandles.lookup()
				.findStatic(java.util.Objects.class, "isNull", MethodType.methodType(boolean.class, Object.class));
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private static MethodHandle accessor(RelationalPersistentProperty property) {
		try {
			Method method = accessorMethod(property);
			if (method != null) {
				ReflectionUtils.makeAccessible(method);
				return MethodHandles.lookup().unreflect(method);
			}
			Field field = property.getRequiredField();
			ReflectionUtils.makeAccessible(field);
			return MethodHandles.lookup().unreflectGetter(field);
		}
		catch (IllegalAccessException ex) {
			throw new InvalidDataAccessApiUsageException("The property " + property + " cannot be read", ex);
		}
	}

	private static @Nullable Method accessorMethod(RelationalPersistentProperty property) {
		Class<?> owner = property.getOwner().getType();
		return owner.isRecord() ? ReflectionUtils.findMethod(owner, property.getName()) : property.getGetter();
	}

	/**
	 * A property, which may be one of an embedded object.
	 *
	 * @param property what Spring Data knows of it
	 * @param accessor from an object of the class to its value
	 */
	private record Property(RelationalPersistentProperty property, MethodHandle accessor) {

		@Nullable Object get(Object object) {
			try {
				return this.accessor.invoke(object);
			}
			catch (RuntimeException | Error ex) {
				throw ex;
			}
			catch (Throwable ex) {
				throw new IllegalStateException("The property " + this.property + " cannot be read", ex);
			}
		}

	}

}
