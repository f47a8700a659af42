package io.trunkline.autoconfigure.notification;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.r2dbc.spi.ConnectionFactories;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.json.JsonSupportAutoConfiguration;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.PostgresListeners;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.LazyInitializationBeanFactoryPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link NotificationAutoConfiguration}. No connection is opened.
 */
class NotificationAutoConfigurationTests {

	private static final String URL = "r2dbc:postgresql://user:secret@localhost:1/nowhere";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("spring.r2dbc.url=" + URL)
		.withConfiguration(
				AutoConfigurations.of(R2dbcAutoConfiguration.class, PostgresConnectionsAutoConfiguration.class,
						JsonSupportAutoConfiguration.class, NotificationAutoConfiguration.class));

	@Test
	void registersTheBusAndTheListeners() {
		this.runner.run((context) -> {
			assertThat(context).hasSingleBean(NotificationBus.class)
				.hasSingleBean(PostgresListeners.class)
				.hasSingleBean(NotificationHealthIndicator.class)
				.doesNotHaveBean(NotificationMeters.class);
			assertThat(context.getBean(PostgresListeners.class).isRunning()).isTrue();
		});
	}

	@Test
	void takesAllProperties() {
		this.runner.withPropertyValues("trunkline.notification.url=r2dbc:postgresql://localhost:2/nowhere",
				"trunkline.notification.buffer-size=7", "trunkline.notification.keep-alive=5s",
				"trunkline.notification.answer-timeout=3s", "trunkline.notification.verify-delivery=false",
				"trunkline.notification.backoff.first=20s", "trunkline.notification.backoff.max=1m",
				"trunkline.notification.large-payloads.enabled=true",
				"trunkline.notification.large-payloads.schema=other",
				"trunkline.notification.large-payloads.create-table=true",
				"trunkline.notification.large-payloads.readers=PUBLIC,someone",
				"trunkline.notification.large-payloads.max-age=1d",
				"trunkline.notification.large-payloads.max-size=1MB", "trunkline.notification.listener.blocking=false",
				"trunkline.notification.listener.startup-timeout=1s",
				"trunkline.notification.listener.install-triggers=true",
				"trunkline.notification.listener.retry.max-attempts=9",
				"trunkline.notification.listener.retry.first-backoff=10s",
				"trunkline.notification.listener.retry.max-backoff=20s")
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(NotificationBus.class));
	}

	@Test
	void backsOffForBeansOfTheUser() {
		NotificationBus bus = NotificationBus.create(ConnectionFactories.get(URL));
		PostgresListeners listeners = PostgresListeners
			.builder(bus, PostgresConnections.create(ConnectionFactories.get(URL)))
			.build();
		this.runner.withBean("ownBus", NotificationBus.class, () -> bus)
			.withBean("ownListeners", PostgresListeners.class, () -> listeners)
			.run((context) -> {
				assertThat(context).getBean(NotificationBus.class).isSameAs(bus);
				assertThat(context).getBean(PostgresListeners.class).isSameAs(listeners);
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "trunkline.enabled=false", "trunkline.notification.enabled=false" })
	void isOffWhereAPropertySaysSo(String property) {
		this.runner.withPropertyValues(property)
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(NotificationBus.class)
				.doesNotHaveBean(PostgresListeners.class)
				.doesNotHaveBean(NotificationHealthIndicator.class));
	}

	@Test
	void listensWithoutListenerMethodsWhereAPropertySaysSo() {
		this.runner.withPropertyValues("trunkline.notification.listener.enabled=false")
			.run((context) -> assertThat(context).hasSingleBean(NotificationBus.class)
				.doesNotHaveBean(PostgresListeners.class));
	}

	@Test
	void isOffWithoutConnections() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(NotificationAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(NotificationBus.class));
	}

	@Test
	void hasNoHealthWhereThatIsOff() {
		this.runner.withPropertyValues("management.health.notifications.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(NotificationHealthIndicator.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "org.springframework.boot.health", "io.micrometer.core", "tools.jackson" })
	void doesWithoutOptionalLibraries(String missing) {
		this.runner.withClassLoader(new FilteredClassLoader(missing))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(NotificationBus.class));
	}

	@Test
	void makesListenersInLazyApplications() {
		this.runner
			.withInitializer(
					(context) -> context.addBeanFactoryPostProcessor(new LazyInitializationBeanFactoryPostProcessor()))
			.run((context) -> assertThat(context.getBeanFactory().containsSingleton("postgresListeners")).isTrue());
	}

	@Test
	void hasMetersWhereThereIsARegistry() {
		this.runner.withBean(SimpleMeterRegistry.class)
			.run((context) -> assertThat(context).hasSingleBean(NotificationMeters.class));
	}

	@ParameterizedTest
	@CsvSource({ "buffer-size,0", "keep-alive,0s", "answer-timeout,-1s", "backoff.first,0s", "backoff.max,1ms",
			"url,nonsense", "listener.startup-timeout,0s", "listener.retry.max-attempts,0",
			"listener.retry.first-backoff,-1s", "listener.retry.max-backoff,1ms" })
	void namesAWrongPropertyAndTheReason(String name, String value) {
		this.runner.withPropertyValues("trunkline.notification." + name + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class,
						(ex) -> assertThat(ex.getName()).isEqualTo("trunkline.notification." + name)));
	}

	@ParameterizedTest
	@CsvSource({ "schema,''", "readers,a very long name of a role that nobody could have in any cluster of PostgreSQL",
			"max-age,10ms", "max-size,7KB", "max-size,3GB" })
	void namesAWrongPropertyOfLargePayloads(String name, String value) {
		this.runner
			.withPropertyValues("trunkline.notification.large-payloads.enabled=true",
					"trunkline.notification.large-payloads." + name + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class,
						(ex) -> assertThat(ex.getName()).isEqualTo("trunkline.notification.large-payloads." + name)));
	}

}
