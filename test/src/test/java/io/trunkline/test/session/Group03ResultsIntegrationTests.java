package io.trunkline.test.session;

import java.util.List;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

class Group03ResultsIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void aSingleResultIsTakenByMonoFrom() {
		List<Long> updated = this.fixture.using((connection) -> Mono
			.from(connection.createStatement("INSERT INTO item VALUES ($1, 'a')").bind(0, 1).execute())
			.flatMapMany(PostgresqlResult::getRowsUpdated));
		assertThat(updated).containsExactly(1L);
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void aResultThatNobodyConsumesBlocksNothing() {
		PostgresqlConnection connection = this.fixture.connect();
		Mono.from(connection.createStatement("INSERT INTO item VALUES (1, 'simple')").execute())
			.block(SessionFixture.LONG);
		Mono.from(connection.createStatement("INSERT INTO item VALUES ($1, 'bound')").bind(0, 2).execute())
			.block(SessionFixture.LONG);
		this.fixture.execute("INSERT INTO item VALUES (3, 'a')");
		assertThat(this.fixture.list("SELECT id FROM item", Integer.class)).contains(1, 3);
		connection.close().block(SessionFixture.LONG);
	}

	@Test
	void eachBindingIsAResult() {
		List<Long> updated = this.fixture
			.using((connection) -> connection.createStatement("INSERT INTO item VALUES ($1, $2)")
				.bind(0, 1)
				.bind(1, "a")
				.add()
				.bind(0, 2)
				.bind(1, "b")
				.execute()
				.concatMap(PostgresqlResult::getRowsUpdated));
		assertThat(updated).containsExactly(1L, 1L);
		assertThat(this.fixture.count("item")).isEqualTo(2);
	}

	@Test
	void aBindingThatFailsUndoesItselfOnly() {
		List<Long> updated = this.fixture
			.using((connection) -> connection.createStatement("INSERT INTO item VALUES ($1, 'a')")
				.bind(0, 1)
				.add()
				.bind(0, 1)
				.execute()
				.concatMap(PostgresqlResult::getRowsUpdated)
				.onErrorResume((ex) -> Mono.just(-1L)));
		assertThat(updated).containsExactly(1L, -1L);
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void aBatchHasAResultForEachStatement() {
		List<Long> updated = this.fixture.using((connection) -> connection.createBatch()
			.add("INSERT INTO item VALUES (1, 'a')")
			.add("INSERT INTO item VALUES (2, 'b'), (3, 'c')")
			.execute()
			.concatMap(PostgresqlResult::getRowsUpdated));
		assertThat(updated).containsExactly(1L, 2L);
	}

	@Test
	void rowsAreFetchedPageByPage() {
		List<Integer> rows = this.fixture
			.using((connection) -> connection.createStatement("SELECT i FROM generate_series(1, $1) i")
				.bind(0, 1000)
				.fetchSize(100)
				.execute()
				.concatMap((result) -> result.map((row, metadata) -> row.get(0, Integer.class))));
		assertThat(rows).hasSize(1000).startsWith(1).endsWith(1000);
		assertThat(this.fixture.session().frames().isIdle()).isTrue();
	}

	@Test
	void aLimitEndsPagesEarly() {
		List<Integer> rows = this.fixture
			.using((connection) -> connection.createStatement("SELECT i FROM generate_series(1, 100000) i")
				.fetchSize(50)
				.execute()
				.concatMap((result) -> result.map((row, metadata) -> row.get(0, Integer.class)))
				.take(60));
		assertThat(rows).hasSize(60);
		this.fixture.execute("INSERT INTO item VALUES (1, 'a')");
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void generatedKeysAreReturned() {
		List<Integer> keys = this.fixture
			.using((connection) -> connection.createStatement("INSERT INTO item VALUES ($1, 'a')")
				.returnGeneratedValues("id")
				.bind(0, 7)
				.execute()
				.flatMap((result) -> result.map((row, metadata) -> row.get("id", Integer.class))));
		assertThat(keys).containsExactly(7);
	}

	@Test
	void manyStatementsAtOnceAllRun() {
		Flux.range(1, 300)
			.flatMap((id) -> this.fixture.update("INSERT INTO item VALUES (" + id + ", 'many')"), 300)
			.blockLast(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isEqualTo(300);
	}

}
