package io.trunkline.test.autoconfigure;

import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.NoneNestedConditions;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Conditional;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of the server that tests run
 * against, where nothing else tells which: no {@code spring.r2dbc.url}, no
 * {@link R2dbcConnectionDetails} (of a container with {@code @ServiceConnection}, for
 * example) and no {@link ConnectionFactory}.
 * <p>
 * It is the server that the environment variable {@code TRUNKLINE_TEST_URL} names, a
 * superuser's URL, else an embedded one. Either is shared by all contexts of the JVM,
 * each of which has a database of its own on it, dropped with the context.
 *
 * @since 0.1.0
 */
@AutoConfiguration(before = R2dbcAutoConfiguration.class,
		beforeName = { "io.trunkline.autoconfigure.embedded.EmbeddedPostgresAutoConfiguration",
				"org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration" })
@ConditionalOnClass({ PostgresqlConnectionFactory.class, R2dbcConnectionDetails.class })
@ConditionalOnBooleanProperty(name = { "trunkline.enabled", "trunkline.embedded.enabled" }, matchIfMissing = true)
@Conditional(TestServerAutoConfiguration.NoServerConfiguredCondition.class)
@ConditionalOnMissingBean({ R2dbcConnectionDetails.class, ConnectionFactory.class })
public final class TestServerAutoConfiguration {

	private static final Log logger = LogFactory.getLog(TestServerAutoConfiguration.class);

	@Bean
	R2dbcConnectionDetails testServerR2dbcConnectionDetails() {
		return new TestDatabase(SharedServer.get());
	}

	/**
	 * A database of one context.
	 */
	static final class TestDatabase implements R2dbcConnectionDetails, DisposableBean {

		private final SharedServer server;

		private final ConnectionFactoryOptions options;

		TestDatabase(SharedServer server) {
			this.server = server;
			this.options = server.createDatabase();
			server.hold();
		}

		@Override
		public ConnectionFactoryOptions getConnectionFactoryOptions() {
			return this.options;
		}

		@Override
		public void destroy() {
			try {
				this.server.dropDatabase(this.options);
			}
			catch (RuntimeException ex) {
				logger.debug("The server has gone before the database", ex);
			}
			finally {
				this.server.release();
			}
		}

	}

	/**
	 * Matches where neither a URL nor a port or a directory of an embedded server is set,
	 * which several contexts cannot share.
	 */
	static class NoServerConfiguredCondition extends NoneNestedConditions {

		NoServerConfiguredCondition() {
			super(ConfigurationPhase.REGISTER_BEAN);
		}

		@ConditionalOnProperty("spring.r2dbc.url")
		static class Url {

		}

		@ConditionalOnProperty("trunkline.embedded.port")
		static class Port {

		}

		@ConditionalOnProperty("trunkline.embedded.data-directory")
		static class DataDirectory {

		}

	}

}
