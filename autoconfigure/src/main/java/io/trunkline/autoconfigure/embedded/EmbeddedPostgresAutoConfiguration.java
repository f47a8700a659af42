package io.trunkline.autoconfigure.embedded;

import javax.sql.DataSource;

import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.embedded.EmbeddedPostgresServer;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.PropertyMapper;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.io.ResourceLoader;
import org.springframework.jdbc.datasource.embedded.EmbeddedDatabaseType;
import org.springframework.util.ClassUtils;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of an embedded PostgreSQL server.
 * <p>
 * It starts one where the artifact {@code trunkline-embedded-postgres} is on the class
 * path and nothing else tells which server to use: no {@code spring.r2dbc.url}, no
 * {@link R2dbcConnectionDetails} (of Testcontainers or Docker Compose, for example) and
 * no {@link ConnectionFactory}. The server stops with the application context.
 *
 * @since 0.1.0
 */
@AutoConfiguration(before = R2dbcAutoConfiguration.class,
		beforeName = "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration")
@ConditionalOnClass({ EmbeddedPostgresServer.class, PostgresqlConnectionFactory.class })
@ConditionalOnBooleanProperty(name = { "trunkline.enabled", "trunkline.embedded.enabled" }, matchIfMissing = true)
@Conditional(EmbeddedPostgresAutoConfiguration.NoR2dbcUrlCondition.class)
@ConditionalOnMissingBean({ R2dbcConnectionDetails.class, ConnectionFactory.class })
@EnableConfigurationProperties(EmbeddedPostgresProperties.class)
public final class EmbeddedPostgresAutoConfiguration {

	private static final String TEST_CLASS = "org.springframework.boot.test.context.SpringBootTest";

	@Bean(initMethod = "start", destroyMethod = "close")
	@ConditionalOnMissingBean
	EmbeddedPostgresServer embeddedPostgresServer(EmbeddedPostgresProperties properties,
			ResourceLoader resourceLoader) {
		EmbeddedPostgresServer.Builder builder = EmbeddedPostgresServer.builder()
			.port(properties.getPort())
			.database(properties.getDatabase())
			.username(properties.getUsername())
			.password(properties.getPassword())
			.logLevel(properties.getLogLevel())
			.startTimeout(properties.getStartTimeout())
			// The context closes the server after the beans that use it.
			.shutdownHook(false);
		PropertyMapper map = PropertyMapper.get();
		map.from(properties::getVersion).to(builder::version);
		map.from(properties::getDataDirectory).to(builder::dataDirectory);
		Boolean inMemory = properties.getInMemory();
		builder.inMemory(
				(inMemory != null) ? inMemory : ClassUtils.isPresent(TEST_CLASS, resourceLoader.getClassLoader()));
		properties.getSettings().forEach((name, value) -> builder.setting(name.replace('-', '_'), value));
		return builder.build();
	}

	@Bean
	R2dbcConnectionDetails embeddedPostgresR2dbcConnectionDetails(EmbeddedPostgresServer server) {
		return new EmbeddedPostgresR2dbcConnectionDetails(server);
	}

	/**
	 * What runs over JDBC, such as Flyway and Liquibase, finds the same server.
	 */
	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass({ JdbcConnectionDetails.class, EmbeddedDatabaseType.class })
	@Conditional(NoDataSourceUrlCondition.class)
	@ConditionalOnMissingBean({ JdbcConnectionDetails.class, DataSource.class })
	static class JdbcConfiguration {

		@Bean
		JdbcConnectionDetails embeddedPostgresJdbcConnectionDetails(EmbeddedPostgresServer server) {
			return new EmbeddedPostgresJdbcConnectionDetails(server);
		}

	}

	/**
	 * Adapts {@link EmbeddedPostgresServer} to {@link R2dbcConnectionDetails}.
	 *
	 * @param server the server
	 */
	record EmbeddedPostgresR2dbcConnectionDetails(EmbeddedPostgresServer server) implements R2dbcConnectionDetails {

		@Override
		public ConnectionFactoryOptions getConnectionFactoryOptions() {
			return ConnectionFactoryOptions.builder()
				.option(ConnectionFactoryOptions.DRIVER, "postgresql")
				.option(ConnectionFactoryOptions.HOST, this.server.getHost())
				.option(ConnectionFactoryOptions.PORT, this.server.getPort())
				.option(ConnectionFactoryOptions.DATABASE, this.server.getDatabase())
				.option(ConnectionFactoryOptions.USER, this.server.getUsername())
				.option(ConnectionFactoryOptions.PASSWORD, this.server.getPassword())
				.build();
		}

	}

	/**
	 * Adapts {@link EmbeddedPostgresServer} to {@link JdbcConnectionDetails}.
	 *
	 * @param server the server
	 */
	record EmbeddedPostgresJdbcConnectionDetails(EmbeddedPostgresServer server) implements JdbcConnectionDetails {

		@Override
		public String getUsername() {
			return this.server.getUsername();
		}

		@Override
		public String getPassword() {
			return this.server.getPassword();
		}

		@Override
		public String getJdbcUrl() {
			return this.server.getJdbcUrl();
		}

	}

	/**
	 * Matches where {@code spring.r2dbc.url} is not set.
	 */
	static class NoR2dbcUrlCondition extends NoneNestedConditions {

		NoR2dbcUrlCondition() {
			super(ConfigurationPhase.REGISTER_BEAN);
		}

		@ConditionalOnProperty("spring.r2dbc.url")
		static class Url {

		}

	}

	/**
	 * Matches where {@code spring.datasource.url} is not set.
	 */
	static class NoDataSourceUrlCondition extends NoneNestedConditions {

		NoDataSourceUrlCondition() {
			super(ConfigurationPhase.REGISTER_BEAN);
		}

		@ConditionalOnProperty("spring.datasource.url")
		static class Url {

		}

	}

}
