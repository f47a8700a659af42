package io.trunkline.autoconfigure.copy;

import java.util.function.IntFunction;

import io.micrometer.observation.ObservationRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.copy.BulkCopyService;
import io.trunkline.schema.SchemaCatalog;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.relational.core.conversion.RelationalConverter;
import org.springframework.util.unit.DataSize;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link BulkCopyService}, with the
 * application's {@link RelationalConverter}, {@link SchemaCatalog} and Jackson mapper
 * where it has one.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = PostgresConnectionsAutoConfiguration.class,
		afterName = { "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
				"org.springframework.boot.data.r2dbc.autoconfigure.DataR2dbcAutoConfiguration",
				"org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
				"io.trunkline.autoconfigure.schema.SchemaCatalogAutoConfiguration" })
@ConditionalOnBooleanProperty(name = { "trunkline.enabled", "trunkline.copy.enabled" }, matchIfMissing = true)
@ConditionalOnBean(PostgresConnections.class)
@EnableConfigurationProperties(BulkCopyProperties.class)
public final class BulkCopyAutoConfiguration {

	private static final String PREFIX = "trunkline.copy.";

	@Bean
	@ConditionalOnMissingBean
	BulkCopyService bulkCopyService(PostgresConnections connections, BulkCopyProperties properties,
			ObjectProvider<ObservationRegistry> observationRegistry, ObjectProvider<RelationalConverter> converter,
			ObjectProvider<SchemaCatalog> schemaCatalog, ObjectProvider<JsonSupport> json) {
		BulkCopyService.Builder builder = BulkCopyService.builder(connections)
			.observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP));
		converter.ifUnique(builder::converter);
		schemaCatalog.ifUnique(builder::schemaCatalog);
		json.ifAvailable((support) -> support.applyTo(builder));
		checked("frame-size", properties.getFrameSize(), builder::frameSize);
		checked("parallel-chunk-size", properties.getParallelChunkSize(), builder::chunkSize);
		return builder.build();
	}

	private static void checked(String property, DataSize value, IntFunction<BulkCopyService.Builder> use) {
		try {
			use.apply((int) Math.min(value.toBytes(), Integer.MAX_VALUE));
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidConfigurationPropertyValueException(PREFIX + property, value, ex.getMessage());
		}
	}

	/**
	 * Gives a service the application's JSON, without a class of Jackson in its
	 * signature.
	 */
	@FunctionalInterface
	interface JsonSupport {

		void applyTo(BulkCopyService.Builder builder);

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ObjectMapper.class)
	static class JacksonConfiguration {

		@Bean
		@ConditionalOnMissingBean
		JsonSupport bulkCopyJsonSupport(ObjectProvider<JsonMapper> jsonMapper,
				ObjectProvider<ObjectMapper> objectMapper) {
			return (builder) -> {
				ObjectMapper json = jsonMapper.getIfUnique();
				ObjectMapper mapper = (json != null) ? json : objectMapper.getIfUnique();
				// There are mappers of other formats.
				if (mapper != null && mapper.tokenStreamFactory() instanceof JsonFactory) {
					builder.jsonMapper(mapper);
				}
			};
		}

	}

}
