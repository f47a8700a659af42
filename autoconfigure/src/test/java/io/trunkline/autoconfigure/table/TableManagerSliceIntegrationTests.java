package io.trunkline.autoconfigure.table;

import io.trunkline.table.TableManager;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.r2dbc.test.autoconfigure.DataR2dbcTest;

/**
 * Tests that the table manager joins {@link DataR2dbcTest @DataR2dbcTest}.
 */
@DataR2dbcTest
class TableManagerSliceIntegrationTests {

	@Test
	void theSliceHasTables(@Autowired TableManager tables) {
		tables.select("information_schema.schemata")
			.exists()
			.as(StepVerifier::create)
			.expectNext(true)
			.verifyComplete();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
