package io.trunkline.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.trunkline.embedded.EmbeddedPostgresException.Reason;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link EmbeddedPostgresServer}.
 */
class EmbeddedPostgresServerIntegrationTests {

	@Test
	void keepsDataAndPortAcrossRestartsAndDeletesATemporaryDirectory() throws SQLException {
		EmbeddedPostgresServer server = EmbeddedPostgresServer.builder().inMemory(true).start();
		try (server) {
			int port = server.getPort();
			query(server, "CREATE TABLE kept AS SELECT 42 AS answer");
			server.restart();
			server.stop();
			server.stop();
			assertThat(server.isRunning()).isFalse();
			assertThatExceptionOfType(SQLException.class).isThrownBy(() -> query(server, "SELECT 1"))
				.satisfies((ex) -> assertThat(ex.getSQLState()).isEqualTo("08001"));
			assertThat(server.start()).isSameAs(server);
			server.start();
			assertThat(server.getPort()).isEqualTo(port);
			assertThat(query(server, "SELECT answer FROM kept")).isEqualTo("42");
		}
		assertThat(server.isRunning()).isFalse();
		assertThat(server.getDataDirectory()).doesNotExist();
		assertThat(server.getDataDirectory().getParent()).doesNotExist();
		server.close();
	}

	@Test
	void startsAgainAfterTheServerWasKilled() throws SQLException {
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder().inMemory(true).start()) {
			query(server, "CREATE TABLE kept AS SELECT 42 AS answer");
			query(server, "CHECKPOINT");
			new DataDirectory(server.getDataDirectory()).server().orElseThrow().destroyForcibly();
			Awaitility.await().until(() -> !server.isRunning());
			server.start();
			assertThat(query(server, "SELECT answer FROM kept")).isEqualTo("42");
		}
	}

	@Test
	void speaksUnicodeWhateverTheMachineHas() throws SQLException {
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder().inMemory(true).start()) {
			assertThat(query(server, "SHOW server_encoding")).isEqualTo("UTF8");
			assertThat(query(server, "SELECT chr(8364) || 'ö'")).isEqualTo("€ö");
			if (server.getVersion().compareTo("17") >= 0) {
				assertThat(query(server, "SELECT upper('größe')")).isEqualTo("GRÖßE");
			}
		}
	}

	@Test
	void appliesSettingsWithSpacesAndQuotes() throws SQLException {
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder()
			.inMemory(true)
			.setting("work_mem", "7MB")
			.setting("cluster_name", "it's $HOME \"here\"")
			.setting("trunkline.custom", "a b")
			.start()) {
			assertThat(query(server, "SHOW work_mem")).isEqualTo("7MB");
			assertThat(query(server, "SHOW cluster_name")).isEqualTo("it's $HOME \"here\"");
			assertThat(query(server, "SHOW trunkline.custom")).isEqualTo("a b");
			assertThat(query(server, "SHOW fsync")).isEqualTo("off");
			assertThat(query(server, "SHOW listen_addresses")).isEqualTo("127.0.0.1");
		}
	}

	@Test
	void namesTheSettingThatTheServerRefuses() {
		assertThatExceptionOfType(EmbeddedPostgresException.class)
			.isThrownBy(() -> EmbeddedPostgresServer.builder().inMemory(true).setting("no_such_setting", "1").start())
			.withMessageContaining("no_such_setting")
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.START_FAILED));
	}

	@Test
	void keepsTheDataOfAGivenDirectory(@TempDir Path parent) throws Exception {
		passable(parent);
		Path directory = parent.resolve("new/data");
		EmbeddedPostgresServer.Builder builder = EmbeddedPostgresServer.builder()
			.dataDirectory(directory)
			.database("My database")
			.username("me")
			.password("it's secret");
		try (EmbeddedPostgresServer server = builder.start()) {
			assertThat(query(server, "SHOW fsync")).isEqualTo("on");
			assertThat(query(server, "SELECT current_database() || current_user")).isEqualTo("My databaseme");
			query(server, "CREATE TABLE kept AS SELECT 42 AS answer");
			assertInUse(directory);
		}
		// What a crash leaves, with the number of a process that lives.
		Files.writeString(directory.resolve("postmaster.pid"),
				"%d\n%s\n1\n5432\n\n127.0.0.1\n\nready\n".formatted(ProcessHandle.current().pid(), directory));
		try (EmbeddedPostgresServer server = builder.start()) {
			assertThat(query(server, "SELECT answer FROM kept")).isEqualTo("42");
		}
		assertThatExceptionOfType(EmbeddedPostgresException.class).isThrownBy(() -> builder.password("wrong").start())
			.withMessageContaining(directory.toString())
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.CREDENTIALS));
		Files.writeString(directory.resolve("PG_VERSION"), "13\n");
		assertThatExceptionOfType(EmbeddedPostgresException.class).isThrownBy(builder::start)
			.withMessageContaining("was created by PostgreSQL 13")
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.DATA_DIRECTORY_VERSION));
	}

	private static void assertInUse(Path directory) {
		assertThatExceptionOfType(EmbeddedPostgresException.class)
			.isThrownBy(() -> EmbeddedPostgresServer.builder().dataDirectory(directory).start())
			.withMessageContaining(directory + " is in use")
			.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.DATA_DIRECTORY_IN_USE));
	}

	@Test
	void leavesAForeignDirectoryAlone(@TempDir Path directory) throws IOException {
		Path file = Files.writeString(directory.resolve("diary.txt"), "dear");
		assertThatExceptionOfType(EmbeddedPostgresException.class)
			.isThrownBy(() -> EmbeddedPostgresServer.builder().dataDirectory(directory).start())
			.withMessageContaining("neither empty nor one of PostgreSQL");
		assertThat(directory).isDirectoryContaining(file::equals);
		assertThat(Files.list(directory).toList()).hasSize(1);
	}

	@Test
	void saysThatThePortIsTaken() throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
			EmbeddedPostgresServer server = EmbeddedPostgresServer.builder()
				.inMemory(true)
				.port(socket.getLocalPort())
				.build();
			assertThatExceptionOfType(EmbeddedPostgresException.class).isThrownBy(server::start)
				.withMessageContaining("Port " + socket.getLocalPort())
				.satisfies((ex) -> assertThat(ex.getReason()).isEqualTo(Reason.PORT_IN_USE));
			assertThat(server.getDataDirectory()).doesNotExist();
		}
	}

	@Test
	void keepsDataWhenARestartFails() throws Exception {
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder().inMemory(true).start()) {
			query(server, "CREATE TABLE kept AS SELECT 42 AS answer");
			server.stop();
			try (ServerSocket socket = new ServerSocket(server.getPort(), 1, InetAddress.getByName("127.0.0.1"))) {
				assertThat(socket.isBound()).isTrue();
				assertThatExceptionOfType(EmbeddedPostgresException.class).isThrownBy(server::start);
			}
			server.start();
			assertThat(query(server, "SELECT answer FROM kept")).isEqualTo("42");
		}
	}

	@Test
	void logsOneLineWithTheUrlAndWithoutThePassword() {
		ListAppender<ILoggingEvent> appender = new ListAppender<>();
		Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
		appender.start();
		root.addAppender(appender);
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder()
			.inMemory(true)
			.password("unspeakable")
			.start()) {
			List<ILoggingEvent> events = appender.list.stream()
				.filter((event) -> event.getLevel().isGreaterOrEqual(Level.INFO))
				.toList();
			assertThat(events).singleElement()
				.extracting(ILoggingEvent::getFormattedMessage)
				.asString()
				.contains(server.getR2dbcUrl());
		}
		finally {
			root.detachAppender(appender);
		}
		assertThat(appender.list).noneMatch((event) -> event.getFormattedMessage().contains("unspeakable"));
	}

	@Test
	void passesTheOutputOfTheServerToALogger() throws SQLException {
		ListAppender<ILoggingEvent> appender = new ListAppender<>();
		Logger logger = (Logger) LoggerFactory.getLogger("io.trunkline.embedded.server");
		appender.start();
		logger.addAppender(appender);
		logger.setAdditive(false);
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder()
			.inMemory(true)
			.logLevel(org.slf4j.event.Level.WARN)
			.setting("log_statement", "all")
			.start()) {
			query(server, "SELECT 'find me in the log'");
			Awaitility.await()
				.untilAsserted(
						() -> assertThat(List.copyOf(appender.list)).anyMatch((event) -> event.getLevel() == Level.WARN
								&& event.getMessage().contains("find me in the log")));
		}
		finally {
			logger.setAdditive(true);
			logger.detachAppender(appender);
		}
	}

	static @Nullable String query(EmbeddedPostgresServer server, String sql) throws SQLException {
		try (Connection connection = DriverManager.getConnection(server.getJdbcUrl(), server.getUsername(),
				server.getPassword()); Statement statement = connection.createStatement()) {
			if (!statement.execute(sql)) {
				return null;
			}
			ResultSet result = statement.getResultSet();
			return result.next() ? result.getString(1) : null;
		}
	}

	/** Where the tests run as root, the server may run as somebody else. */
	static void passable(Path directory) throws IOException {
		if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
			Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
		}
	}

}
