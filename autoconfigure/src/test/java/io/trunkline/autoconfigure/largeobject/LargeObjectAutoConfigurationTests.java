package io.trunkline.autoconfigure.largeobject;

import java.util.stream.Stream;

import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.autoconfigure.connection.OperationMeterObservationHandler;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.UnsupportedConnectionFactoryException;
import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.OrphanedLargeObjects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mockito.Mockito;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Primary;
import org.springframework.core.io.support.SpringFactoriesLoader;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link LargeObjectAutoConfiguration} and {@link PostgresConnectionsAutoConfiguration}.
 * No connection is opened: connection factories connect when they are asked to.
 */
class LargeObjectAutoConfigurationTests {

	private static final String URL = "r2dbc:postgresql://user:secret@localhost:1/nowhere";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("spring.r2dbc.url=" + URL)
		.withConfiguration(AutoConfigurations.of(R2dbcAutoConfiguration.class,
				PostgresConnectionsAutoConfiguration.class, LargeObjectAutoConfiguration.class));

	@Test
	void registersTheTemplateAndTheOrphanSearchAndNoSchedule() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(PostgresConnections.class)
			.hasSingleBean(LargeObjectTemplate.class)
			.hasSingleBean(OrphanedLargeObjects.class)
			.doesNotHaveBean(OrphanSweepSchedule.class));
	}

	@Test
	void backsOffForBeansOfTheUser() {
		this.runner.withUserConfiguration(UserBeans.class)
			.run((context) -> assertThat(context).getBean(LargeObjectTemplate.class)
				.isSameAs(context.getBean(UserBeans.class).template));
	}

	@ParameterizedTest
	@ValueSource(strings = { "trunkline.enabled=false", "trunkline.large-object.enabled=false" })
	void isOffWhereAPropertySaysSo(String property) {
		this.runner.withPropertyValues(property)
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(LargeObjectTemplate.class)
				.doesNotHaveBean(OrphanedLargeObjects.class));
	}

	@Test
	void keepsTheConnectionsWhereOnlyLargeObjectsAreOff() {
		this.runner.withPropertyValues("trunkline.large-object.enabled=false")
			.run((context) -> assertThat(context).hasSingleBean(PostgresConnections.class));
		this.runner.withPropertyValues("trunkline.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(PostgresConnections.class));
	}

	@Test
	void isOffWithoutTheDriver() {
		this.runner.withClassLoader(new FilteredClassLoader(PostgresqlConnectionFactory.class))
			.withUserConfiguration(UserConnectionFactory.class)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(PostgresConnections.class));
	}

	@Test
	void isOffWithTwoConnectionFactoriesOfEqualRank() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(PostgresConnectionsAutoConfiguration.class,
					LargeObjectAutoConfiguration.class))
			.withUserConfiguration(UserConnectionFactory.class, OtherConnectionFactory.class)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(LargeObjectTemplate.class));
	}

	@Test
	void takesThePrimaryOfTwoConnectionFactories() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(PostgresConnectionsAutoConfiguration.class,
					LargeObjectAutoConfiguration.class))
			.withUserConfiguration(UserConnectionFactory.class, PrimaryConnectionFactory.class)
			.run((context) -> assertThat(context.getBean(PostgresConnections.class).getConnectionFactory())
				.isSameAs(context.getBean("primary")));
	}

	@Test
	void refusesAnotherDatabaseAndSaysWhatToDo() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(PostgresConnectionsAutoConfiguration.class,
					LargeObjectAutoConfiguration.class))
			.withBean("foreign", ConnectionFactory.class, LargeObjectAutoConfigurationTests::foreignConnectionFactory)
			.run((context) -> {
				assertThat(context).getFailure().rootCause().isInstanceOf(UnsupportedConnectionFactoryException.class);
				FailureAnalysis analysis = analyze(context.getStartupFailure());
				assertThat(analysis.getDescription()).contains("for Oracle Database");
				assertThat(analysis.getAction()).contains("r2dbc:postgresql:").contains("trunkline.enabled");
			});
	}

	@ParameterizedTest
	@MethodSource("wrongProperties")
	void namesAWrongPropertyAndTheReason(String name, String value, String reason) {
		this.runner
			.withPropertyValues("trunkline.large-object.orphan-sweep.interval=1h",
					"trunkline.large-object." + name + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("trunkline.large-object." + name);
					assertThat(ex.getReason()).contains(reason);
				}));
	}

	static Stream<Arguments> wrongProperties() {
		return Stream.of(Arguments.of("chunk-size", "1000B", "multiple of 2048"),
				Arguments.of("chunk-size", "0", "multiple of 2048"),
				Arguments.of("chunk-size", "3TB", "multiple of 2048"),
				Arguments.of("orphan-sweep.batch-size", "0", "at least 1"),
				Arguments.of("orphan-sweep.grace-period", "-1s", "must not be negative"),
				Arguments.of("orphan-sweep.interval", "0s", "must be positive"),
				Arguments.of("orphan-sweep.referencing-columns", "files.content", "schema.table.column"),
				Arguments.of("orphan-sweep.ignored-columns", "public..content", "table"));
	}

	@Test
	void schedulesTheSweepWhereAnIntervalIsGiven() {
		this.runner.withPropertyValues("trunkline.large-object.orphan-sweep.interval=1h")
			.run((context) -> assertThat(context.getBean(OrphanSweepSchedule.class).isRunning()).isTrue());
	}

	@Test
	void countsWhatPassesWhereThereIsAMeterRegistry() {
		this.runner
			.withConfiguration(AutoConfigurations.of(MetricsAutoConfiguration.class,
					CompositeMeterRegistryAutoConfiguration.class, ObservationAutoConfiguration.class))
			.run((context) -> assertThat(context).hasSingleBean(OperationMeterObservationHandler.class));
		this.runner.run((context) -> assertThat(context).doesNotHaveBean(OperationMeterObservationHandler.class));
	}

	private static FailureAnalysis analyze(Throwable failure) {
		return SpringFactoriesLoader.forDefaultResourceLocation()
			.load(FailureAnalyzer.class,
					SpringFactoriesLoader.FailureHandler
						.logging(org.apache.commons.logging.LogFactory.getLog(LargeObjectAutoConfigurationTests.class)))
			.stream()
			.map((analyzer) -> analyzer.analyze(failure))
			.filter((analysis) -> analysis != null)
			.findFirst()
			.orElseThrow();
	}

	private static ConnectionFactory foreignConnectionFactory() {
		ConnectionFactory connectionFactory = Mockito.mock();
		Mockito.when(connectionFactory.getMetadata()).thenReturn(() -> "Oracle Database");
		return connectionFactory;
	}

	@Configuration(proxyBeanMethods = false)
	static class UserBeans {

		private final LargeObjectTemplate template = LargeObjectTemplate.create(ConnectionFactories.get(URL));

		@Bean
		LargeObjectTemplate userTemplate() {
			return this.template;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class UserConnectionFactory {

		@Bean
		ConnectionFactory first() {
			return ConnectionFactories.get(URL);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OtherConnectionFactory {

		@Bean
		ConnectionFactory second() {
			return ConnectionFactories.get(URL);
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class PrimaryConnectionFactory {

		@Bean
		@Primary
		ConnectionFactory primary() {
			return ConnectionFactories.get(URL);
		}

	}

}
