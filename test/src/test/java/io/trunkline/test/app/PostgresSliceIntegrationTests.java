package io.trunkline.test.app;

import java.time.Duration;

import io.trunkline.client.PostgresClient;
import io.trunkline.copy.BulkCopyService;
import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.table.TableManager;
import io.trunkline.test.PostgresTest;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

@PostgresTest
class PostgresSliceIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	@Autowired
	private ItemRepository items;

	@RepeatedTest(2)
	void repositoriesAreRolledBack(PostgresClient client) {
		this.items.save(new Item(null, "slice")).block(LONG);
		assertThat(client.sql("SELECT count(*) FROM item").fetchValue(Long.class).block(LONG)).isOne();
	}

	@Test
	void theTemplatesAreThereAndNothingElse(@Autowired ApplicationContext context) {
		assertThat(context.getBeansOfType(PostgresClient.class)).hasSize(1);
		assertThat(context.getBeansOfType(BulkCopyService.class)).hasSize(1);
		assertThat(context.getBeansOfType(LargeObjectTemplate.class)).hasSize(1);
		assertThat(context.getBeansOfType(TableManager.class)).hasSize(1);
		assertThat(context.getBeansOfType(ShopService.class)).isEmpty();
		assertThat(context.getBeansOfType(ShopController.class)).isEmpty();
	}

}
