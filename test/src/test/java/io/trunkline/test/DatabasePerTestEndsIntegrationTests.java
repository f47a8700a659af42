package io.trunkline.test;

import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.platform.testkit.engine.EngineTestKit;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.r2dbc.OptionsCapableConnectionFactory;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.test.annotation.DirtiesContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.platform.engine.discovery.DiscoverySelectors.selectClass;

/**
 * Databases are made and dropped while the tests run; when the context closes, none of
 * them is left.
 */
@RunsTests
class DatabasePerTestEndsIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	/**
	 * Return a client of the server that a context uses, which outlives the context.
	 */
	static DatabaseClient server(ConnectionFactory factory) {
		return DatabaseClient.create(ConnectionFactories.get(OptionsCapableConnectionFactory.unwrapFrom(factory)
			.getOptions()
			.mutate()
			.option(ConnectionFactoryOptions.DATABASE, "postgres")
			.build()));
	}

	/**
	 * Return the databases whose names begin so.
	 */
	static List<String> databases(DatabaseClient server, String prefix) {
		return server.sql("SELECT datname FROM pg_catalog.pg_database WHERE pg_catalog.starts_with(datname, :prefix)")
			.bind("prefix", prefix)
			.mapValue(String.class)
			.all()
			.collectList()
			.block(LONG);
	}

	@Test
	void nothingIsLeftOfAContextThatWasClosed() {
		Closed.databases.clear();
		EngineTestKit.engine("junit-jupiter")
			.selectors(selectClass(Closed.class))
			.configurationParameter(DiagnosticsIntegrationTests.FailingCase.ENABLED, "true")
			.execute()
			.testEvents()
			.assertStatistics((statistics) -> statistics.succeeded(5).failed(0));
		assertThat(Closed.databases).hasSize(5)
			.allMatch((name) -> name.matches("trunkline_clone_\\d+_[0-9a-f]{8}_\\d+_\\d+"));
		String clones = Closed.databases.iterator().next().replaceFirst("\\d+$", "");
		assertThat(Closed.databases).allMatch((name) -> name.startsWith(clones));
		assertThat(databases(Closed.server, clones)).isEmpty();
		assertThat(databases(Closed.server, clones.replace("clone", "template").replaceFirst("_$", ""))).isEmpty();
	}

	@ExtendWith(DiagnosticsIntegrationTests.FailingCase.class)
	@SpringBootTest(classes = ShopApplication.class, properties = "spring.application.name=closed")
	@DatabasePerTest
	@DirtiesContext
	static class Closed {

		private static final Set<String> databases = ConcurrentHashMap.newKeySet();

		private static DatabaseClient server;

		@RepeatedTest(5)
		void hasADatabase(@Autowired DatabaseClient client, @Autowired ItemRepository items) {
			assertThat(items.count().block(LONG)).isZero();
			server = server(client.getConnectionFactory());
			databases.add(client.sql("SELECT current_database()").mapValue(String.class).one().block(LONG));
		}

	}

}
