package io.trunkline.test.session;

import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.trunkline.client.PostgresClient;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;

import static org.assertj.core.api.Assertions.assertThat;

class Group07StreamsIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	private Flux<Integer> rows(int count) {
		return this.fixture.values("SELECT i FROM generate_series(1, " + count + ") i", Integer.class);
	}

	@Test
	void aStreamWithAQueryForEachRow() {
		Long sum = rows(1500)
			.concatMap((id) -> this.fixture.client()
				.sql("SELECT :id::bigint")
				.bind("id", id)
				.map((row) -> row.get(0, Long.class))
				.one())
			.reduce(0L, Long::sum)
			.block(SessionFixture.LONG);
		assertThat(sum).isEqualTo(1500L * 1501 / 2);
	}

	@Test
	void aStreamWithAnUpdateForEachRowInATransaction() {
		rows(1000).concatMap((id) -> this.fixture.update("INSERT INTO item VALUES (" + id + ", 'a')"))
			.as(this.fixture.transaction()::transactional)
			.blockLast(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isEqualTo(1000);
	}

	@Test
	void threeStreamsInsideOfEachOther() {
		Long count = rows(300).concatMap((a) -> rows(3).concatMap((b) -> rows(2))).count().block(SessionFixture.LONG);
		assertThat(count).isEqualTo(1800);
	}

	@Test
	void twoStreamsSideBySide() {
		assertThat(
				Flux.zip(rows(2000), rows(2000), (a, b) -> a.equals(b)).all((same) -> same).block(SessionFixture.LONG))
			.isTrue();
	}

	private Flux<Integer> pages(int count) {
		return this.fixture.client()
			.sql("SELECT generate_series(1, :count)")
			.bind("count", count)
			.filter((statement) -> statement.fetchSize(50))
			.map((row) -> row.get(0, Integer.class))
			.all();
	}

	@Test
	void aStreamByPagesWithAnUpdateForEachRow() {
		pages(500).concatMap((id) -> this.fixture.update("INSERT INTO item VALUES (" + id + ", 'a')"))
			.blockLast(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isEqualTo(500);
	}

	@Test
	void aStreamByPagesWithANewTransactionForEachRow() {
		pages(500)
			.concatMap((id) -> this.fixture.update("INSERT INTO item VALUES (" + id + ", 'a')")
				.as(this.fixture.requiresNew()::transactional))
			.as(this.fixture.transaction()::transactional)
			.blockLast(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isEqualTo(500);
	}

	@Test
	void aStreamOfTheClientWithAnUpdateForEachRow() {
		PostgresClient client = PostgresClient.create(this.fixture.factory());
		client.sql("SELECT i FROM generate_series(1, 1000) i")
			.stream(Integer.class)
			.concatMap((id) -> client.sql("INSERT INTO item VALUES (:id)").bind("id", id).execute())
			.blockLast(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isEqualTo(1000);
	}

	@Test
	void anEndlessStreamByPagesEndsWithItsReader() {
		assertThat(pages(Integer.MAX_VALUE).take(120).count().block(SessionFixture.LONG)).isEqualTo(120);
		assertThat(this.fixture.count("item")).isZero();
	}

	@Test
	void pagesOfADriverThatAsksForEachByItself() {
		PostgresqlConnectionFactory factory = this.fixture
			.configured((configuration) -> configuration.compatibilityMode(true));
		SessionSlot slot = new SessionSlot(factory);
		slot.enter(SessionOptions.DEFAULT);
		DatabaseClient client = DatabaseClient.create(slot);
		TransactionalOperator transaction = TransactionalOperator.create(new R2dbcTransactionManager(slot));
		for (int count : new int[] { 0, 1, 3, 4, 100 }) {
			for (int i = 0; i < 20; i++) {
				assertThat(client.sql("SELECT i FROM generate_series(1, :count) i")
					.bind("count", count)
					.filter((statement) -> statement.fetchSize(3))
					.map((row) -> row.get(0, Integer.class))
					.all()
					.count()
					.as(transaction::transactional)
					.block(SessionFixture.LONG)).isEqualTo(count);
			}
		}
		slot.end(false).block(SessionFixture.LONG);
		slot.leave();
	}

}
