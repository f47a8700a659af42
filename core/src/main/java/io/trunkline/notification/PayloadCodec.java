package io.trunkline.notification;

import java.lang.reflect.Type;

import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * Writes objects as payloads and reads them; Jackson, where the application has it.
 */
interface PayloadCodec {

	/**
	 * Return that of Jackson's defaults, {@code null} where the application has no
	 * Jackson.
	 */
	static @Nullable PayloadCodec find() {
		return ClassUtils.isPresent("tools.jackson.databind.ObjectMapper", PayloadCodec.class.getClassLoader())
				? JacksonPayloadCodec.ofDefaults() : null;
	}

	/**
	 * Write an object.
	 * @throws NotificationPayloadException if it cannot be written
	 */
	String write(Object value);

	/**
	 * Read an object.
	 * @throws NotificationPayloadException if the payload is something else
	 */
	Object read(String payload, Type type);

}
