package io.trunkline.autoconfigure.schema;

import java.util.List;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.schema.SchemaCatalog;
import io.trunkline.schema.TableInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The auto-configured catalogue against a server.
 */
class SchemaCatalogAutoConfigurationIntegrationTests {

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(R2dbcAutoConfiguration.class,
				PostgresConnectionsAutoConfiguration.class, SchemaCatalogAutoConfiguration.class,
				MetricsAutoConfiguration.class, ObservationAutoConfiguration.class))
		.withBean(SimpleMeterRegistry.class)
		.withPropertyValues("spring.r2dbc.username=" + this.server.user(),
				"spring.r2dbc.password=" + this.server.password(),
				"spring.r2dbc.url=" + this.server.r2dbcUrl(this.database));

	@AfterEach
	void dropDatabase() {
		this.server.dropDatabase(this.database);
	}

	@Test
	void loadsTheChosenTablesOnceWhenItStarts() {
		this.server.executeIn(this.database, "CREATE SCHEMA app", "CREATE TABLE app.kept (id int)",
				"CREATE TABLE app.left_out (id int)", "CREATE TABLE other (id int)");
		this.runner
			.withPropertyValues("trunkline.schema.load-on-startup=true", "trunkline.schema.verify-after=1h",
					"trunkline.schema.schemas=app", "trunkline.schema.include=*", "trunkline.schema.exclude=left*")
			.run((context) -> {
				assertThat(context).hasNotFailed();
				SchemaCatalog catalog = context.getBean(SchemaCatalog.class);
				assertThat(catalog.table("app.kept").block()).isNotNull();
				MeterRegistry meters = context.getBean(MeterRegistry.class);
				assertThat(meters.get("trunkline.catalog.tables").tag("outcome", "success").timer().count()).isOne();
				assertThat(meters.find("trunkline.catalog.table").timer()).as("a read of one table").isNull();
				List<String> names = catalog.tables().map(TableInfo::name).collectList().block();
				assertThat(names).containsExactly("kept");
			});
	}

}
