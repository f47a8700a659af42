package io.trunkline.autoconfigure.copy;

import io.micrometer.observation.ObservationRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.json.JsonSupport;
import io.trunkline.autoconfigure.json.JsonSupportAutoConfiguration;
import io.trunkline.autoconfigure.property.CheckedProperties;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.copy.BulkCopyService;
import io.trunkline.schema.SchemaCatalog;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.data.relational.core.conversion.RelationalConverter;
import org.springframework.util.unit.DataSize;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link BulkCopyService}, with the
 * application's {@link RelationalConverter}, {@link SchemaCatalog} and Jackson mapper
 * where it has one.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = { PostgresConnectionsAutoConfiguration.class, JsonSupportAutoConfiguration.class },
		afterName = { "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
				"org.springframework.boot.data.r2dbc.autoconfigure.DataR2dbcAutoConfiguration",
				"io.trunkline.autoconfigure.schema.SchemaCatalogAutoConfiguration" })
@ConditionalOnBooleanProperty(name = { "trunkline.enabled", "trunkline.copy.enabled" }, matchIfMissing = true)
@ConditionalOnBean(PostgresConnections.class)
@EnableConfigurationProperties(BulkCopyProperties.class)
public final class BulkCopyAutoConfiguration {

	private static final CheckedProperties checked = new CheckedProperties("trunkline.copy.");

	@Bean
	@ConditionalOnMissingBean
	BulkCopyService bulkCopyService(PostgresConnections connections, BulkCopyProperties properties,
			ObjectProvider<ObservationRegistry> observationRegistry, ObjectProvider<RelationalConverter> converter,
			ObjectProvider<SchemaCatalog> schemaCatalog, ObjectProvider<JsonSupport> json) {
		BulkCopyService.Builder builder = BulkCopyService.builder(connections)
			.observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP));
		converter.ifUnique(builder::converter);
		schemaCatalog.ifUnique(builder::schemaCatalog);
		json.ifAvailable((support) -> support.applyTo(builder::jsonMapper));
		checked.use("frame-size", properties.getFrameSize(), () -> builder.frameSize(bytes(properties.getFrameSize())));
		checked.use("parallel-chunk-size", properties.getParallelChunkSize(),
				() -> builder.chunkSize(bytes(properties.getParallelChunkSize())));
		return builder.build();
	}

	private static int bytes(DataSize size) {
		return (int) Math.min(size.toBytes(), Integer.MAX_VALUE);
	}

}
