package io.trunkline.test.session;

import java.util.concurrent.atomic.AtomicBoolean;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import io.r2dbc.spi.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class Group09TransactionStatementsIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "BEGIN", "start transaction", "COMMIT", " commit work", "END", "ROLLBACK", "ABORT",
			"ROLLBACK WORK", "/* a /* nested */ comment */ COMMIT", "-- a line\nCOMMIT", "; COMMIT",
			"PREPARE TRANSACTION 'x'", "COMMIT PREPARED 'x'" })
	void aStatementThatEndsTransactionsIsRefused(String sql) {
		PostgresqlConnection connection = this.fixture.connect();
		assertThatExceptionOfType(R2dbcNonTransientResourceException.class)
			.isThrownBy(() -> connection.createStatement(sql))
			.withMessageContaining("is refused")
			.withMessageContaining("@DatabasePerTest");
		assertThatExceptionOfType(R2dbcNonTransientResourceException.class)
			.isThrownBy(() -> connection.createBatch().add("SELECT 1").add(sql));
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> this.fixture.connections().execute(sql).block(SessionFixture.LONG))
			.withStackTraceContaining("is refused");
		this.fixture.execute("INSERT INTO item VALUES (1, 'a')");
		this.fixture.end();
		assertThat(this.fixture.committed("item")).isZero();
	}

	@Test
	void aSavepointOfTheApplicationIsNotRefused() {
		PostgresqlConnection connection = this.fixture.connect();
		connection.beginTransaction()
			.thenMany(connection.createStatement("SAVEPOINT mine").execute())
			.thenMany(connection.createStatement("INSERT INTO item VALUES (1, 'a')").execute())
			.thenMany(connection.createStatement("ROLLBACK TO SAVEPOINT mine").execute())
			.thenMany(connection.createStatement("ROLLBACK TRANSACTION TO mine").execute())
			.thenMany(connection.createStatement("INSERT INTO item VALUES (2, 'a')").execute())
			.then(connection.commitTransaction())
			.then(connection.close())
			.block(SessionFixture.LONG);
		assertThat(this.fixture.list("SELECT id FROM item", Integer.class)).containsExactly(2);
	}

	private Mono<Void> independent(String sql) {
		return Flux
			.usingWhen(this.fixture.factory().create(),
					(own) -> Flux.from(own.createStatement(sql).execute()).flatMap(Result::getRowsUpdated),
					Connection::close)
			.then();
	}

	@Test
	void theApplicationsSavepointHoldsAroundIndependentStatements() {
		Mono<Void> independent = independent("INSERT INTO item VALUES (2, 'own')");
		Mono<Long> nested = this.fixture.client()
			.inConnection((connection) -> Mono.from(connection.createSavepoint("mine"))
				.then(independent)
				.then(Mono.from(connection.rollbackTransactionToSavepoint("mine")))
				.then(independent)
				.then(Mono.from(connection.releaseSavepoint("mine")))
				.thenReturn(1L));
		this.fixture.update("INSERT INTO item VALUES (1, 'a')")
			.then(nested)
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(this.fixture.list("SELECT id FROM item ORDER BY id", Integer.class)).containsExactly(1, 2);
		// Production would have kept the first of the two statements, and refused the
		// other.
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining(
					"independent work had been committed: statement [INSERT INTO item VALUES (2, 'own')]");
	}

	@Test
	void theSavepointOfAStatementIsGoneWhenTheNextOneRuns() {
		this.fixture.execute("INSERT INTO item VALUES (1, 'a'); SAVEPOINT inside");
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> this.fixture.execute("ROLLBACK TO SAVEPOINT inside"))
			.withStackTraceContaining("savepoint \"inside\" does not exist");
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void aSneakyCommitPoisonsTheTest() {
		assertThatExceptionOfType(Exception.class).isThrownBy(() -> {
			this.fixture.execute("INSERT INTO item VALUES (1, 'a'); COMMIT");
			this.fixture.execute("INSERT INTO item VALUES (2, 'a')");
		}).withStackTraceContaining("The test's transaction was ended");
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("INSERT INTO item VALUES (1, 'a'); COMMIT")
			.withMessageContaining("may have been committed");
		assertThat(this.fixture.committed("item")).isOne();
	}

	/**
	 * The connection is in a transaction before and after it.
	 */
	@Test
	void aSneakyRollbackAndChainPoisonsTheTest() {
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> this.fixture.execute("INSERT INTO item VALUES (1, 'a'); ROLLBACK AND CHAIN"))
			.withStackTraceContaining("The test's transaction was ended, or its savepoints were");
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("INSERT INTO item VALUES (1, 'a'); ROLLBACK AND CHAIN");
	}

	@Test
	void nothingRunsAfterASneakyRollbackAndChainInsideOfATransaction() {
		AtomicBoolean ranOn = new AtomicBoolean();
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> independent("INSERT INTO item VALUES (1, 'a'); ROLLBACK AND CHAIN")
				.then(Mono.fromSupplier(() -> ranOn.getAndSet(true)))
				.as(this.fixture.transaction()::transactional)
				.block(SessionFixture.LONG));
		assertThat(ranOn).isFalse();
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("were, by statement [INSERT INTO item VALUES (1, 'a'); ROLLBACK AND CHAIN]");
	}

	@Test
	void aStatementThatGivesBackTheSavepointOfTheTestPoisonsIt() {
		assertThatExceptionOfType(Exception.class).isThrownBy(
				() -> this.fixture.execute("INSERT INTO item VALUES (1, 'a'); RELEASE SAVEPOINT trunkline_statement"))
			.withStackTraceContaining("The test's transaction was ended, or its savepoints were");
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end);
	}

	@Test
	void aSneakyCommitAndBeginPoisonsTheTest() {
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> this.fixture.execute("INSERT INTO item VALUES (1, 'a'); COMMIT; BEGIN"))
			.withStackTraceContaining("The test's transaction was ended");
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end);
	}

}
