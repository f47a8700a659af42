package io.trunkline.autoconfigure.json;

import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link JsonSupport}: the one
 * {@link JsonMapper} of the application, else its one {@link ObjectMapper} where that
 * writes JSON.
 *
 * @since 0.1.0
 */
@AutoConfiguration(afterName = "org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration")
@ConditionalOnBooleanProperty(name = "trunkline.enabled", matchIfMissing = true)
@ConditionalOnClass(ObjectMapper.class)
public final class JsonSupportAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	JsonSupport trunklineJsonSupport(ObjectProvider<JsonMapper> jsonMapper, ObjectProvider<ObjectMapper> objectMapper) {
		return (use) -> {
			ObjectMapper json = jsonMapper.getIfUnique();
			ObjectMapper mapper = (json != null) ? json : objectMapper.getIfUnique();
			// There are mappers of other formats.
			if (mapper != null && mapper.tokenStreamFactory() instanceof JsonFactory) {
				use.accept(mapper);
			}
		};
	}

}
