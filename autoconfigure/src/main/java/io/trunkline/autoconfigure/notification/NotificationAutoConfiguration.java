package io.trunkline.autoconfigure.notification;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.r2dbc.spi.Option;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.json.JsonSupport;
import io.trunkline.autoconfigure.json.JsonSupportAutoConfiguration;
import io.trunkline.autoconfigure.property.CheckedProperties;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.notification.LargePayloads;
import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.PostgresListenerErrorHandler;
import io.trunkline.notification.PostgresListeners;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.LazyInitializationExcludeFilter;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link NotificationBus}, of
 * methods annotated with {@link io.trunkline.notification.PostgresListener}, and of the
 * health and the meters of both.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = { PostgresConnectionsAutoConfiguration.class, JsonSupportAutoConfiguration.class },
		afterName = { "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration",
				"org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration" })
@ConditionalOnBooleanProperty(name = { "trunkline.enabled", "trunkline.notification.enabled" }, matchIfMissing = true)
@ConditionalOnBean(PostgresConnections.class)
@EnableConfigurationProperties(NotificationProperties.class)
public final class NotificationAutoConfiguration {

	private static final CheckedProperties checked = new CheckedProperties("trunkline.notification.");

	@Bean
	@ConditionalOnMissingBean
	NotificationBus notificationBus(PostgresConnections connections, NotificationProperties properties,
			ObjectProvider<ObservationRegistry> observationRegistry, ObjectProvider<JsonSupport> json,
			ObjectProvider<R2dbcConnectionDetails> connectionDetails) {
		NotificationBus.Builder builder = NotificationBus.builder(connections)
			.observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP))
			.verifyDelivery(properties.isVerifyDelivery());
		json.ifAvailable((support) -> support.applyTo(builder::jsonMapper));
		String url = properties.getUrl();
		if (url != null) {
			builder.listenFactory(checked.use("url", withoutPassword(url),
					() -> listenFactory(url, connectionDetails.getIfAvailable())));
		}
		checked.use("buffer-size", properties.getBufferSize(), () -> builder.bufferSize(properties.getBufferSize()));
		checked.use("keep-alive", properties.getKeepAlive(), () -> builder.keepAlive(properties.getKeepAlive()));
		checked.use("answer-timeout", properties.getAnswerTimeout(),
				() -> builder.answerTimeout(properties.getAnswerTimeout()));
		NotificationProperties.Backoff backoff = properties.getBackoff();
		checked.use("backoff.first", backoff.getFirst(), () -> builder.backoff(backoff.getFirst(), backoff.getFirst()));
		checked.use("backoff.max", backoff.getMax(), () -> builder.backoff(backoff.getFirst(), backoff.getMax()));
		if (properties.getLargePayloads().isEnabled()) {
			builder.largePayloads(largePayloads(properties.getLargePayloads()));
		}
		return builder.build();
	}

	private static LargePayloads largePayloads(NotificationProperties.Payloads properties) {
		LargePayloads defaults = LargePayloads.defaults().withCreateTable(properties.isCreateTable());
		LargePayloads inSchema = checked.use("large-payloads.schema", properties.getSchema(),
				() -> defaults.withSchema(properties.getSchema()));
		LargePayloads readable = checked.use("large-payloads.readers", properties.getReaders(),
				() -> inSchema.withReaders(properties.getReaders().toArray(String[]::new)));
		LargePayloads kept = checked.use("large-payloads.max-age", properties.getMaxAge(),
				() -> readable.withMaxAge(properties.getMaxAge()));
		return checked.use("large-payloads.max-size", properties.getMaxSize(),
				() -> kept.withMaxBytes(Math.toIntExact(properties.getMaxSize().toBytes())));
	}

	private static ConnectionFactory listenFactory(String url, @Nullable R2dbcConnectionDetails details) {
		ConnectionFactoryOptions own = ConnectionFactoryOptions.parse(url);
		ConnectionFactoryOptions.Builder options = own.mutate();
		if (details != null) {
			ConnectionFactoryOptions application = details.getConnectionFactoryOptions();
			inherit(ConnectionFactoryOptions.USER, own, application, options);
			inherit(ConnectionFactoryOptions.PASSWORD, own, application, options);
		}
		return ConnectionFactories.get(options.build());
	}

	private static <T> void inherit(Option<T> option, ConnectionFactoryOptions own,
			ConnectionFactoryOptions application, ConnectionFactoryOptions.Builder options) {
		if (!own.hasOption(option) && application.hasOption(option)) {
			@SuppressWarnings("unchecked")
			T value = (T) application.getRequiredValue(option);
			options.option(option, value);
		}
	}

	/**
	 * What an error shows of a URL.
	 */
	private static String withoutPassword(String url) {
		return url.replaceFirst("//[^/]*@", "//***@");
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnBooleanProperty(name = "trunkline.notification.listener.enabled", matchIfMissing = true)
	static class ListenerConfiguration {

		@Bean
		@ConditionalOnMissingBean
		PostgresListeners postgresListeners(NotificationBus bus, PostgresConnections connections,
				NotificationProperties properties, ObjectProvider<PostgresListenerErrorHandler> errorHandler) {
			NotificationProperties.Listener listener = properties.getListener();
			NotificationProperties.Retry retry = listener.getRetry();
			PostgresListeners.Builder builder = PostgresListeners.builder(bus, connections)
				.installTriggers(listener.isInstallTriggers());
			if (!listener.isBlocking()) {
				builder.blockingScheduler(null);
			}
			errorHandler.ifUnique(builder::errorHandler);
			checked.use("listener.startup-timeout", listener.getStartupTimeout(),
					() -> builder.startupTimeout(listener.getStartupTimeout()));
			checked.use("listener.retry.max-attempts", retry.getMaxAttempts(),
					() -> builder.retry(retry.getMaxAttempts(), PostgresListeners.Builder.DEFAULT_FIRST_BACKOFF,
							PostgresListeners.Builder.DEFAULT_MAX_BACKOFF));
			checked.use("listener.retry.first-backoff", retry.getFirstBackoff(),
					() -> builder.retry(retry.getMaxAttempts(), retry.getFirstBackoff(), retry.getFirstBackoff()));
			checked.use("listener.retry.max-backoff", retry.getMaxBackoff(),
					() -> builder.retry(retry.getMaxAttempts(), retry.getFirstBackoff(), retry.getMaxBackoff()));
			return builder.build();
		}

		/**
		 * Nobody asks for the listeners, so that nothing else would make them.
		 */
		@Bean
		@ConditionalOnMissingBean(name = "postgresListenersAreNeverLazy")
		static LazyInitializationExcludeFilter postgresListenersAreNeverLazy() {
			return LazyInitializationExcludeFilter.forBeanTypes(PostgresListeners.class);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class })
	static class HealthConfiguration {

		@Bean
		@ConditionalOnMissingBean(name = { "notificationsHealthIndicator", "notificationsHealthContributor" })
		@ConditionalOnEnabledHealthIndicator("notifications")
		HealthIndicator notificationsHealthIndicator(NotificationBus bus) {
			return new NotificationHealthIndicator(bus);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(MeterRegistry.class)
	@ConditionalOnBean(MeterRegistry.class)
	static class MeterConfiguration {

		@Bean
		@ConditionalOnMissingBean
		NotificationMeters notificationMeters(NotificationBus bus) {
			return new NotificationMeters(bus);
		}

	}

}
