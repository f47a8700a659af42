package io.trunkline.test.session;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;

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

}
