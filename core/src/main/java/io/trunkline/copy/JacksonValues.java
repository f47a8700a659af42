package io.trunkline.copy;

import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.ObjectReader;
import tools.jackson.databind.json.JsonMapper;

/**
 * JSON by the application's Jackson.
 */
final class JacksonValues implements JsonValues {

	private final ObjectMapper mapper;

	private final ObjectReader objects;

	JacksonValues(ObjectMapper mapper) {
		this.mapper = mapper;
		this.objects = mapper.readerFor(new TypeReference<LinkedHashMap<String, Object>>() {
		})
			.with(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS, DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
			.without(DeserializationFeature.USE_JAVA_ARRAY_FOR_JSON_ARRAY);
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

	@Override
	public Map<String, @Nullable Object> readObject(byte[] json, int offset, int length) {
		Map<String, @Nullable Object> object;
		try {
			object = this.objects.readValue(json, offset, length);
		}
		catch (JacksonException ex) {
			throw new MisfitException("it is not a JSON object");
		}
		if (object == null) {
			throw new MisfitException("it is not a JSON object");
		}
		return object;
	}

}
