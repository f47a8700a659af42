package io.trunkline.autoconfigure.client;

import io.micrometer.observation.ObservationRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.property.CheckedProperties;
import io.trunkline.client.PostgresClient;
import io.trunkline.client.TransactionRetry;
import io.trunkline.connection.PostgresConnections;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link PostgresClient}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = PostgresConnectionsAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnBooleanProperty(name = { "trunkline.enabled", "trunkline.client.enabled" }, matchIfMissing = true)
@ConditionalOnBean(PostgresConnections.class)
@EnableConfigurationProperties(PostgresClientProperties.class)
public final class PostgresClientAutoConfiguration {

	private static final CheckedProperties checked = new CheckedProperties("trunkline.client.");

	@Bean
	@ConditionalOnMissingBean
	PostgresClient postgresClient(PostgresConnections connections, PostgresClientProperties properties,
			ObjectProvider<ObservationRegistry> observationRegistry) {
		PostgresClient.Builder builder = PostgresClient.builder(connections)
			.observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP));
		PostgresClientProperties.Retry retry = properties.getRetry();
		checked.use("fetch-size", properties.getFetchSize(), () -> builder.fetchSize(properties.getFetchSize()));
		TransactionRetry attempts = checked.use("retry.max-attempts", retry.getMaxAttempts(),
				() -> TransactionRetry.DEFAULT.withMaxAttempts(retry.getMaxAttempts()));
		checked.use("retry.first-backoff", retry.getFirstBackoff(),
				() -> new TransactionRetry(attempts.maxAttempts(), retry.getFirstBackoff(), retry.getFirstBackoff()));
		builder.retry(checked.use("retry.max-backoff", retry.getMaxBackoff(),
				() -> new TransactionRetry(attempts.maxAttempts(), retry.getFirstBackoff(), retry.getMaxBackoff())));
		return builder.build();
	}

}
