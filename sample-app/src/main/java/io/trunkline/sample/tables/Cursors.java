package io.trunkline.sample.tables;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.data.domain.KeysetScrollPosition;
import org.springframework.data.domain.ScrollPosition;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * Writes the place behind a row into an address, and reads it again: what the row has in
 * the columns of the order, as JSON.
 */
@Component
class Cursors {

	private static final TypeReference<Map<String, Object>> KEYS = new TypeReference<>() {
	};

	private final JsonMapper json;

	Cursors(JsonMapper json) {
		this.json = json.rebuild().enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
	}

	String write(Map<String, @Nullable Object> keys, JsonRows rows) {
		byte[] text = this.json.writeValueAsBytes(rows.fromColumns(new LinkedHashMap<>(keys)));
		return Base64.getUrlEncoder().withoutPadding().encodeToString(text);
	}

	KeysetScrollPosition read(@Nullable String cursor, JsonRows rows) {
		if (cursor == null) {
			return ScrollPosition.keyset();
		}
		try {
			String text = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
			Map<String, Object> keys = this.json.readValue(text, KEYS);
			if (keys == null || keys.isEmpty()) {
				throw refused();
			}
			return ScrollPosition.forward(rows.toColumns(keys));
		}
		catch (IllegalArgumentException | JacksonException ex) {
			throw refused();
		}
	}

	private static ResponseStatusException refused() {
		return RowParameters
			.refused("The parameter '" + RowParameters.AFTER + "' is not one that a 'next' address had");
	}

}
