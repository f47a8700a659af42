package io.trunkline.embedded;

import java.nio.file.Path;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Tests of {@link EmbeddedPostgresServer} that start no server.
 */
class EmbeddedPostgresServerTests {

	@ParameterizedTest
	@ValueSource(ints = { 13, 19 })
	void refusesAVersionThatIsNotSupported(int version) {
		assertThatIllegalArgumentException().isThrownBy(() -> EmbeddedPostgresServer.builder().version(version))
			.withMessage("PostgreSQL version must be 14 to 18 but is " + version);
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "work mem", "a;b", "-c", "a=b", "1a" })
	void refusesWhatIsNoNameOfASetting(String name) {
		assertThatIllegalArgumentException().isThrownBy(() -> EmbeddedPostgresServer.builder().setting(name, "1"))
			.withMessageContaining("'" + name + "'");
	}

	@ParameterizedTest
	@ValueSource(ints = { -1, 65536 })
	void refusesAPortOutOfRange(int port) {
		assertThatIllegalArgumentException().isThrownBy(() -> EmbeddedPostgresServer.builder().port(port))
			.withMessageContaining(Integer.toString(port));
	}

	@Test
	void refusesUnusableNames() {
		assertThatIllegalArgumentException().isThrownBy(() -> EmbeddedPostgresServer.builder().username("pg_me"));
		assertThatIllegalArgumentException().isThrownBy(() -> EmbeddedPostgresServer.builder().database(" "));
		assertThatIllegalArgumentException().isThrownBy(() -> EmbeddedPostgresServer.builder().password("a\nb"));
	}

	@Test
	void knowsBeforeTheStartWhatWasGiven() {
		EmbeddedPostgresServer server = EmbeddedPostgresServer.builder()
			.port(15432)
			.database("my db")
			.dataDirectory(Path.of("data"))
			.build();
		assertThat(server.isRunning()).isFalse();
		assertThat(server.getR2dbcUrl()).isEqualTo("r2dbc:postgresql://127.0.0.1:15432/my%20db");
		assertThat(server.getJdbcUrl()).isEqualTo("jdbc:postgresql://127.0.0.1:15432/my%20db");
		assertThat(server.getDataDirectory()).isEqualTo(Path.of("data"));
	}

	@Test
	void saysWhatIsOnlyKnownAfterTheStart() {
		EmbeddedPostgresServer server = EmbeddedPostgresServer.builder().build();
		assertThatIllegalStateException().isThrownBy(server::getPort).withMessageContaining("not started yet");
		assertThatIllegalStateException().isThrownBy(server::getDataDirectory).withMessageContaining("not started yet");
		assertThatIllegalStateException().isThrownBy(server::getVersion).withMessageContaining("not started yet");
	}

	@Test
	void cannotBeStartedOnceClosed() {
		EmbeddedPostgresServer server = EmbeddedPostgresServer.builder().build();
		server.close();
		server.close();
		assertThatIllegalStateException().isThrownBy(server::start).withMessageContaining("closed");
	}

}
