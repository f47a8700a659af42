package io.trunkline.test.session;

import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class Group01VisibilityIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void oneConnectionSeesWhatAnotherHasNotCommitted() {
		this.fixture.execute("INSERT INTO item VALUES (1, 'by the client')");
		this.fixture.update("INSERT INTO item VALUES (2, 'in a transaction')")
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		this.fixture.connections()
			.update("INSERT INTO item VALUES ($1, $2)", 3, "by a feature")
			.block(SessionFixture.LONG);
		List<Long> counted = this.fixture.using((connection) -> connection.createStatement("SELECT count(*) FROM item")
			.execute()
			.flatMap((result) -> result.map((row, metadata) -> row.get(0, Long.class))));
		assertThat(counted).containsExactly(3L);
		assertThat(this.fixture.count("item")).isEqualTo(3);
		assertThat(this.fixture.committed("item")).isZero();
	}

	@Test
	void theNextTestSeesNothing() {
		this.fixture.execute("INSERT INTO item VALUES (1, 'gone')");
		this.fixture.end();
		this.fixture.open(SessionOptions.DEFAULT);
		assertThat(this.fixture.count("item")).isZero();
		assertThat(this.fixture.committed("item")).isZero();
	}

	@Test
	void keepsItsWorkOnDemand() {
		this.fixture.execute("INSERT INTO item VALUES (1, 'kept')");
		this.fixture.session().end(true).block(SessionFixture.LONG);
		assertThat(this.fixture.committed("item")).isOne();
	}

}
