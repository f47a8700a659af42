package io.trunkline.copy;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import org.jspecify.annotations.Nullable;

import org.springframework.data.core.TypeInformation;
import org.springframework.data.mapping.InstanceCreatorMetadata;
import org.springframework.data.mapping.Parameter;
import org.springframework.data.mapping.PersistentEntity;
import org.springframework.data.mapping.PreferredConstructor;
import org.springframework.data.mapping.context.MappingContext;
import org.springframework.data.relational.core.mapping.RelationalPersistentEntity;
import org.springframework.data.relational.core.mapping.RelationalPersistentProperty;
import org.springframework.util.ReflectionUtils;

/**
 * Joins the constructor and the setters of a class with the readers of its columns into
 * method handles from a row to an object.
 */
final class InstanceFactory {

	private static final MethodHandles.Lookup lookup = MethodHandles.lookup();

	private final MappingContext<? extends RelationalPersistentEntity<?>, ? extends RelationalPersistentProperty> context;

	private final Map<String, Integer> indexes;

	private final List<RowColumn> columns;

	private final List<TypeCodec> codecs;

	private final ValueConversions conversions;

	/**
	 * Create a factory.
	 * @param context knows how properties are mapped to columns
	 * @param indexes the columns' indexes by their names
	 * @param columns the columns of a row
	 * @param codecs the codec of each column
	 * @param conversions converts what a codec does not
	 */
	InstanceFactory(
			MappingContext<? extends RelationalPersistentEntity<?>, ? extends RelationalPersistentProperty> context,
			Map<String, Integer> indexes, List<RowColumn> columns, List<TypeCodec> codecs,
			ValueConversions conversions) {
		this.context = context;
		this.indexes = indexes;
		this.columns = columns;
		this.codecs = codecs;
		this.conversions = conversions;
	}

	/**
	 * Return the handle, from a {@link RowBuffer} to an object, or {@code null} if the
	 * class needs more than a constructor, setters and fields.
	 */
	@Nullable MethodHandle create(Class<?> type) {
		RelationalPersistentEntity<?> entity = this.context.getRequiredPersistentEntity(type);
		return create(entity, "");
	}

	private @Nullable MethodHandle create(RelationalPersistentEntity<?> entity, String prefix) {
		if (!(entity.getInstanceCreatorMetadata() instanceof PreferredConstructor<?, ?> creator)) {
			return null;
		}
		try {
			MethodHandle instance = construct(entity, creator, prefix);
			for (RelationalPersistentProperty property : entity) {
				if (instance == null) {
					return null;
				}
				if (!creator.isCreatorParameter(property) && isPresent(property, prefix)) {
					instance = populate(instance, property, prefix);
				}
			}
			return instance;
		}
		catch (IllegalAccessException ex) {
			return null;
		}
	}

	private @Nullable MethodHandle construct(RelationalPersistentEntity<?> entity, PreferredConstructor<?, ?> creator,
			String prefix) throws IllegalAccessException {
		ReflectionUtils.makeAccessible(creator.getConstructor());
		MethodHandle constructor = lookup.unreflectConstructor(creator.getConstructor());
		List<MethodHandle> arguments = new ArrayList<>();
		for (Parameter<?, ?> parameter : ((InstanceCreatorMetadata<?>) creator).getParameters()) {
			RelationalPersistentProperty property = (parameter.hasName() && !parameter.hasValueExpression())
					? entity.getPersistentProperty(parameter.getRequiredName()) : null;
			MethodHandle argument = (property != null) ? value(property, prefix) : null;
			if (argument == null) {
				return null;
			}
			arguments.add(argument);
		}
		return permute(MethodHandles.filterArguments(constructor, 0, arguments.toArray(MethodHandle[]::new)),
				new int[arguments.size()]);
	}

	/**
	 * Give all parameters one row.
	 */
	private static MethodHandle permute(MethodHandle handle, int[] order) {
		return MethodHandles.permuteArguments(handle,
				MethodType.methodType(handle.type().returnType(), RowBuffer.class), order);
	}

	/**
	 * Set a property of what an instance handle gives.
	 */
	private @Nullable MethodHandle populate(MethodHandle instance, RelationalPersistentProperty property, String prefix)
			throws IllegalAccessException {
		MethodHandle setter = setter(property);
		MethodHandle value = value(property, prefix);
		if (setter == null || value == null) {
			return null;
		}
		Class<?> type = instance.type().returnType();
		// (T, V) → void becomes (T, row) → T and then row → T.
		MethodHandle set = MethodHandles.filterArguments(
				setter.asType(MethodType.methodType(void.class, type, value.type().returnType())), 1, value);
		MethodHandle self = MethodHandles.dropArguments(MethodHandles.identity(type), 1, RowBuffer.class);
		MethodHandle setAndReturn = MethodHandles.foldArguments(self, set);
		return MethodHandles.foldArguments(setAndReturn, instance);
	}

	private static @Nullable MethodHandle setter(RelationalPersistentProperty property) throws IllegalAccessException {
		Method method = property.getSetter();
		if (method != null) {
			ReflectionUtils.makeAccessible(method);
			return lookup.unreflect(method);
		}
		Field field = property.getField();
		if (field == null || property.isImmutable()) {
			return null;
		}
		ReflectionUtils.makeAccessible(field);
		return lookup.unreflectSetter(field);
	}

	private boolean isPresent(RelationalPersistentProperty property, String prefix) {
		return property.isEmbedded() || this.indexes.containsKey(column(property, prefix));
	}

	private static String column(RelationalPersistentProperty property, String prefix) {
		return prefix + property.getColumnName().getReference();
	}

	/**
	 * Return a handle from a row to the value of a property.
	 */
	private @Nullable MethodHandle value(RelationalPersistentProperty property, String prefix) {
		if (property.isEmbedded()) {
			return embedded(property, prefix + property.getEmbeddedPrefix());
		}
		Class<?> type = property.getType();
		Integer index = this.indexes.get(column(property, prefix));
		if (index == null) {
			return MethodHandles.empty(MethodType.methodType(type, RowBuffer.class));
		}
		return read(reader(index, property.getTypeInformation()), type);
	}

	private FieldReader reader(int index, TypeInformation<?> target) {
		return FieldReader.of(this.columns.get(index), index, this.codecs.get(index), target, this.conversions);
	}

	private static MethodHandle read(FieldReader reader, Class<?> type) {
		boolean integer = reader.codec() instanceof IntegerCodec;
		if (integer && type == long.class) {
			return handle(reader, "readLong", type);
		}
		if (integer && type == int.class) {
			return handle(reader, "readInt", type);
		}
		if (reader.codec() instanceof FloatCodec && type == double.class) {
			return handle(reader, "readDouble", type);
		}
		return handle(reader, type.isPrimitive() ? "readRequired" : "read", Object.class)
			.asType(MethodType.methodType(type, RowBuffer.class));
	}

	private static MethodHandle handle(FieldReader reader, String method, Class<?> type) {
		try {
			return lookup.findVirtual(FieldReader.class, method, MethodType.methodType(type, RowBuffer.class))
				.bindTo(reader);
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * An embedded object whose columns are all null is null itself, unless it is to be
	 * empty.
	 */
	private @Nullable MethodHandle embedded(RelationalPersistentProperty property, String prefix) {
		RelationalPersistentEntity<?> entity = this.context.getRequiredPersistentEntity(property.getType());
		MethodHandle instance = create(entity, prefix);
		if (instance == null || property.shouldCreateEmptyEmbedded()) {
			return instance;
		}
		int[] own = indexes(entity, prefix).stream().mapToInt(Integer::intValue).toArray();
		MethodHandle isNull = areNull(own);
		return MethodHandles.guardWithTest(isNull,
				MethodHandles.empty(MethodType.methodType(instance.type().returnType(), RowBuffer.class)), instance);
	}

	private List<Integer> indexes(PersistentEntity<?, ? extends RelationalPersistentProperty> entity, String prefix) {
		List<Integer> found = new ArrayList<>();
		for (RelationalPersistentProperty property : entity) {
			if (property.isEmbedded()) {
				found.addAll(indexes(this.context.getRequiredPersistentEntity(property.getType()),
						prefix + property.getEmbeddedPrefix()));
			}
			else if (this.indexes.get(column(property, prefix)) != null) {
				found.add(Objects.requireNonNull(this.indexes.get(column(property, prefix))));
			}
		}
		return found;
	}

	private static MethodHandle areNull(int[] columns) {
		try {
			return MethodHandles.insertArguments(
					lookup.findVirtual(RowBuffer.class, "areNull", MethodType.methodType(boolean.class, int[].class)),
					1, (Object) columns);
		}
		catch (ReflectiveOperationException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
