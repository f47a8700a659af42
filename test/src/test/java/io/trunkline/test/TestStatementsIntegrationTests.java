package io.trunkline.test;

import java.time.Duration;

import io.trunkline.test.app.Item;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import io.trunkline.test.app.ShopService;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

@SpringBootTest(classes = ShopApplication.class)
@RollbackPerTest
class TestStatementsIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	@Autowired
	private ItemRepository items;

	@Autowired
	private ShopService shop;

	@Test
	void countsStatementsWithoutThoseOfTransactions(TestStatements statements) {
		this.shop.add("one").block(LONG);
		statements.assertStatements(2);
		this.shop.all().collectList().block(LONG);
		statements.assertStatements(1);
	}

	@Test
	void listsThemWhereThereAreMore(TestStatements statements) {
		this.items.save(new Item(null, "a")).block(LONG);
		this.items.save(new Item(null, "b")).block(LONG);
		statements.reset();
		this.items.findAll().concatMap((item) -> this.items.findById(item.id())).blockLast(LONG);
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> statements.assertStatements(1))
			.withMessageContaining("Expected 1 statement(s), but 3 ran")
			.withMessageContaining("SELECT \"item\".* FROM \"item\" WHERE \"item\".\"id\" = $1");
		assertThat(statements.all()).hasSize(5);
	}

	@Test
	void namesAStatementThatWasPreparedBefore(TestStatements statements) {
		for (int i = 0; i < 3; i++) {
			this.items.findById(4711L).block(LONG);
		}
		assertThat(statements.all()).hasSize(3).allMatch((sql) -> sql.contains("WHERE \"item\".\"id\" = $1"));
	}

	@Test
	@DatabasePerTest
	void saysThatATestWhichIsNotRolledBackCountsNothing(TestStatements statements) {
		this.items.count().block(LONG);
		assertThatIllegalStateException().isThrownBy(() -> statements.assertStatements(0))
			.withMessageContaining("@RollbackPerTest");
	}

	@Test
	@DatabasePerTest
	@RollbackPerTest
	void countsInADatabaseOfTheTest(TestStatements statements) {
		this.items.count().block(LONG);
		statements.assertStatements(1);
	}

}
