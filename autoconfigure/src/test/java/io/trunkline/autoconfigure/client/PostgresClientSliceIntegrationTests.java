package io.trunkline.autoconfigure.client;

import io.trunkline.client.PostgresClient;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.r2dbc.test.autoconfigure.DataR2dbcTest;

/**
 * Tests that the client joins {@link DataR2dbcTest @DataR2dbcTest}.
 */
@DataR2dbcTest
class PostgresClientSliceIntegrationTests {

	@Test
	void theSliceHasAClient(@Autowired PostgresClient client) {
		client.sql("SELECT :n::int + 1")
			.bind("n", 1)
			.fetchValue(Integer.class)
			.as(StepVerifier::create)
			.expectNext(2)
			.verifyComplete();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
