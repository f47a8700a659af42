package io.trunkline.test;

import java.time.Duration;

import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.NestedTestConfiguration;
import org.springframework.test.context.NestedTestConfiguration.EnclosingConfiguration;
import org.springframework.test.context.jdbc.Sql;
import org.springframework.test.context.jdbc.Sql.ExecutionPhase;

import static org.assertj.core.api.Assertions.assertThat;

@SpringBootTest(classes = ShopApplication.class)
@RollbackPerTest
@Sql(statements = "INSERT INTO item (name) VALUES ('of the class')")
class SqlScriptsIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	@Autowired
	private ItemRepository items;

	@RepeatedTest(2)
	void aScriptRunsInTheTransactionOfTheTest() {
		assertThat(this.items.countByName("of the class").block(LONG)).isOne();
		assertThat(this.items.count().block(LONG)).isOne();
	}

	@Test
	@Sql("items.sql")
	void aScriptOfTheMethodTakesThePlaceOfThatOfTheClass() {
		assertThat(this.items.countByName("one; two").block(LONG)).isOne();
		assertThat(this.items.count().block(LONG)).isEqualTo(2);
	}

	@AfterAll
	static void nothingIsLeft(@Autowired ItemRepository items) {
		assertThat(items.count().block(LONG)).isZero();
	}

	@Nested
	@SpringBootTest(classes = ShopApplication.class, properties = "spring.application.name=scripts")
	@NestedTestConfiguration(EnclosingConfiguration.OVERRIDE)
	@DatabasePerTest(perClass = true)
	@Sql(statements = "INSERT INTO item (name) VALUES ('before the class')",
			executionPhase = ExecutionPhase.BEFORE_TEST_CLASS)
	class OfAClass {

		@Test
		void haveRunBeforeItsTests(@Autowired ItemRepository items) {
			assertThat(items.countByName("before the class").block(LONG)).isOne();
		}

	}

	@Nested
	@SpringBootTest(classes = ShopApplication.class, properties = "spring.application.name=plain-scripts")
	@NestedTestConfiguration(EnclosingConfiguration.OVERRIDE)
	class OfATestThatIsNotRolledBack {

		@Test
		@Sql(statements = "INSERT INTO item (name) VALUES ('committed')")
		@Sql(statements = "DELETE FROM item", executionPhase = ExecutionPhase.AFTER_TEST_METHOD)
		void runOverR2dbcToo(@Autowired ItemRepository items) {
			assertThat(items.countByName("committed").block(LONG)).isOne();
		}

	}

}
