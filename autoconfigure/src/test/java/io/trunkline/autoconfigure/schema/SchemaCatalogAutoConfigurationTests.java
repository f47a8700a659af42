package io.trunkline.autoconfigure.schema;

import java.util.stream.Stream;

import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.schema.SchemaCatalog;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * No server answers at the URL: what is not loaded at start-up is not asked for.
 */
@ExtendWith(OutputCaptureExtension.class)
class SchemaCatalogAutoConfigurationTests {

	private static final String URL = "r2dbc:postgresql://user:secret@localhost:1/nowhere";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("spring.r2dbc.url=" + URL)
		.withConfiguration(AutoConfigurations.of(R2dbcAutoConfiguration.class,
				PostgresConnectionsAutoConfiguration.class, SchemaCatalogAutoConfiguration.class));

	@Test
	void registersTheCatalogueAndLoadsNothing() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(SchemaCatalog.class)
			.doesNotHaveBean(SchemaCatalogLoad.class));
	}

	@Test
	void backsOffForABeanOfTheUser() {
		this.runner.withUserConfiguration(UserCatalog.class)
			.run((context) -> assertThat(context).getBean(SchemaCatalog.class)
				.isSameAs(context.getBean(UserCatalog.class).catalog));
	}

	@ParameterizedTest
	@ValueSource(strings = { "trunkline.enabled=false", "trunkline.schema.enabled=false" })
	void isOffWhereAPropertySaysSo(String property) {
		this.runner.withPropertyValues(property, "trunkline.schema.load-on-startup=true")
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SchemaCatalog.class));
	}

	@Test
	void isOffWithoutTheDriver() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(PostgresConnectionsAutoConfiguration.class,
					SchemaCatalogAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader(PostgresqlConnectionFactory.class))
			.withUserConfiguration(OneConnectionFactory.class)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SchemaCatalog.class));
	}

	@Test
	void isOffWithTwoConnectionFactoriesOfEqualRank() {
		new ApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(PostgresConnectionsAutoConfiguration.class,
					SchemaCatalogAutoConfiguration.class))
			.withUserConfiguration(OneConnectionFactory.class, OtherConnectionFactory.class)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(SchemaCatalog.class));
	}

	@Test
	void failsTheStartWhereTheTablesCannotBeReadAndSaysWhatToDo() {
		this.runner.withPropertyValues("trunkline.schema.load-on-startup=true").run((context) -> {
			assertThat(context).hasFailed();
			FailureAnalysis analysis = new SchemaLoadFailureAnalyzer().analyze(context.getStartupFailure());
			assertThat(analysis).isNotNull();
			assertThat(analysis.getDescription()).contains("cannot be read at start-up");
			assertThat(analysis.getAction()).contains("spring.r2dbc.url", "trunkline.schema.fail-fast");
		});
	}

	@Test
	void startsWithAWarningWhereItNeedNotBeFast(CapturedOutput output) {
		this.runner.withPropertyValues("trunkline.schema.load-on-startup=true", "trunkline.schema.fail-fast=false")
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(SchemaCatalog.class));
		assertThat(output).contains("The tables were not read at start-up");
	}

	@ParameterizedTest
	@MethodSource("wrongProperties")
	void namesAWrongPropertyAndTheReason(String name, String value, String reason) {
		this.runner.withPropertyValues("trunkline.schema." + name + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("trunkline.schema." + name);
					assertThat(ex.getReason()).contains(reason);
				}));
	}

	static Stream<Arguments> wrongProperties() {
		return Stream.of(Arguments.of("include", "a.b.c", "3 parts"), Arguments.of("exclude", "\"open", "not closed"),
				Arguments.of("schemas", "x".repeat(64), "64 bytes"),
				Arguments.of("verify-after", "-1s", "zero or more"));
	}

	@Configuration(proxyBeanMethods = false)
	static class UserCatalog {

		private final SchemaCatalog catalog = SchemaCatalog.create(ConnectionFactories.get(URL));

		@Bean
		SchemaCatalog userCatalog() {
			return this.catalog;
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OneConnectionFactory {

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

}
