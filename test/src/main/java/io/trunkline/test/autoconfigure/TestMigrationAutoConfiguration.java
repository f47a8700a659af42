package io.trunkline.test.autoconfigure;

import javax.sql.DataSource;

import io.r2dbc.spi.ConnectionFactoryOptions;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.flyway.autoconfigure.FlywayConnectionDetails;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.context.annotation.Bean;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of migrations in tests: with Flyway
 * on the class path and only R2DBC configured, they run over JDBC in the same database.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = { R2dbcAutoConfiguration.class, TestServerAutoConfiguration.class },
		afterName = "io.trunkline.autoconfigure.embedded.EmbeddedPostgresAutoConfiguration",
		beforeName = { "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
				"org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration" })
@ConditionalOnClass({ FlywayConnectionDetails.class, JdbcConnectionDetails.class, R2dbcConnectionDetails.class })
@ConditionalOnProperty(name = { "spring.datasource.url", "spring.flyway.url" }, matchIfMissing = true,
		havingValue = "none")
@ConditionalOnBean(R2dbcConnectionDetails.class)
@ConditionalOnMissingBean({ FlywayConnectionDetails.class, JdbcConnectionDetails.class, DataSource.class })
public final class TestMigrationAutoConfiguration {

	/**
	 * Flyway is configured where the one is, and takes what the other says.
	 */
	@Bean
	SameDatabase testMigrationConnectionDetails(R2dbcConnectionDetails details) {
		return new SameDatabase(details.getConnectionFactoryOptions());
	}

	/**
	 * The database of an R2DBC URL, over JDBC.
	 *
	 * @param options the R2DBC options
	 */
	record SameDatabase(ConnectionFactoryOptions options) implements JdbcConnectionDetails, FlywayConnectionDetails {

		@Override
		public String getUsername() {
			return String.valueOf(this.options.getRequiredValue(ConnectionFactoryOptions.USER));
		}

		@Override
		public String getPassword() {
			Object password = this.options.getValue(ConnectionFactoryOptions.PASSWORD);
			return (password != null) ? password.toString() : "";
		}

		@Override
		public String getDriverClassName() {
			return "org.postgresql.Driver";
		}

		@Override
		public String getJdbcUrl() {
			Object port = this.options.getValue(ConnectionFactoryOptions.PORT);
			return "jdbc:postgresql://%s:%s/%s".formatted(this.options.getRequiredValue(ConnectionFactoryOptions.HOST),
					(port != null) ? port : 5432, this.options.getRequiredValue(ConnectionFactoryOptions.DATABASE));
		}

	}

}
