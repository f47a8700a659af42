package io.trunkline.test.session;

import java.util.List;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.Wrapped;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessException;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.reactive.TransactionalOperator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The driver keeps what it has prepared, and prepares it once more where the server says
 * so.
 */
class Group03PreparedStatementsIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	private Mono<Long> insert(int id) {
		return this.fixture.client()
			.sql("INSERT INTO item VALUES (:id, :name)")
			.bind("id", id)
			.bind("name", "a")
			.fetch()
			.rowsUpdated();
	}

	private static Mono<List<Integer>> select(ConnectionFactory factory, int fetchSize) {
		return DatabaseClient.create(factory)
			.sql("SELECT * FROM item WHERE id > :id ORDER BY id")
			.bind("id", 0)
			.filter((statement) -> statement.fetchSize(fetchSize))
			.map((row) -> row.get("id", Integer.class))
			.all()
			.collectList();
	}

	@Test
	void whatTheServerDoesNotKnowAnyMoreIsPreparedOnceMore() {
		for (int id = 1; id <= 200; id++) {
			assertThat(insert(id).block(SessionFixture.LONG)).isOne();
			this.fixture.execute("DEALLOCATE ALL");
		}
		assertThat(this.fixture.count("item")).isEqualTo(200);
	}

	@Test
	void whatTheServerPlansOtherwiseIsPreparedOnceMore() {
		insert(1).block(SessionFixture.LONG);
		for (int i = 0; i < 20; i++) {
			assertThat(select(this.fixture.factory(), 0).block(SessionFixture.LONG)).containsExactly(1);
			this.fixture.execute("ALTER TABLE item ADD COLUMN more" + i + " text");
		}
	}

	@Test
	void soIsWhatIsReadByPages() {
		for (int id = 1; id <= 5; id++) {
			insert(id).block(SessionFixture.LONG);
		}
		for (int i = 0; i < 20; i++) {
			assertThat(select(this.fixture.factory(), 2).block(SessionFixture.LONG)).containsExactly(1, 2, 3, 4, 5);
			this.fixture.execute("ALTER TABLE item ADD COLUMN more" + i + " text");
		}
	}

	@Test
	void soIsWhatTheTestBeginsWith() {
		PostgresqlConnection physical = this.fixture.session().wire().connection();
		insert(1).block(SessionFixture.LONG);
		assertThat(this.fixture.session().wire().connection()).isSameAs(physical);
		SessionSlot slot = new SessionSlot(this.fixture.real());
		slot.enter(SessionOptions.DEFAULT);
		assertThat(select(slot, 0).block(SessionFixture.LONG)).isEmpty();
		slot.endAndKeep().block(SessionFixture.LONG);
		slot.leave();
		this.fixture.end();
		DatabaseClient.create(this.fixture.real())
			.sql("ALTER TABLE item ADD COLUMN more text")
			.then()
			.block(SessionFixture.LONG);
		slot.enter(SessionOptions.DEFAULT);
		assertThat(select(slot, 0).block(SessionFixture.LONG)).isEmpty();
		slot.end(false).block(SessionFixture.LONG);
		slot.leave();
	}

	@Test
	void whatWasPreparedWithTheTablesOfOneTestIsPreparedAnewByTheNext() {
		this.fixture.end();
		SessionSlot slot = new SessionSlot(this.fixture.real());
		slot.enter(SessionOptions.DEFAULT);
		DatabaseClient.create(slot).sql("ALTER TABLE item ADD COLUMN more text").then().block(SessionFixture.LONG);
		assertThat(select(slot, 0).block(SessionFixture.LONG)).isEmpty();
		slot.endAndKeep().block(SessionFixture.LONG);
		slot.leave();
		slot.enter(SessionOptions.DEFAULT);
		TransactionalOperator transaction = TransactionalOperator.create(new R2dbcTransactionManager(slot));
		assertThat(select(slot, 0).as(transaction::transactional).block(SessionFixture.LONG)).isEmpty();
		slot.end(false).block(SessionFixture.LONG);
		slot.leave();
	}

	/**
	 * As without the test: the server refuses what comes after an error.
	 */
	@Test
	void insideATransactionItFails() {
		insert(1).block(SessionFixture.LONG);
		assertThat(select(this.fixture.factory(), 0).block(SessionFixture.LONG)).containsExactly(1);
		this.fixture.execute("ALTER TABLE item ADD COLUMN more text");
		assertThatExceptionOfType(DataAccessException.class)
			.isThrownBy(() -> select(this.fixture.factory(), 0).as(this.fixture.transaction()::transactional)
				.block(SessionFixture.LONG))
			.withMessageContaining("current transaction is aborted");
		assertThat(select(this.fixture.factory(), 0).block(SessionFixture.LONG)).containsExactly(1);
	}

	@Test
	void anUnwrappedConnectionCannotCommit() {
		PostgresqlConnection connection = this.fixture.connect();
		PostgresqlConnection unwrapped = (PostgresqlConnection) ((Wrapped<?>) connection).unwrap();
		connection.beginTransaction().then(run(connection, "INSERT INTO item VALUES (1)")).block(SessionFixture.LONG);
		assertThatExceptionOfType(R2dbcException.class)
			.isThrownBy(() -> unwrapped.commitTransaction().block(SessionFixture.LONG))
			.withMessageContaining("'COMMIT' is refused");
		assertThatExceptionOfType(R2dbcException.class)
			.isThrownBy(() -> run(unwrapped, "COMMIT").block(SessionFixture.LONG))
			.withMessageContaining("'COMMIT' is refused");
		assertThat(this.fixture.committed("item")).isZero();
		connection.rollbackTransaction().then(connection.close()).block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isZero();
	}

	private static Mono<Void> run(PostgresqlConnection connection, String sql) {
		return connection.createStatement(sql).execute().flatMap(PostgresqlResult::getRowsUpdated).then();
	}

}
