package io.trunkline.autoconfigure.schema;

import io.micrometer.observation.ObservationRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.property.CheckedProperties;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.schema.SchemaCatalog;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link SchemaCatalog}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = PostgresConnectionsAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnBooleanProperty(name = { "trunkline.enabled", "trunkline.schema.enabled" }, matchIfMissing = true)
@ConditionalOnBean(PostgresConnections.class)
@EnableConfigurationProperties(SchemaCatalogProperties.class)
public final class SchemaCatalogAutoConfiguration {

	private static final CheckedProperties checked = new CheckedProperties("trunkline.schema.");

	@Bean
	@ConditionalOnMissingBean
	SchemaCatalog schemaCatalog(PostgresConnections connections, SchemaCatalogProperties properties,
			ObjectProvider<ObservationRegistry> observationRegistry) {
		SchemaCatalog.Builder builder = SchemaCatalog.builder(connections)
			.observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP));
		checked.use("schemas", properties.getSchemas(), () -> builder.schemas(properties.getSchemas()));
		checked.use("include", properties.getInclude(), () -> builder.include(properties.getInclude()));
		checked.use("exclude", properties.getExclude(), () -> builder.exclude(properties.getExclude()));
		checked.use("verify-after", properties.getVerifyAfter(),
				() -> builder.verifyAfter(properties.getVerifyAfter()));
		return builder.build();
	}

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnBooleanProperty("trunkline.schema.load-on-startup")
	SchemaCatalogLoad schemaCatalogLoad(SchemaCatalog catalog, SchemaCatalogProperties properties) {
		return new SchemaCatalogLoad(catalog, properties.getLoadTimeout(), properties.isFailFast());
	}

}
