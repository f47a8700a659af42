package io.trunkline.copy;

import java.lang.reflect.Array;
import java.time.temporal.Temporal;
import java.time.temporal.TemporalAmount;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import io.r2dbc.postgresql.codec.Json;
import org.jspecify.annotations.Nullable;

import org.springframework.core.convert.ConversionService;
import org.springframework.data.convert.CustomConversions;
import org.springframework.data.core.TypeInformation;
import org.springframework.data.domain.Range;
import org.springframework.data.domain.Range.Bound;
import org.springframework.data.relational.core.conversion.AbstractRelationalConverter;
import org.springframework.data.relational.core.conversion.RelationalConverter;
import org.springframework.data.relational.domain.RowDocument;
import org.springframework.util.ClassUtils;
import org.springframework.util.NumberUtils;

/**
 * The application's converters, between its classes and those that codecs know.
 */
final class ValueConversions {

	private final RelationalConverter converter;

	private final ConversionService conversionService;

	private final @Nullable CustomConversions custom;

	/** The class to convert to, empty for what is written as it is. */
	private final Map<Class<?>, Optional<Class<?>>> targets = new ConcurrentHashMap<>();

	ValueConversions(RelationalConverter converter) {
		this.converter = converter;
		this.conversionService = converter.getConversionService();
		this.custom = (converter instanceof AbstractRelationalConverter relational) ? relational.getConversions()
				: null;
	}

	/**
	 * Convert a value if the application has a writing converter for its class.
	 */
	Object toDatabase(Object value) {
		if (value instanceof String || value instanceof Number || value instanceof Boolean) {
			return value;
		}
		Optional<Class<?>> target = this.targets.computeIfAbsent(value.getClass(), this::target);
		if (target.isEmpty()) {
			return value;
		}
		Object converted = this.conversionService.convert(value, target.get());
		if (converted == null) {
			throw new MisfitException("the application converts it to null");
		}
		return converted;
	}

	/**
	 * Convert a value that a codec read to what the application declares, by its own
	 * converter where it has one.
	 */
	Object fromDatabase(Object value, TypeInformation<?> target) {
		Class<?> type = ClassUtils.resolvePrimitiveIfNecessary(target.getType());
		if (this.custom != null && this.custom.hasCustomReadTarget(value.getClass(), type)) {
			return converted(value, type);
		}
		if (value instanceof List<?> elements && (type.isArray() || target.isCollectionLike())) {
			return elements(elements, target);
		}
		if (value instanceof PgRange<?> range) {
			return range(range, target);
		}
		if (type.isInstance(value)) {
			return value;
		}
		if (value instanceof String text && type.isEnum()) {
			return constant(text, type);
		}
		if (value instanceof Number number && Number.class.isAssignableFrom(type)) {
			return NumberUtils.convertNumberToTargetClass(number, type.asSubclass(Number.class));
		}
		if (value instanceof Map<?, ?> map && !Map.class.isAssignableFrom(type)) {
			RowDocument document = new RowDocument();
			map.forEach((name, attribute) -> document.put((String) name, attribute));
			return this.converter.read(type, document);
		}
		Object temporal = (value instanceof Temporal) ? TemporalConversions.convert(value, type) : null;
		return (temporal != null) ? temporal : converted(value, type);
	}

	private Object converted(Object value, Class<?> type) {
		Object converted = this.conversionService.canConvert(value.getClass(), type)
				? this.conversionService.convert(value, type) : null;
		if (converted == null) {
			throw new MisfitException("there is no converter from " + ((value instanceof Json)
					? "Json; a column of JSON needs none with tools.jackson.core:jackson-databind on the class path"
					: value.getClass().getTypeName()));
		}
		return converted;
	}

	private Object elements(List<?> values, TypeInformation<?> target) {
		TypeInformation<?> component = (target.getComponentType() != null) ? target.getComponentType()
				: TypeInformation.OBJECT;
		List<@Nullable Object> elements = new ArrayList<>(values.size());
		for (Object value : values) {
			elements.add((value != null) ? fromDatabase(value, component) : null);
		}
		if (target.getType().isArray()) {
			Object array = Array.newInstance(component.getType(), elements.size());
			for (int i = 0; i < elements.size(); i++) {
				Array.set(array, i, elements.get(i));
			}
			return array;
		}
		return target.getType().isInstance(elements) ? elements : converted(elements, target.getType());
	}

	private Object range(PgRange<?> range, TypeInformation<?> target) {
		List<TypeInformation<?>> arguments = target.getTypeArguments();
		PgRange<?> converted = arguments.isEmpty() ? range
				: range.map((bound) -> fromDatabase(bound, arguments.get(0)));
		if (target.getType().isInstance(converted)) {
			return converted;
		}
		if (target.getType() != Range.class || converted.isEmpty()) {
			throw new MisfitException("a range becomes a PgRange, or Spring Data's Range if it is not empty");
		}
		return Range.of(bound(converted.lower(), converted.lowerInclusive()),
				bound(converted.upper(), converted.upperInclusive()));
	}

	private static Bound<Object> bound(@Nullable Object value, boolean inclusive) {
		return (value == null) ? Bound.unbounded() : inclusive ? Bound.inclusive(value) : Bound.exclusive(value);
	}

	private static Object constant(String label, Class<?> type) {
		Object[] constants = type.getEnumConstants();
		for (Object constant : constants) {
			if (((Enum<?>) constant).name().equals(label)) {
				return constant;
			}
		}
		for (Object constant : constants) {
			if (((Enum<?>) constant).name().equalsIgnoreCase(label)) {
				return constant;
			}
		}
		throw new MisfitException("the enum has no such constant");
	}

	private Optional<Class<?>> target(Class<?> type) {
		Optional<Class<?>> target = (this.custom != null) ? this.custom.getCustomWriteTarget(type) : Optional.empty();
		return target.filter((to) -> !(isTemporal(type) && (to == Date.class || to == String.class)));
	}

	/**
	 * Spring Data's own converters of these classes are for stores that have no such
	 * types.
	 */
	private static boolean isTemporal(Class<?> type) {
		return Temporal.class.isAssignableFrom(type) || TemporalAmount.class.isAssignableFrom(type);
	}

}
