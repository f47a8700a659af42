package io.trunkline.autoconfigure.copy;

import io.trunkline.copy.BulkCopyService;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.r2dbc.test.autoconfigure.DataR2dbcTest;

/**
 * Tests that bulk copies join {@link DataR2dbcTest @DataR2dbcTest}.
 */
@DataR2dbcTest
class BulkCopySliceIntegrationTests {

	@Test
	void theSliceHasBulkCopies(@Autowired BulkCopyService copy) {
		copy.copyOut("pg_catalog.pg_class")
			.columns("relname")
			.maps()
			.filter((row) -> "pg_class".equals(row.get("relname")))
			.count()
			.as(StepVerifier::create)
			.expectNext(1L)
			.verifyComplete();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
