package io.trunkline.test.session;

import java.time.Duration;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.trunkline.connection.PostgresConnections;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Locks between a test's transaction and a connection that is none of the test's.
 */
class Group10HeldLocksIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	private PostgresqlConnection outside;

	@BeforeEach
	void connect() {
		this.fixture.reopen(Duration.ofMillis(200), Duration.ofSeconds(10));
		this.outside = PostgresConnections.unwrap(Mono.from(this.fixture.real().create()).block(SessionFixture.LONG));
	}

	@AfterEach
	void close() {
		this.outside.close().block(SessionFixture.LONG);
		this.fixture.close();
	}

	private Mono<Long> outside(String sql) {
		return this.outside.createStatement(sql).execute().concatMap(PostgresqlResult::getRowsUpdated).next();
	}

	@Test
	void aStatementThatWaitsForAnotherConnectionIsCancelledAndNamesBoth() {
		this.outside.beginTransaction().block(SessionFixture.LONG);
		outside("INSERT INTO item VALUES (1, 'outside')").block(SessionFixture.LONG);
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> this.fixture.execute("INSERT INTO item VALUES (1, 'inside')"))
			.withStackTraceContaining("canceling statement due to user request");
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("waited for a lock")
			.withMessageContaining("statement [INSERT INTO item VALUES (1, 'inside')]")
			.withMessageContaining("aStatementThatWaitsForAnotherConnectionIsCancelledAndNamesBoth")
			.withMessageContaining("[INSERT INTO item VALUES (1, 'outside')], which is idle in transaction");
		this.outside.rollbackTransaction().block(SessionFixture.LONG);
	}

	@Test
	void aConnectionThatWaitsForTheTestIsCancelledAndNamed() {
		this.fixture.execute("INSERT INTO item VALUES (1, 'inside')");
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> outside("INSERT INTO item VALUES (1, 'outside')").block(SessionFixture.LONG))
			.withStackTraceContaining("canceling statement due to user request");
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("held a lock")
			.withMessageContaining("[INSERT INTO item VALUES (1, 'outside')]");
	}

	@Test
	void aStatementThatLastsAndWaitsForNobodyIsLeftAlone() {
		this.fixture.execute("""
				DO $$ BEGIN
					WHILE NOT EXISTS (
						SELECT FROM pg_stat_activity
						WHERE pid <> pg_backend_pid() AND query LIKE '%pg_blocking_pids%'
					) LOOP
						PERFORM pg_stat_clear_snapshot();
					END LOOP;
				END $$""");
		this.fixture.end();
	}

}
