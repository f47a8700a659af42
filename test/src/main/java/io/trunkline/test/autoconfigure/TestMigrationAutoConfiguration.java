package io.trunkline.test.autoconfigure;

import javax.sql.DataSource;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.AnyNestedCondition;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.flyway.autoconfigure.FlywayConnectionDetails;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseConnectionDetails;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of migrations in tests: with Flyway
 * or Liquibase on the class path and only R2DBC configured, they run over JDBC in the
 * same database.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = { R2dbcAutoConfiguration.class, TestServerAutoConfiguration.class },
		afterName = "io.trunkline.autoconfigure.embedded.EmbeddedPostgresAutoConfiguration",
		beforeName = { "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration",
				"org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration",
				"org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration" })
@ConditionalOnClass({ JdbcConnectionDetails.class, R2dbcConnectionDetails.class })
@Conditional(TestMigrationAutoConfiguration.MigrationsCondition.class)
@ConditionalOnProperty(name = "spring.datasource.url", matchIfMissing = true, havingValue = "none")
@ConditionalOnBean(R2dbcConnectionDetails.class)
@ConditionalOnMissingBean({ JdbcConnectionDetails.class, DataSource.class })
public final class TestMigrationAutoConfiguration {

	/**
	 * Both are configured where there is such a bean.
	 */
	@Bean
	JdbcConnectionDetails testMigrationConnectionDetails(R2dbcConnectionDetails details) {
		return new JdbcDatabase(details);
	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(FlywayConnectionDetails.class)
	@ConditionalOnProperty(name = "spring.flyway.url", matchIfMissing = true, havingValue = "none")
	static class Flyway {

		@Bean
		@ConditionalOnMissingBean(FlywayConnectionDetails.class)
		FlywayConnectionDetails testFlywayConnectionDetails(R2dbcConnectionDetails details) {
			return new FlywayDatabase(details);
		}

	}

	@Configuration(proxyBeanMethods = false)
	@ConditionalOnClass(LiquibaseConnectionDetails.class)
	@ConditionalOnProperty(name = "spring.liquibase.url", matchIfMissing = true, havingValue = "none")
	static class Liquibase {

		@Bean
		@ConditionalOnMissingBean(LiquibaseConnectionDetails.class)
		LiquibaseConnectionDetails testLiquibaseConnectionDetails(R2dbcConnectionDetails details) {
			return new LiquibaseDatabase(details);
		}

	}

	private static final class JdbcDatabase extends SameDatabase implements JdbcConnectionDetails {

		JdbcDatabase(R2dbcConnectionDetails details) {
			super(details);
		}

	}

	private static final class FlywayDatabase extends SameDatabase implements FlywayConnectionDetails {

		FlywayDatabase(R2dbcConnectionDetails details) {
			super(details);
		}

	}

	private static final class LiquibaseDatabase extends SameDatabase implements LiquibaseConnectionDetails {

		LiquibaseDatabase(R2dbcConnectionDetails details) {
			super(details);
		}

	}

	static class MigrationsCondition extends AnyNestedCondition {

		MigrationsCondition() {
			super(ConfigurationPhase.PARSE_CONFIGURATION);
		}

		@ConditionalOnClass(FlywayConnectionDetails.class)
		static class OfFlyway {

		}

		@ConditionalOnClass(LiquibaseConnectionDetails.class)
		static class OfLiquibase {

		}

	}

}
