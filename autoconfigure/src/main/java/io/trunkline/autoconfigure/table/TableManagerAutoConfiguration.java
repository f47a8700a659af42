package io.trunkline.autoconfigure.table;

import io.micrometer.observation.ObservationRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.json.JsonSupport;
import io.trunkline.autoconfigure.json.JsonSupportAutoConfiguration;
import io.trunkline.autoconfigure.property.CheckedProperties;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.copy.BulkCopyService;
import io.trunkline.schema.SchemaCatalog;
import io.trunkline.table.DeletionGuard;
import io.trunkline.table.TableManager;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.logging.LogLevel;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.data.relational.core.conversion.RelationalConverter;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link TableManager}, with the
 * application's {@link DeletionGuard}, {@link RelationalConverter},
 * {@link SchemaCatalog}, {@link BulkCopyService} and Jackson mapper where it has one.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = { PostgresConnectionsAutoConfiguration.class, JsonSupportAutoConfiguration.class },
		afterName = { "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
				"org.springframework.boot.data.r2dbc.autoconfigure.DataR2dbcAutoConfiguration",
				"io.trunkline.autoconfigure.copy.BulkCopyAutoConfiguration",
				"io.trunkline.autoconfigure.schema.SchemaCatalogAutoConfiguration" })
@ConditionalOnBooleanProperty(name = { "trunkline.enabled", "trunkline.table.enabled" }, matchIfMissing = true)
@ConditionalOnBean(PostgresConnections.class)
@EnableConfigurationProperties(TableManagerProperties.class)
public final class TableManagerAutoConfiguration {

	private static final CheckedProperties checked = new CheckedProperties("trunkline.table.");

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
			ObjectProvider<BulkCopyService> bulkCopyService, ObjectProvider<JsonSupport> json) {
		TableManager.Builder builder = TableManager.builder(connections)
			.observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP))
			.deletionGuard(deletionGuard);
		converter.ifUnique(builder::converter);
		schemaCatalog.ifUnique(builder::schemaCatalog);
		bulkCopyService.ifUnique(builder::bulkCopyService);
		json.ifAvailable((support) -> support.applyTo(builder::jsonMapper));
		LogLevel level = properties.getSqlEcho();
		if (level != LogLevel.OFF) {
			builder.sqlEcho((sql) -> level.log(sqlLogger, sql));
		}
		checked.use("fetch-size", properties.getFetchSize(), () -> builder.fetchSize(properties.getFetchSize()));
		checked.use("staging-threshold", properties.getStagingThreshold(),
				() -> builder.stagingThreshold(properties.getStagingThreshold()));
		return builder.build();
	}

}
