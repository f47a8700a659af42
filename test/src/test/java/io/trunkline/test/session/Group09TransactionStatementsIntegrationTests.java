package io.trunkline.test.session;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

	@Test
	void aSneakyCommitAndBeginPoisonsTheTest() {
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> this.fixture.execute("INSERT INTO item VALUES (1, 'a'); COMMIT; BEGIN"))
			.withStackTraceContaining("The test's transaction was ended");
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end);
	}

}
