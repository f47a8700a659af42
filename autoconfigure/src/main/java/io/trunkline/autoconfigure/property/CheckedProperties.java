package io.trunkline.autoconfigure.property;

import java.util.function.Supplier;

import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;

/**
 * Names the property where a builder refuses a value.
 *
 * @param prefix what the names begin with, such as {@code trunkline.copy.}
 * @since 0.1.0
 */
public record CheckedProperties(String prefix) {

	/**
	 * Use the value of a property.
	 * @param <T> the type of the result
	 * @param name the name of the property, without the prefix
	 * @param value the value, as an error shows it
	 * @param use what uses it
	 * @return the result of that
	 * @throws InvalidConfigurationPropertyValueException if the value is refused
	 */
	public <T> T use(String name, Object value, Supplier<T> use) {
		try {
			return use.get();
		}
		catch (IllegalArgumentException | IllegalStateException | ArithmeticException ex) {
			throw new InvalidConfigurationPropertyValueException(this.prefix + name, value, ex.getMessage());
		}
	}

}
