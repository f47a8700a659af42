package io.trunkline.embedded.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

import io.r2dbc.spi.ConnectionFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link PostgresTestServer}.
 */
class PostgresTestServerIntegrationTests {

	private final PostgresTestServer server = PostgresTestServer.get();

	@Test
	void isOneServerPerJvm() {
		assertThat(PostgresTestServer.get()).isSameAs(this.server);
		assertThat(this.server.isExternal()).isEqualTo(System.getenv("TRUNKLINE_TEST_URL") != null);
		assertThat(this.server.majorVersion()).isBetween(14, 18);
	}

	@Test
	void answersOverR2dbcAsSuperuser() {
		assertThat(text(this.server.connectionFactory(), "SELECT current_setting('is_superuser')")).isEqualTo("on");
	}

	@Test
	void createsARoleThatIsNoSuperuser() {
		String role = this.server.createRole("it's secret");
		try {
			ConnectionFactory connectionFactory = this.server.connectionFactory(role, "it's secret");
			assertThat(text(connectionFactory, "SELECT current_user || current_setting('is_superuser')"))
				.isEqualTo(role + "off");
		}
		finally {
			this.server.dropRole(role);
		}
	}

	@Test
	void createsAndDropsADatabaseThoughItIsInUse() throws SQLException {
		String database = this.server.createDatabase();
		this.server.executeIn(database, "CREATE TABLE only_here (id int)");
		try (Connection connection = DriverManager.getConnection(this.server.jdbcUrl(database), this.server.user(),
				this.server.password()); Statement statement = connection.createStatement()) {
			ResultSet result = statement.executeQuery("SELECT count(*) FROM only_here");
			assertThat(result.next()).isTrue();
			this.server.dropDatabase(database);
		}
		assertThatExceptionOfType(SQLException.class).isThrownBy(() -> this.server.jdbc(database))
			.withMessageContaining(database);
	}

	private static @Nullable String text(ConnectionFactory connectionFactory, String sql) {
		return Mono
			.usingWhen(connectionFactory.create(),
					(connection) -> Mono.from(connection.createStatement(sql).execute())
						.flatMap((result) -> Mono.from(result.map((row) -> row.get(0, String.class)))),
					(connection) -> Mono.from(connection.close()))
			.block();
	}

}
