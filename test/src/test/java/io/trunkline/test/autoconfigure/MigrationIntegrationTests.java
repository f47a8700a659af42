package io.trunkline.test.autoconfigure;

import java.time.Duration;

import io.trunkline.test.DatabasePerTest;
import io.trunkline.test.app.ShopApplication;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;

@SpringBootTest(classes = ShopApplication.class)
class MigrationIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	@Autowired
	private DatabaseClient client;

	private Long migrations() {
		return this.client.sql("SELECT count(*) FROM flyway_schema_history WHERE success")
			.map((row) -> row.get(0, Long.class))
			.one()
			.block(LONG);
	}

	@Test
	void flywayMigratesTheDatabaseOfR2dbc() {
		assertThat(migrations()).isOne();
	}

	@RepeatedTest(2)
	@DatabasePerTest
	void theTemplateHasTheMigrations() {
		assertThat(migrations()).isOne();
		this.client.sql("DELETE FROM flyway_schema_history").then().block(LONG);
	}

}
