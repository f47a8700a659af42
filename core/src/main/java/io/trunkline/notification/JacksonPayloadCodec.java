package io.trunkline.notification;

import java.lang.reflect.Type;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * Payloads as JSON, by the application's Jackson.
 */
final class JacksonPayloadCodec implements PayloadCodec {

	private final ObjectMapper mapper;

	JacksonPayloadCodec(ObjectMapper mapper) {
		this.mapper = mapper;
	}

	static JacksonPayloadCodec ofDefaults() {
		return new JacksonPayloadCodec(new JsonMapper());
	}

	@Override
	public String write(Object value) {
		try {
			return this.mapper.writeValueAsString(value);
		}
		catch (JacksonException ex) {
			throw new NotificationPayloadException(
					"Jackson cannot write a payload of type " + value.getClass().getName() + " as JSON", ex);
		}
	}

	@Override
	public Object read(String payload, Type type) {
		Object value;
		try {
			value = this.mapper.readValue(payload, this.mapper.constructType(type));
		}
		catch (JacksonException ex) {
			throw new NotificationPayloadException("Jackson cannot read a payload of " + payload.length()
					+ " characters as " + type.getTypeName() + ": " + reason(ex), null);
		}
		if (value == null) {
			throw new NotificationPayloadException(
					"A payload is the JSON null, which is no " + type.getTypeName() + ": send an object", null);
		}
		return value;
	}

	/**
	 * Jackson's message would quote the payload.
	 */
	private static String reason(JacksonException ex) {
		@Nullable Object location = ex.getLocation();
		return ex.getClass().getSimpleName() + ((location != null)
				? " at line " + ex.getLocation().getLineNr() + ", column " + ex.getLocation().getColumnNr() : "");
	}

}
