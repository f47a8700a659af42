package io.trunkline.autoconfigure.json;

import java.util.function.Consumer;

import tools.jackson.databind.ObjectMapper;

/**
 * The application's JSON mapper, for beans that must do without Jackson as well. There is
 * none where Jackson is not on the class path.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface JsonSupport {

	/**
	 * Hand over the mapper, where the application has one.
	 * @param use what takes it
	 */
	void applyTo(Consumer<? super ObjectMapper> use);

}
