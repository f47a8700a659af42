package io.trunkline.docs;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.embedded.EmbeddedPostgresServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The code of {@code docs/embedded.md}.
 */
class EmbeddedGuideIntegrationTests {

	@Test
	@Timeout(120)
	void startsAServerWithoutSpring() {
		// tag::server[]
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder().inMemory(true).start()) {
			ConnectionFactory connectionFactory = ConnectionFactories
				.get(ConnectionFactoryOptions.parse(server.getR2dbcUrl())
					.mutate()
					.option(ConnectionFactoryOptions.USER, server.getUsername())
					.option(ConnectionFactoryOptions.PASSWORD, server.getPassword())
					.build());
			// end::server[]
			DatabaseClient client = DatabaseClient.create(connectionFactory);
			client.sql("CREATE TABLE kept AS SELECT 42 AS answer").then().block();
			// tag::server[]
			// ...
			server.restart(); // the same data on the same port: an outage, for a test
			// end::server[]
			assertThat(client.sql("SELECT answer FROM kept").mapValue(Integer.class).one().block()).isEqualTo(42);
			// tag::server[]
		}
		// end::server[]
	}

}
