package io.trunkline.autoconfigure.copy;

import io.r2dbc.spi.ConnectionFactories;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.json.JsonSupportAutoConfiguration;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.copy.BulkCopyService;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link BulkCopyAutoConfiguration}. No connection is opened.
 */
class BulkCopyAutoConfigurationTests {

	private static final String URL = "r2dbc:postgresql://user:secret@localhost:1/nowhere";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withPropertyValues("spring.r2dbc.url=" + URL)
		.withConfiguration(
				AutoConfigurations.of(R2dbcAutoConfiguration.class, PostgresConnectionsAutoConfiguration.class,
						JsonSupportAutoConfiguration.class, BulkCopyAutoConfiguration.class));

	@Test
	void registersTheService() {
		this.runner.run((context) -> assertThat(context).hasSingleBean(BulkCopyService.class));
	}

	@Test
	void backsOffForABeanOfTheUser() {
		BulkCopyService own = BulkCopyService.create(ConnectionFactories.get(URL));
		this.runner.withBean("own", BulkCopyService.class, () -> own)
			.run((context) -> assertThat(context).getBean(BulkCopyService.class).isSameAs(own));
	}

	@ParameterizedTest
	@ValueSource(strings = { "tools.jackson", "com.github.luben.zstd" })
	void doesWithoutWhatIsOptional(String absent) {
		this.runner.withClassLoader(new FilteredClassLoader(absent))
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(BulkCopyService.class));
	}

	@ParameterizedTest
	@ValueSource(strings = { "trunkline.enabled=false", "trunkline.copy.enabled=false" })
	void isOffWhereAPropertySaysSo(String property) {
		this.runner.withPropertyValues(property)
			.run((context) -> assertThat(context).hasNotFailed().doesNotHaveBean(BulkCopyService.class));
	}

	@Test
	void isOffWithoutConnections() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(BulkCopyAutoConfiguration.class))
			.run((context) -> assertThat(context).hasNotFailed()
				.doesNotHaveBean(PostgresConnections.class)
				.doesNotHaveBean(BulkCopyService.class));
	}

	@ParameterizedTest
	@CsvSource({ "frame-size,10B", "frame-size,3GB", "parallel-chunk-size,0" })
	void namesAWrongPropertyAndTheReason(String name, String value) {
		this.runner.withPropertyValues("trunkline.copy." + name + "=" + value)
			.run((context) -> assertThat(context).getFailure()
				.rootCause()
				.isInstanceOfSatisfying(InvalidConfigurationPropertyValueException.class, (ex) -> {
					assertThat(ex.getName()).isEqualTo("trunkline.copy." + name);
					assertThat(ex.getReason()).contains("must be between");
				}));
	}

}
