package io.trunkline.autoconfigure.connection;

import io.micrometer.core.instrument.MeterRegistry;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnSingleCandidate;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link PostgresConnections} for
 * the application's connection factory, or its primary one, and of the meters of every
 * feature.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = R2dbcAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration")
@ConditionalOnClass({ PostgresConnections.class, PostgresqlConnectionFactory.class })
@ConditionalOnBooleanProperty(name = "trunkline.enabled", matchIfMissing = true)
@ConditionalOnSingleCandidate(ConnectionFactory.class)
public final class PostgresConnectionsAutoConfiguration {

	@Bean
	@ConditionalOnMissingBean
	PostgresConnections postgresConnections(ConnectionFactory connectionFactory) {
		return PostgresConnections.create(connectionFactory);
	}

	/**
	 * Counts what the observations carry beyond their timings.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnBean(MeterRegistry.class)
	static class MeterConfiguration {

		@Bean
		@ConditionalOnMissingBean
		OperationMeterObservationHandler operationMeterObservationHandler(MeterRegistry meterRegistry) {
			return new OperationMeterObservationHandler(meterRegistry);
		}

	}

}
