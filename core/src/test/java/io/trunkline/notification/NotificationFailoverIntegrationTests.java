package io.trunkline.notification;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Stream;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.embedded.EmbeddedPostgresServer;
import io.trunkline.notification.NotificationEvent.Reconnected;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link NotificationBus} where a standby takes over: two servers with streaming
 * replication.
 */
class NotificationFailoverIntegrationTests extends NotificationFixture {

	@Test
	void followsThePrimaryToAStandbyThatIsPromoted(@TempDir Path parent) throws Exception {
		Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
		Path data = parent.resolve("primary");
		Path copy = parent.resolve("standby");
		try (EmbeddedPostgresServer primary = EmbeddedPostgresServer.builder().dataDirectory(data).start()) {
			primary.stop();
			copy(data, copy);
			Files.createFile(copy.resolve("standby.signal"));
			primary.start();
			try (EmbeddedPostgresServer standby = EmbeddedPostgresServer.builder()
				.dataDirectory(copy)
				.setting("primary_conninfo",
						"host=%s port=%d user=%s password=%s".formatted(primary.getHost(), primary.getPort(),
								primary.getUsername(), primary.getPassword()))
				.start()) {
				TestPool.await("the standby follows", () -> isTrue(primary,
						"SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'"));
				followsToThePromoted(primary, standby);
			}
		}
	}

	private void followsToThePromoted(EmbeddedPostgresServer primary, EmbeddedPostgresServer standby) throws Exception {
		NotificationBus bus = open(builder(failover(standby, primary)).build());
		Listener listener = listen(bus.listen("failover")).all();
		bus.notify("failover", "from the primary").block(TestPool.TIMEOUT);
		listener.awaitPayload("from the primary");
		primary.stop();
		TestPool.await("the loss", () -> bus.status().state() != NotificationStatus.State.LISTENING);
		assertThat(isTrue(standby, "SELECT pg_promote()")).isTrue();
		listener.await("it has moved", (events) -> events.stream().anyMatch(Reconnected.class::isInstance));
		bus.notify("failover", "from the promoted").block(TestPool.TIMEOUT);
		listener.awaitPayload("from the promoted");
		assertThat(listener.events()).hasSize(3);
		bus.close();
	}

	private static ConnectionFactory failover(EmbeddedPostgresServer first, EmbeddedPostgresServer second) {
		return ConnectionFactories.get(ConnectionFactoryOptions
			.parse("r2dbc:postgresql:failover://%s:%d,%s:%d/%s?targetServerType=primary".formatted(first.getHost(),
					first.getPort(), second.getHost(), second.getPort(), first.getDatabase()))
			.mutate()
			.option(ConnectionFactoryOptions.USER, first.getUsername())
			.option(ConnectionFactoryOptions.PASSWORD, first.getPassword())
			.build());
	}

	private static boolean isTrue(EmbeddedPostgresServer server, String query) throws SQLException {
		try (Connection connection = DriverManager.getConnection(server.getJdbcUrl(), server.getUsername(),
				server.getPassword()); Statement statement = connection.createStatement()) {
			ResultSet result = statement.executeQuery(query);
			return result.next() && result.getBoolean(1);
		}
	}

	private static void copy(Path from, Path to) throws IOException {
		try (Stream<Path> paths = Files.walk(from)) {
			for (Path path : (Iterable<Path>) paths::iterator) {
				Path target = to.resolve(from.relativize(path).toString());
				if (Files.isDirectory(path)) {
					Files.createDirectory(target,
							PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
				}
				else {
					Files.copy(path, target);
				}
			}
		}
	}

}
