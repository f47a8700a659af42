package io.trunkline.autoconfigure.table;

import java.util.function.IntConsumer;

import io.micrometer.observation.ObservationRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.copy.BulkCopyService;
import io.trunkline.schema.SchemaCatalog;
import io.trunkline.table.DeletionGuard;
import io.trunkline.table.TableManager;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
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
import org.springframework.boot.logging.LogLevel;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.data.relational.core.conversion.RelationalConverter;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link TableManager}, with the
 * application's {@link DeletionGuard}, {@link RelationalConverter},
 * {@link SchemaCatalog}, {@link BulkCopyService} and Jackson mapper where it has one.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = PostgresConnectionsAutoConfiguration.class,
		afterName = { "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
				"org.springframework.boot.data.r2dbc.autoconfigure.DataR2dbcAutoConfiguration",
				"org.springframework.boot.jackson.autoconfigure.JacksonAutoConfiguration",
				"io.trunkline.autoconfigure.copy.BulkCopyAutoConfiguration",
				"io.trunkline.autoconfigure.schema.SchemaCatalogAutoConfiguration" })
@ConditionalOnBooleanProperty(name = { "trunkline.enabled", "trunkline.table.enabled" }, matchIfMissing = true)
@ConditionalOnBean(PostgresConnections.class)
@EnableConfigurationProperties(TableManagerProperties.class)
public final class TableManagerAutoConfiguration {

	private static final String PREFIX = "trunkline.table.";

	private static final Log sqlLogger = LogFactory.getLog("io.trunkline.table.sql");

	@Bean
	@ConditionalOnMissingBean
	DeletionGuard deletionGuard(TableManagerProperties properties, ApplicationContext context) {
		return DeletionPasswords.guard(properties.getDeletionPassword(), context.getClassLoader());
	}

	@Bean
	@ConditionalOnMissingBean
	TableManager tableManager(PostgresConnections connections, TableManagerProperties properties,
			DeletionGuard deletionGuard, ObjectProvider<ObservationRegistry> observationRegistry,
			ObjectProvider<RelationalConverter> converter, ObjectProvider<SchemaCatalog> schemaCatalog,
			ObjectProvider<BulkCopyService> bulkCopyService, ObjectProvider<TableJsonSupport> json) {
		TableManager.Builder builder = TableManager.builder(connections)
			.observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP))
			.deletionGuard(deletionGuard);
		converter.ifUnique(builder::converter);
		schemaCatalog.ifUnique(builder::schemaCatalog);
		bulkCopyService.ifUnique(builder::bulkCopyService);
		json.ifAvailable((support) -> support.applyTo(builder));
		LogLevel level = properties.getSqlEcho();
		if (level != LogLevel.OFF) {
			builder.sqlEcho((sql) -> level.log(sqlLogger, sql));
		}
		checked("fetch-size", properties.getFetchSize(), builder::fetchSize);
		checked("staging-threshold", properties.getStagingThreshold(), builder::stagingThreshold);
		return builder.build();
	}

	private static void checked(String property, int value, IntConsumer use) {
		try {
			use.accept(value);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidConfigurationPropertyValueException(PREFIX + property, value, ex.getMessage());
		}
	}

	/**
	 * Gives a manager the application's JSON, without a class of Jackson in its
	 * signature.
	 */
	@FunctionalInterface
	interface TableJsonSupport {

		void applyTo(TableManager.Builder builder);

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(ObjectMapper.class)
	static class JacksonConfiguration {

		@Bean
		@ConditionalOnMissingBean
		TableJsonSupport tableJsonSupport(ObjectProvider<JsonMapper> jsonMapper,
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
