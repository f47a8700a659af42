package io.trunkline.test.autoconfigure;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

class TestServerAutoConfigurationTests {

	private static final R2dbcConnectionDetails CONTAINER = () -> ConnectionFactoryOptions
		.parse("r2dbc:postgresql://me:secret@container:5433/app");

	private final ApplicationContextRunner context = new ApplicationContextRunner().withConfiguration(
			AutoConfigurations.of(TestServerAutoConfiguration.class, TestMigrationAutoConfiguration.class));

	@Test
	void connectionDetailsTakePrecedence() {
		this.context.withBean(R2dbcConnectionDetails.class, () -> CONTAINER)
			.run((context) -> assertThat(context.getBean(R2dbcConnectionDetails.class)).isSameAs(CONTAINER));
	}

	@Test
	void aUrlTakesPrecedence() {
		this.context.withPropertyValues("spring.r2dbc.url=r2dbc:postgresql://nowhere/app")
			.run((context) -> assertThat(context).doesNotHaveBean(R2dbcConnectionDetails.class));
	}

	@Test
	void aConnectionFactoryTakesPrecedence() {
		this.context
			.withBean(ConnectionFactory.class, () -> ConnectionFactories.get("r2dbc:postgresql://me:x@nowhere/app"))
			.run((context) -> assertThat(context).doesNotHaveBean(R2dbcConnectionDetails.class));
	}

	@Test
	void anEmbeddedServerOfTheContextsOwnTakesPrecedence() {
		this.context.withPropertyValues("trunkline.embedded.port=5499")
			.run((context) -> assertThat(context).doesNotHaveBean(R2dbcConnectionDetails.class));
		this.context.withPropertyValues("trunkline.embedded.enabled=false")
			.run((context) -> assertThat(context).doesNotHaveBean(R2dbcConnectionDetails.class));
	}

	@Test
	void migrationsGetTheSameDatabase() {
		this.context.withBean(R2dbcConnectionDetails.class, () -> CONTAINER).run((context) -> {
			JdbcConnectionDetails details = context.getBean(JdbcConnectionDetails.class);
			assertThat(details.getJdbcUrl()).isEqualTo("jdbc:postgresql://container:5433/app");
			assertThat(details.getUsername()).isEqualTo("me");
			assertThat(details.getPassword()).isEqualTo("secret");
		});
	}

	@Test
	void aJdbcUrlTakesPrecedence() {
		this.context.withBean(R2dbcConnectionDetails.class, () -> CONTAINER)
			.withPropertyValues("spring.datasource.url=jdbc:postgresql://elsewhere/app")
			.run((context) -> assertThat(context).doesNotHaveBean(JdbcConnectionDetails.class));
	}

}
