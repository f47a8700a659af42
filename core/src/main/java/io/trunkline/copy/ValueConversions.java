package io.trunkline.copy;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

import org.jspecify.annotations.Nullable;

import org.springframework.core.convert.ConversionService;
import org.springframework.data.convert.CustomConversions;
import org.springframework.data.relational.core.conversion.AbstractRelationalConverter;
import org.springframework.data.relational.core.conversion.RelationalConverter;

/**
 * The application's converters, between its classes and those that codecs know.
 */
final class ValueConversions {

	private final ConversionService conversionService;

	private final @Nullable CustomConversions custom;

	/** The class to convert to, empty for what is written as it is. */
	private final Map<Class<?>, Optional<Class<?>>> targets = new ConcurrentHashMap<>();

	ValueConversions(RelationalConverter converter) {
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
	 * Whether values of a class may be written as they are.
	 */
	boolean isNative(Class<?> type) {
		return this.targets.computeIfAbsent(type, this::target).isEmpty();
	}

	private Optional<Class<?>> target(Class<?> type) {
		return (this.custom != null) ? this.custom.getCustomWriteTarget(type) : Optional.empty();
	}

}
