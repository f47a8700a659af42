package io.trunkline.autoconfigure.embedded;

import javax.sql.DataSource;

import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.embedded.EmbeddedPostgresServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigureOrder;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.context.annotation.ImportCandidates;
import org.springframework.boot.data.r2dbc.test.autoconfigure.AutoConfigureDataR2dbc;
import org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

/**
 * Tests of {@link EmbeddedPostgresAutoConfiguration} that start no server: theirs is a
 * bean that is not started.
 */
class EmbeddedPostgresAutoConfigurationTests {

	private final ApplicationContextRunner contextRunner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(EmbeddedPostgresAutoConfiguration.class))
		.withUserConfiguration(ServerConfiguration.class);

	@Test
	void givesTheDetailsOfTheServer() {
		this.contextRunner
			.withConfiguration(AutoConfigurations.of(R2dbcAutoConfiguration.class, DataSourceAutoConfiguration.class))
			.run((context) -> {
				assertThat(context).hasNotFailed();
				ConnectionFactoryOptions options = context.getBean(R2dbcConnectionDetails.class)
					.getConnectionFactoryOptions();
				assertThat(options.getValue(ConnectionFactoryOptions.DRIVER)).isEqualTo("postgresql");
				assertThat(options.getValue(ConnectionFactoryOptions.HOST)).isEqualTo("127.0.0.1");
				assertThat(options.getValue(ConnectionFactoryOptions.PORT)).isEqualTo(15432);
				assertThat(options.getValue(ConnectionFactoryOptions.DATABASE)).isEqualTo("mine");
				assertThat(options.getValue(ConnectionFactoryOptions.USER)).isEqualTo("me");
				assertThat(options.getValue(ConnectionFactoryOptions.PASSWORD)).isEqualTo("secret");
				JdbcConnectionDetails details = context.getBean(JdbcConnectionDetails.class);
				assertThat(details.getJdbcUrl()).isEqualTo("jdbc:postgresql://127.0.0.1:15432/mine");
				assertThat(details.getUsername()).isEqualTo("me");
				assertThat(details.getPassword()).isEqualTo("secret");
				assertThat(details.getDriverClassName()).isEqualTo("org.postgresql.Driver");
				assertThat(context).hasSingleBean(ConnectionFactory.class);
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "trunkline.enabled=false", "trunkline.embedded.enabled=false",
			"spring.r2dbc.url=r2dbc:postgresql://localhost/db" })
	void backsOffByProperty(String property) {
		this.contextRunner.withPropertyValues(property).run(this::assertThatItBacksOff);
	}

	@Test
	void backsOffFromADeclaredConnectionFactory() {
		this.contextRunner.withBean(ConnectionFactory.class, () -> mock(ConnectionFactory.class))
			.run(this::assertThatItBacksOff);
	}

	@Test
	void backsOffFromOtherDetails() {
		this.contextRunner.withBean(R2dbcConnectionDetails.class, () -> mock(R2dbcConnectionDetails.class))
			.run(this::assertThatItBacksOff);
	}

	@Test
	void backsOffFromDetailsOfAServiceConnection() {
		this.contextRunner.withConfiguration(AutoConfigurations.of(EarlyAutoConfiguration.class))
			.run(this::assertThatItBacksOff);
	}

	@Test
	void backsOffWithoutTheArtifact() {
		new ApplicationContextRunner().withConfiguration(AutoConfigurations.of(EmbeddedPostgresAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader(EmbeddedPostgresServer.class))
			.run(this::assertThatItBacksOff);
	}

	@Test
	void backsOffWithoutTheDriver() {
		this.contextRunner.withClassLoader(new FilteredClassLoader("io.r2dbc.postgresql"))
			.run((context) -> assertThat(context).doesNotHaveBean(EmbeddedPostgresAutoConfiguration.class));
	}

	private void assertThatItBacksOff(AssertableApplicationContext context) {
		assertThat(context.getStartupFailure()).isNull();
		assertThat(context).doesNotHaveBean(EmbeddedPostgresAutoConfiguration.class)
			.doesNotHaveBean("embeddedPostgresR2dbcConnectionDetails")
			.doesNotHaveBean("embeddedPostgresJdbcConnectionDetails")
			.doesNotHaveBean("embeddedPostgresServer");
	}

	@ParameterizedTest
	@ValueSource(strings = { "org.springframework.boot.jdbc", "org.springframework.jdbc" })
	void givesNoJdbcDetailsWithoutJdbc(String missing) {
		new ApplicationContextRunner().withUserConfiguration(ServerConfiguration.class)
			.withConfiguration(AutoConfigurations.of(EmbeddedPostgresAutoConfiguration.class))
			.withClassLoader(new FilteredClassLoader(missing))
			.run((context) -> {
				assertThat(context).hasSingleBean(R2dbcConnectionDetails.class);
				assertThat(context).doesNotHaveBean("embeddedPostgresJdbcConnectionDetails");
			});
	}

	@Test
	void givesNoJdbcDetailsBesideADeclaredDataSource() {
		this.contextRunner.withBean(DataSource.class, () -> mock(DataSource.class)).run((context) -> {
			assertThat(context).hasSingleBean(R2dbcConnectionDetails.class);
			assertThat(context).doesNotHaveBean(JdbcConnectionDetails.class);
		});
	}

	@Test
	void givesNoJdbcDetailsBesideOthers() {
		this.contextRunner.withBean("mine", JdbcConnectionDetails.class, () -> mock(JdbcConnectionDetails.class))
			.run((context) -> assertThat(context.getBeanNamesForType(JdbcConnectionDetails.class))
				.containsExactly("mine"));
	}

	@Test
	void givesNoJdbcDetailsBesideAUrlOfADataSource() {
		this.contextRunner.withPropertyValues("spring.datasource.url=jdbc:postgresql://localhost/db")
			.run((context) -> assertThat(context).doesNotHaveBean("embeddedPostgresJdbcConnectionDetails")
				.hasSingleBean(R2dbcConnectionDetails.class));
	}

	@Test
	void isFoundByApplicationsAndByTheSlice() {
		String name = EmbeddedPostgresAutoConfiguration.class.getName();
		assertThat(ImportCandidates.load(AutoConfiguration.class, getClass().getClassLoader()).getCandidates())
			.contains(name);
		assertThat(ImportCandidates.load(AutoConfigureDataR2dbc.class, getClass().getClassLoader()).getCandidates())
			.contains(name);
	}

	@Configuration(proxyBeanMethods = false)
	static class ServerConfiguration {

		@Bean
		EmbeddedPostgresServer server() {
			return EmbeddedPostgresServer.builder()
				.port(15432)
				.database("mine")
				.username("me")
				.password("secret")
				.build();
		}

	}

	/**
	 * Contributes details as early as the auto-configuration of service connections.
	 */
	@AutoConfiguration
	@AutoConfigureOrder(Ordered.HIGHEST_PRECEDENCE)
	static class EarlyAutoConfiguration {

		@Bean
		R2dbcConnectionDetails containerDetails() {
			return mock(R2dbcConnectionDetails.class);
		}

	}

}
