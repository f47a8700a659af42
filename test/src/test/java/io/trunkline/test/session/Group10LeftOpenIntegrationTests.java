package io.trunkline.test.session;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;

import io.netty.buffer.ByteBuf;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessException;
import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class Group10LeftOpenIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void aTransactionThatIsLeftOpenFailsTheTestAndIsNamed() {
		this.fixture.reopen(Duration.ofSeconds(1), Duration.ofMillis(50));
		PostgresqlConnection connection = this.fixture.connect();
		connection.beginTransaction().block(SessionFixture.LONG);
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("It was left open: transaction 'without a name' opened at " + getClass().getName());
		assertThat(this.fixture.committed("item")).isZero();
	}

	@Test
	void aTransactionThatCouldNotEndAnyMoreWasNotLeftOpen() {
		assertThatExceptionOfType(DataAccessException.class)
			.isThrownBy(() -> this.fixture.update("SELECT pg_terminate_backend(pg_backend_pid())")
				.as(this.fixture.transaction()::transactional)
				.block(SessionFixture.LONG));
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("The connection of the test was lost")
			.withMessageNotContaining("left open");
	}

	@Test
	void whatStillRunsIsWaitedFor() {
		var insert = this.fixture.update("INSERT INTO item SELECT 1, pg_sleep(0.2)").toFuture();
		this.fixture.end();
		assertThat(insert).isCompletedWithValue(1L);
	}

	@Test
	void whatRunsForTooLongIsCancelledAndFailsTheTest() {
		this.fixture.reopen(Duration.ofSeconds(1), Duration.ofMillis(50));
		AtomicReference<Throwable> error = new AtomicReference<>();
		this.fixture.update("SELECT pg_sleep(60)").subscribe((count) -> {
		}, error::set);
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("It was still running: statement [SELECT pg_sleep(60)]");
		assertThat(error.get()).hasStackTraceContaining("canceling statement");
	}

	@Test
	void aCopyWhoseRowsDoNotEndIsBrokenOff() {
		this.fixture.reopen(Duration.ofSeconds(1), Duration.ofMillis(50));
		PostgresqlConnection connection = this.fixture.connect();
		connection.copyIn("COPY item FROM STDIN", Flux.<ByteBuf>never()).subscribe((count) -> {
		}, (ex) -> {
		});
		Mono<Long> reading = DatabaseClient.create(this.fixture.real())
			.sql("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active'"
					+ " AND wait_event = 'ClientRead' AND query = 'COPY item FROM STDIN'")
			.mapValue(Long.class)
			.one();
		assertThat(reading.repeat().filter((count) -> count == 1).blockFirst(SessionFixture.LONG)).isOne();
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("It was still running: statement [COPY item FROM STDIN]")
			.withMessageNotContaining("may have been committed");
		assertThat(this.fixture.committed("item")).isZero();
	}

	@Test
	void aHandleIsOfNoUseAfterTheTest() {
		PostgresqlConnection connection = this.fixture.connect();
		this.fixture.end();
		assertThatExceptionOfType(R2dbcNonTransientResourceException.class)
			.isThrownBy(() -> connection.createStatement("SELECT 1"))
			.withMessageContaining("The test that this connection belongs to has ended");
		assertThatExceptionOfType(R2dbcNonTransientResourceException.class)
			.isThrownBy(() -> connection.beginTransaction().block(SessionFixture.LONG));
		connection.close().block(SessionFixture.LONG);
		assertThat(connection.validate(io.r2dbc.spi.ValidationDepth.LOCAL).block(SessionFixture.LONG)).isFalse();
	}

	@Test
	void advisoryLocksEndWithTheTest() {
		this.fixture.execute("SELECT pg_advisory_lock(4711)");
		this.fixture.end();
		this.fixture.open(SessionOptions.DEFAULT);
		assertThat(this.fixture.list("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711",
				Long.class))
			.containsExactly(0L);
	}

}
