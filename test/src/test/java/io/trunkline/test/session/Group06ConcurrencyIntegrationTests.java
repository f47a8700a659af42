package io.trunkline.test.session;

import java.time.Duration;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.R2dbcTimeoutException;
import io.r2dbc.spi.Result;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

@Isolated("Sets the time of all schedulers")
class Group06ConcurrencyIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void concurrentTransactionsTakeTurns() {
		Flux.range(1, 100)
			.flatMap((id) -> this.fixture.update("INSERT INTO item VALUES (" + id + ", 'a')")
				.then(this.fixture.update("UPDATE item SET name = 'b' WHERE id = " + id))
				.as(this.fixture.transaction()::transactional)
				.subscribeOn(Schedulers.parallel()), 16)
			.blockLast(SessionFixture.LONG);
		assertThat(this.fixture.list("SELECT DISTINCT name FROM item", String.class)).containsExactly("b");
	}

	@Test
	void anIdleConnectionBlocksNobody() {
		PostgresqlConnection idle = this.fixture.connect();
		this.fixture.execute("INSERT INTO item VALUES (1, 'a')");
		this.fixture.update("INSERT INTO item VALUES (2, 'a')")
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isEqualTo(2);
		idle.close().block(SessionFixture.LONG);
	}

	@Test
	void aTransactionThatIsHeldGivesATimeoutThatNamesIt() {
		this.fixture.reopen(Duration.ofMillis(100), Duration.ofSeconds(2));
		PostgresqlConnection holder = this.fixture.connect();
		holder.beginTransaction().block(SessionFixture.LONG);
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> this.fixture.execute("INSERT INTO item VALUES (1, 'a')"))
			.withRootCauseInstanceOf(R2dbcTimeoutException.class)
			.withStackTraceContaining("Waited 100 ms")
			.withStackTraceContaining("INSERT INTO item VALUES (1, 'a')")
			.withStackTraceContaining("held by transaction 'without a name' opened at " + getClass().getName()
					+ ".aTransactionThatIsHeldGivesATimeoutThatNamesIt");
		holder.rollbackTransaction().block(SessionFixture.LONG);
		this.fixture.execute("INSERT INTO item VALUES (2, 'a')");
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void theFirstToAskIsTheFirstToRun() {
		PostgresqlConnection holder = this.fixture.connect();
		holder.beginTransaction().block(SessionFixture.LONG);
		Mono<Void> all = Flux.range(1, 20)
			.map((id) -> this.fixture.update("INSERT INTO item SELECT " + id + ", count(*) FROM item").toFuture())
			.collectList()
			.flatMapMany(Flux::fromIterable)
			.flatMap(Mono::fromFuture)
			.then();
		var done = all.toFuture();
		holder.commitTransaction().block(SessionFixture.LONG);
		Mono.fromFuture(done).block(SessionFixture.LONG);
		assertThat(this.fixture.list("SELECT id FROM item WHERE name::int = id - 1", Integer.class)).hasSize(20);
	}

	@Test
	void aQueueThatMovesIsWaitedFor() {
		this.fixture.reopen(Duration.ofMillis(100), Duration.ofSeconds(2));
		VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
		try {
			PostgresqlConnection first = this.fixture.connect();
			PostgresqlConnection second = this.fixture.connect();
			first.beginTransaction().block(SessionFixture.LONG);
			var next = second.beginTransaction().toFuture();
			var last = this.fixture.update("INSERT INTO item VALUES (1, 'a')").toFuture();
			time.advanceTimeBy(Duration.ofMillis(60));
			first.commitTransaction().block(SessionFixture.LONG);
			Mono.fromFuture(next).block(SessionFixture.LONG);
			time.advanceTimeBy(Duration.ofMillis(60));
			assertThat(last).isNotDone();
			second.commitTransaction().block(SessionFixture.LONG);
			assertThat(Mono.fromFuture(last).block(SessionFixture.LONG)).isOne();
		}
		finally {
			VirtualTimeScheduler.reset();
		}
	}

	@Test
	void whatTheHolderDoesMeanwhileIsNoMove() {
		this.fixture.reopen(Duration.ofMillis(100), Duration.ofSeconds(2));
		VirtualTimeScheduler time = VirtualTimeScheduler.getOrSet();
		try {
			PostgresqlConnection holder = this.fixture.connect();
			holder.beginTransaction().block(SessionFixture.LONG);
			var waits = this.fixture.update("INSERT INTO item VALUES (1, 'a')").toFuture();
			time.advanceTimeBy(Duration.ofMillis(60));
			holder.createStatement("INSERT INTO item VALUES (2, 'a')")
				.execute()
				.flatMap(Result::getRowsUpdated)
				.blockLast(SessionFixture.LONG);
			time.advanceTimeBy(Duration.ofMillis(60));
			assertThat(waits).isCompletedExceptionally();
			holder.rollbackTransaction().block(SessionFixture.LONG);
		}
		finally {
			VirtualTimeScheduler.reset();
		}
	}

}
