package io.trunkline.test;

import java.time.Duration;

import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.client.PostgresClient;
import io.trunkline.test.app.Item;
import io.trunkline.test.app.ItemRepository;
import io.trunkline.test.app.ShopApplication;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.beans.factory.annotation.Qualifier;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.test.context.TestConstructor;
import org.springframework.test.context.TestConstructor.AutowireMode;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * JUnit refuses a parameter that Spring's extension and this one would both resolve.
 */
@SpringBootTest(classes = ShopApplication.class)
@RollbackPerTest
class ParametersIntegrationTests {

	private static final Duration LONG = Duration.ofSeconds(30);

	private final PostgresClient client;

	private final ItemRepository items;

	@Autowired
	ParametersIntegrationTests(PostgresClient client, ItemRepository items) {
		this.client = client;
		this.items = items;
	}

	private static Long count(PostgresClient client) {
		return client.sql("SELECT count(*) FROM item").fetchValue(Long.class).block(LONG);
	}

	@Test
	void ofAnAutowiredConstructorAreSprings() {
		this.items.save(new Item(null, "lamp")).block(LONG);
		assertThat(count(this.client)).isOne();
	}

	@Test
	void withAnAnnotationAreOfWhomItTells(@Qualifier("connectionFactory") ConnectionFactory factory) {
		this.items.save(new Item(null, "lamp")).block(LONG);
		assertThat(count(PostgresClient.create(factory))).isOne();
	}

	@Nested
	@TestConstructor(autowireMode = AutowireMode.ALL)
	class WithAConstructorThatNeedsNoAnnotation {

		private final PostgresClient own;

		WithAConstructorThatNeedsNoAnnotation(PostgresClient client) {
			this.own = client;
		}

		@Test
		void areSpringsToo(PostgresClient client) {
			ParametersIntegrationTests.this.items.save(new Item(null, "lamp")).block(LONG);
			assertThat(count(this.own)).isOne();
			assertThat(count(client)).isOne();
		}

	}

}
