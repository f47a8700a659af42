package io.trunkline.test;

import java.time.Duration;

import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.client.PostgresClient;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.table.TableManager;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;

class RollbackExtensionIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static final ConnectionFactory connectionFactory = server.connectionFactory();

	@RegisterExtension
	static final RollbackExtension database = RollbackExtension.of(connectionFactory);

	@BeforeAll
	static void createTable() {
		server.execute("CREATE TABLE rollback_extension (id int PRIMARY KEY)");
	}

	@AfterAll
	static void dropTable() {
		server.execute("DROP TABLE rollback_extension");
	}

	@RepeatedTest(2)
	void parametersShareTheTransaction(Connection connection, ConnectionFactory factory, PostgresClient client,
			DatabaseClient spring, TableManager tables, TestStatements statements) {
		Flux.from(connection.createStatement("INSERT INTO rollback_extension VALUES (1)").execute())
			.flatMap((result) -> result.getRowsUpdated())
			.blockLast(LONG);
		DatabaseClient.create(factory).sql("INSERT INTO rollback_extension VALUES (2)").then().block(LONG);
		spring.sql("INSERT INTO rollback_extension VALUES (3)").then().block(LONG);
		statements.assertStatements(3);
		assertThat(client.sql("SELECT count(*) FROM rollback_extension").fetchValue(Long.class).block(LONG))
			.isEqualTo(3);
		assertThat(tables).isNotNull();
		assertThat(committed()).isZero();
	}

	private static Long committed() {
		return DatabaseClient.create(connectionFactory)
			.sql("SELECT count(*) FROM rollback_extension")
			.map((row) -> row.get(0, Long.class))
			.one()
			.block(LONG);
	}

	@Test
	void whatTheTestMakesItselfTakesPartThroughTheFactory() {
		ConnectionFactory factory = database.connectionFactory();
		Mono.usingWhen(Mono.from(factory.create()),
				(connection) -> Mono
					.from(connection.createStatement("INSERT INTO rollback_extension VALUES (9)").execute())
					.flatMap((result) -> Mono.from(result.getRowsUpdated())),
				Connection::close)
			.block(LONG);
		assertThat(committed()).isZero();
	}

}
