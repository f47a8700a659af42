package io.trunkline.autoconfigure.schema;

import io.trunkline.schema.SchemaCatalog;
import io.trunkline.schema.TableInfo;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.data.r2dbc.test.autoconfigure.DataR2dbcTest;

/**
 * Tests that the catalogue joins {@link DataR2dbcTest @DataR2dbcTest}.
 */
@DataR2dbcTest
class SchemaCatalogSliceIntegrationTests {

	@Test
	void theSliceHasACatalogue(@Autowired SchemaCatalog catalog) {
		catalog.table("pg_catalog.pg_class")
			.map(TableInfo::name)
			.as(StepVerifier::create)
			.expectNext("pg_class")
			.verifyComplete();
	}

	@SpringBootConfiguration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	static class Application {

	}

}
