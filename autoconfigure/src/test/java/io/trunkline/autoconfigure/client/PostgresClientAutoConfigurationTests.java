package io.trunkline.autoconfigure.client;

import io.r2dbc.spi.ConnectionFactories;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.client.PostgresClient;
import io.trunkline.connection.PostgresConnections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link PostgresClientAutoConfiguration}. No connection is opened.
 */
class PostgresClientAutoConfigurationTests {

	private static final String URL = "r2dbc:postgresql://user:secret@localhost:1/nowhere";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("spring.r2dbc.url=" + URL)
		.withConfiguration(AutoConfigurations.of(R2dbcAutoConfiguration.class,
				PostgresConnectionsAutoConfiguration.class, PostgresClientAutoConfiguration.class));

	@Test
	void registersTheClient() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(PostgresClient.class));
	}

	@Test
	void takesAllProperties() {
		this.runner
			.withPropertyValues("trunkline.client.fetch-size=7", "trunkline.client.retry.max-attempts=9",
					"trunkline.client.retry.first-backoff=5ms", "trunkline.client.retry.max-backoff=50ms")
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(PostgresClient.class));
	}

	@Test
	void backsOffForABeanOfTheUser() {
		PostgresClient own = PostgresClient.create(ConnectionFactories.get(URL));
		this.runner.withBean("own", PostgresClient.class, () -> own)
			.run((context) -> assertThat(context).getBean(PostgresClient.class).isSameAs(own));
	}

	@ParameterizedTest
	@ValueSource(strings = { "trunkline.enabled=false", "trunkline.client.enabled=false" })
	void isOffWhereAPropertySaysSo(String property) {
		this.runner.withPropertyValues(property)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(PostgresClient.class));
	}

	@Test
	void isOffWithoutConnections() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(PostgresClientAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(PostgresConnections.class)
				.doesNotHaveBean(PostgresClient.class));
	}

	@ParameterizedTest
	@CsvSource({ "fetch-size,0", "retry.max-attempts,0", "retry.first-backoff,-1s", "retry.max-backoff,1ms" })
	void namesAWrongPropertyAndTheReason(String name, String value) {
		this.runner.withPropertyValues("trunkline.client." + name + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("trunkline.client." + name);
					assertThat(ex.getReason()).contains("give");
				}));
	}

}
