package io.trunkline.test.session;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlException;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.R2dbcRollbackException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.TransactionDefinition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class Group08CommitIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE parent (id int PRIMARY KEY)",
			"CREATE TABLE child (id int PRIMARY KEY, parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)",
			"CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void aReadOnlyTransactionRefusesToWriteAndTheNextOneWrites() {
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> this.fixture.update("INSERT INTO item VALUES (1, 'a')")
				.as(this.fixture.transaction(TransactionDefinition.PROPAGATION_REQUIRED, true)::transactional)
				.block(SessionFixture.LONG))
			.withStackTraceContaining("read-only transaction");
		this.fixture.update("SELECT 1")
			.as(this.fixture.transaction(TransactionDefinition.PROPAGATION_REQUIRED, true)::transactional)
			.block(SessionFixture.LONG);
		this.fixture.execute("INSERT INTO item VALUES (2, 'a')");
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void theCommitOfAnAbortedTransactionFailsAsTheDriversDoes() {
		PostgresqlConnection connection = this.fixture.connect();
		connection.beginTransaction()
			.then(run(connection, "INSERT INTO item VALUES (1, 'a')"))
			.then(run(connection, "SELECT 1 / 0").onErrorComplete())
			.block(SessionFixture.LONG);
		assertThatExceptionOfType(R2dbcRollbackException.class)
			.isThrownBy(() -> connection.commitTransaction().block(SessionFixture.LONG))
			.satisfies((ex) -> {
				assertThat(ex.getSqlState()).isEqualTo("99999");
				assertThat(ex).isInstanceOf(PostgresqlException.class);
			});
		assertThat(connection.isAutoCommit()).isTrue();
		connection.close().block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isZero();
	}

	private static Mono<Void> run(PostgresqlConnection connection, String sql) {
		return connection.createStatement(sql).execute().flatMap(PostgresqlResult::getRowsUpdated).then();
	}

	@Test
	void aDeferredForeignKeyFailsAtTheCommit() {
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> this.fixture.update("INSERT INTO child VALUES (1, 1)")
				.as(this.fixture.transaction()::transactional)
				.block(SessionFixture.LONG));
		assertThat(this.fixture.count("child")).isZero();
	}

	@Test
	void aDeferredForeignKeyFailsInAStatementByItself() {
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> this.fixture.execute("INSERT INTO child VALUES (1, 1)"));
		assertThatExceptionOfType(DataIntegrityViolationException.class).isThrownBy(() -> this.fixture.client()
			.sql("INSERT INTO child VALUES (:id, 1)")
			.bind("id", 1)
			.fetch()
			.rowsUpdated()
			.block(SessionFixture.LONG));
		assertThat(this.fixture.count("child")).isZero();
	}

	@Test
	void constraintsAreDeferredAgainInEveryTransaction() {
		for (int i = 1; i <= 3; i++) {
			this.fixture.update("INSERT INTO child VALUES (" + i + ", " + i + ")")
				.then(this.fixture.update("INSERT INTO parent VALUES (" + i + ")"))
				.as(this.fixture.transaction()::transactional)
				.block(SessionFixture.LONG);
		}
		assertThat(this.fixture.count("child")).isEqualTo(3);
	}

	@Test
	void constraintsOfATableMadeByTheTestAreLookedAtToo() {
		this.fixture.execute("INSERT INTO parent VALUES (1)");
		this.fixture.execute("CREATE TABLE late (id int, parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
		this.fixture.execute("INSERT INTO late VALUES (1, 1)");
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> this.fixture.execute("INSERT INTO late VALUES (1, 2)"));
		assertThat(this.fixture.count("late")).isOne();
	}

	/**
	 * Where there is nothing to defer at first, no statement waits for a look at it.
	 */
	@Test
	void constraintsOfTheFirstTableThatDefersAreLookedAt() {
		this.fixture.end();
		try (SessionFixture none = new SessionFixture("CREATE TABLE parent (id int PRIMARY KEY)")) {
			none.execute("INSERT INTO parent VALUES (1)");
			none.execute("CREATE TABLE late (id int, parent int REFERENCES parent DEFERRABLE INITIALLY DEFERRED)");
			none.execute("INSERT INTO late VALUES (1, 1)");
			assertThatExceptionOfType(DataIntegrityViolationException.class)
				.isThrownBy(() -> none.execute("INSERT INTO late VALUES (1, 2)"));
			assertThatExceptionOfType(DataIntegrityViolationException.class)
				.isThrownBy(() -> none.update("INSERT INTO late VALUES (1, 3)")
					.as(none.transaction()::transactional)
					.block(SessionFixture.LONG));
			assertThat(none.count("late")).isOne();
		}
	}

	@Test
	void theSnapshotOfARepeatableReadIsTakenByTheTestsFirstStatement() {
		this.fixture.end();
		this.fixture.open(new SessionOptions(SessionOptions.DEFAULT.waitTimeout(), SessionOptions.DEFAULT.endTimeout(),
				IsolationLevel.REPEATABLE_READ));
		DatabaseClient.create(this.fixture.real())
			.sql("INSERT INTO item VALUES (1, 'committed')")
			.then()
			.block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void aNewTransactionInsideLeavesTheOuterOneDeferred() {
		this.fixture.update("INSERT INTO child VALUES (1, 1)")
			.then(this.fixture.update("INSERT INTO item VALUES (1, 'a')").as(this.fixture.requiresNew()::transactional))
			.then(this.fixture.update("INSERT INTO parent VALUES (1)"))
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(this.fixture.count("child")).isOne();
	}

}
