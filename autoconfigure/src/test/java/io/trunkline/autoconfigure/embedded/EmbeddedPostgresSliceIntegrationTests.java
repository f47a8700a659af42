package io.trunkline.autoconfigure.embedded;

import io.trunkline.embedded.EmbeddedPostgresServer;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.r2dbc.test.autoconfigure.DataR2dbcTest;
import org.springframework.data.r2dbc.core.R2dbcEntityTemplate;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests that the embedded server joins {@link DataR2dbcTest @DataR2dbcTest}.
 */
@DataR2dbcTest
class EmbeddedPostgresSliceIntegrationTests {

	@Test
	void theSliceHasAServer(@Autowired R2dbcEntityTemplate template, @Autowired EmbeddedPostgresServer server) {
		assertThat(server.isRunning()).isTrue();
		template.getDatabaseClient()
			.sql("SHOW port")
			.mapValue(String.class)
			.one()
			.as(StepVerifier::create)
			.expectNext(Integer.toString(server.getPort()))
			.verifyComplete();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
