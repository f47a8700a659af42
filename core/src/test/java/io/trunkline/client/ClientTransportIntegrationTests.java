package io.trunkline.client;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.postgresql.client.SSLMode;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.ConnectionStatus.State;
import io.trunkline.connection.NotificationReader;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.embedded.EmbeddedPostgresServer;
import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Connections that do not go over plain TCP. Each test has a server of its own.
 */
class ClientTransportIntegrationTests {

	private static final String PASSWORD = "changeit";

	@Test
	@EnabledOnOs(OS.LINUX)
	void worksOverAUnixSocket() throws IOException {
		// A socket's path may have no more than a hundred characters.
		Path directory = Files.createTempDirectory(Path.of("/tmp"), "trunkline");
		Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder()
			.setting("unix_socket_directories", directory.toString())
			.start()) {
			String socket = directory.resolve(".s.PGSQL." + server.getPort()).toString();
			PostgresClient client = client(configuration(server).socket(socket));
			assertThat(value(client, "SELECT inet_client_addr() IS NULL")).isEqualTo("true");
			assertWorks(client);
			assertReadsNotifications(configuration(server).socket(socket));
		}
		finally {
			Files.deleteIfExists(directory);
		}
	}

	@Test
	void worksOverTls(@TempDir Path directory) throws Exception {
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder().start()) {
			Path certificate = install(directory, server.getDataDirectory());
			PostgresClient plain = client(configuration(server).host(server.getHost()).port(server.getPort()));
			plain.sql("ALTER SYSTEM SET ssl = on").execute().block(TestPool.TIMEOUT);
			value(plain, "SELECT pg_reload_conf()");
			TestPool.await("the server speaks TLS", () -> "on".equals(value(plain, "SHOW ssl")));
			PostgresqlConnectionConfiguration.Builder configuration = configuration(server).host(server.getHost())
				.port(server.getPort())
				.sslMode(SSLMode.VERIFY_FULL)
				.sslRootCert(certificate.toString());
			PostgresClient client = client(configuration);
			assertThat(value(client, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")).isEqualTo("true");
			assertWorks(client);
			assertReadsNotifications(configuration);
		}
	}

	private static void assertWorks(PostgresClient client) {
		assertThat(client.sql("SELECT g FROM generate_series(1, :n) g")
			.bind("n", 10_000)
			.fetchSize(100)
			.stream(Integer.class)
			.reduce(0L, Long::sum)
			.block(TestPool.TIMEOUT)).isEqualTo(50_005_000L);
		assertThat(client.inTransaction((tx) -> tx.status()).blockFirst(TestPool.TIMEOUT)).isNotNull()
			.satisfies((status) -> assertThat(status.state()).isEqualTo(State.IN_TRANSACTION));
		String running = "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
		Mono<Integer> abandoned = Abandoned.when(client.sql("SELECT pg_sleep(1000)").execute(), 1, (rows) -> {
		}, (received) -> TestPool.await("the statement runs", () -> "1".equals(value(client, running))));
		assertThat(abandoned.block(TestPool.TIMEOUT)).isZero();
		TestPool.await("the statement was stopped", () -> "0".equals(value(client, running)));
	}

	/**
	 * They are taken from what was decrypted, and before the driver has them.
	 */
	private static void assertReadsNotifications(PostgresqlConnectionConfiguration.Builder configuration) {
		List<String> read = new CopyOnWriteArrayList<>();
		PostgresqlConnection connection = new PostgresqlConnectionFactory(configuration.build()).create()
			.block(TestPool.TIMEOUT);
		assertThat(connection).isNotNull();
		PostgresConnections.readNotifications(connection, new NotificationReader() {

			@Override
			public void read(String channel, String payload, int pid) {
				read.add(payload);
			}

			@Override
			public void readComplete() {
			}

		});
		connection
			.createStatement("LISTEN numbers; SELECT count(pg_notify('numbers', n::text || repeat('x', 7000)))"
					+ " FROM generate_series(1, 100) n")
			.execute()
			.concatMap(PostgresqlResult::getRowsUpdated)
			.blockLast(TestPool.TIMEOUT);
		TestPool.await("all are read", () -> read.size() == 100);
		assertThat(read).isEqualTo(IntStream.rangeClosed(1, 100).mapToObj((n) -> n + "x".repeat(7000)).toList());
		connection.close().block(TestPool.TIMEOUT);
	}

	private static PostgresqlConnectionConfiguration.Builder configuration(EmbeddedPostgresServer server) {
		return PostgresqlConnectionConfiguration.builder()
			.username(server.getUsername())
			.password(server.getPassword())
			.database(server.getDatabase());
	}

	private static PostgresClient client(PostgresqlConnectionConfiguration.Builder configuration) {
		ConnectionFactory connectionFactory = new PostgresqlConnectionFactory(configuration.build());
		return PostgresClient.create(connectionFactory);
	}

	private static String value(PostgresClient client, String sql) {
		return String.valueOf(client.sql(sql).fetchValue(Object.class).block(TestPool.TIMEOUT));
	}

	/**
	 * Give the server a key and a certificate for its address, and return the
	 * certificate's file.
	 */
	private static Path install(Path directory, Path data) throws Exception {
		Path store = directory.resolve("server.p12");
		Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
				"-genkeypair", "-keyalg", "RSA", "-keysize", "2048", "-alias", "server", "-dname", "CN=server", "-ext",
				"san=ip:" + EmbeddedPostgresServer.HOST, "-storetype", "PKCS12", "-keystore", store.toString(),
				"-storepass", PASSWORD, "-validity", "2")
			.redirectErrorStream(true)
			.start();
		String output = new String(keytool.getInputStream().readAllBytes());
		assertThat(keytool.waitFor(1, TimeUnit.MINUTES)).isTrue();
		assertThat(keytool.exitValue()).as(output).isZero();
		KeyStore keys = load(store);
		write(data, "server.key", "PRIVATE KEY", keys.getKey("server", PASSWORD.toCharArray()).getEncoded());
		byte[] certificate = keys.getCertificate("server").getEncoded();
		write(data, "server.crt", "CERTIFICATE", certificate);
		return write(directory, "root.crt", "CERTIFICATE", certificate);
	}

	private static KeyStore load(Path store) throws IOException, GeneralSecurityException {
		KeyStore keys = KeyStore.getInstance("PKCS12");
		try (InputStream in = Files.newInputStream(store)) {
			keys.load(in, PASSWORD.toCharArray());
		}
		return keys;
	}

	private static Path write(Path directory, String name, String type, byte[] content) throws IOException {
		Path file = Files.writeString(directory.resolve(name), "-----BEGIN %s-----\n%s\n-----END %s-----\n"
			.formatted(type, Base64.getMimeEncoder(64, new byte[] { '\n' }).encodeToString(content), type));
		Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
		Files.setOwner(file, Files.getOwner(directory));
		return file;
	}

}
