package io.trunkline.test.autoconfigure;

import java.time.Duration;

import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.test.DatabasePerTest;
import io.trunkline.test.RollbackPerTest;
import io.trunkline.test.app.Item;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.junit.jupiter.Container;
import org.testcontainers.junit.jupiter.Testcontainers;
import org.testcontainers.postgresql.PostgreSQLContainer;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.testcontainers.service.connection.ServiceConnection;
import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of a server in a container, for which Docker has to run.
 */
@SpringBootTest(classes = ShopApplication.class)
@EnabledIf(value = "dockerRuns", disabledReason = ContainerIntegrationTests.NO_DOCKER)
@Testcontainers
class ContainerIntegrationTests {

	static final String NO_DOCKER = "No Docker runs here: tests of a container with @ServiceConnection are skipped";

	private static final Duration LONG = Duration.ofSeconds(30);

	@Container
	@ServiceConnection
	private static final PostgreSQLContainer postgres = new PostgreSQLContainer("postgres:18-alpine");

	@Autowired
	private R2dbcConnectionDetails details;

	@Autowired
	private ItemRepository items;

	@Autowired
	private DatabaseClient client;

	static boolean dockerRuns() {
		boolean runs = DockerClientFactory.instance().isDockerAvailable();
		if (!runs) {
			LogFactory.getLog(ContainerIntegrationTests.class).warn(NO_DOCKER);
		}
		return runs;
	}

	@Test
	void theContainerIsTaken() {
		ConnectionFactoryOptions options = this.details.getConnectionFactoryOptions();
		assertThat(options.getValue(ConnectionFactoryOptions.PORT)).isEqualTo(postgres.getFirstMappedPort());
		assertThat(database()).isEqualTo(postgres.getDatabaseName());
	}

	@RepeatedTest(2)
	@RollbackPerTest
	void testsAreRolledBackInIt() {
		assertThat(this.items.count().block(LONG)).isZero();
		this.items.save(new Item(null, "lamp")).block(LONG);
		assertThat(this.items.count().block(LONG)).isOne();
	}

	@RepeatedTest(2)
	@DatabasePerTest
	void testsGetAClonedDatabaseInIt() {
		assertThat(database()).isNotEqualTo(postgres.getDatabaseName());
		assertThat(this.items.count().block(LONG)).isZero();
		this.items.save(new Item(null, "lamp")).block(LONG);
	}

	private String database() {
		return this.client.sql("SELECT current_database()::text").mapValue(String.class).one().block(LONG);
	}

}
