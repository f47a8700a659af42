package io.trunkline.copy;

import tools.jackson.core.JacksonException;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON by the application's Jackson.
 */
final class JacksonValues implements JsonValues {

	private final ObjectMapper mapper;

	JacksonValues(ObjectMapper mapper) {
		this.mapper = mapper;
	}

	static JacksonValues ofDefaults() {
		return new JacksonValues(new JsonMapper());
	}

	@Override
	public String write(Object value) {
		try {
			return this.mapper.writeValueAsString(value);
		}
		catch (JacksonException ex) {
			throw new MisfitException("Jackson cannot write it as JSON");
		}
	}

	@Override
	public Object read(String json, Class<?> type) {
		try {
			return this.mapper.readValue(json, type);
		}
		catch (JacksonException ex) {
			throw new MisfitException("Jackson cannot read the JSON as " + type.getTypeName());
		}
	}

}
