package io.trunkline.copy;

import java.sql.SQLException;
import java.util.concurrent.atomic.AtomicBoolean;

import io.trunkline.connection.PostgresErrors;
import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessResourceFailureException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Typed rows of tables and queries that are broken off: the next caller gets the
 * connection.
 */
class QueryRowsFaultIntegrationTests extends BulkCopyFixture {

	/** A series in FROM would be made whole before its first row. */
	private static final String ENDLESS = "SELECT generate_series(1, :n) AS id, repeat('x', 200) AS name";

	private Flux<Row> endless() {
		return this.copy.copyOutQuery(ENDLESS).bind("n", 100_000_000).objects(Row.class);
	}

	private int abandoned(boolean transaction, Mono<Integer> abandoned) {
		Mono<Integer> andThen = transaction ? abandoned
			.flatMap((received) -> this.pool.connections().execute("INSERT INTO items VALUES (1)").thenReturn(received))
				: abandoned;
		int received = get(this.pool.within(transaction, andThen));
		this.pool.assertUsable();
		assertThat(count("items")).isEqualTo(transaction ? 1 : 0);
		return received;
	}

	@ParameterizedTest
	@CsvSource({ "0, false", "0, true", "1, false", "1, true", "1000, false", "1000, true" })
	void cancelsRowsOfAQuery(int rows, boolean transaction) {
		Mono<Integer> abandoned = Abandoned.when(endless(), rows, (row) -> {
		}, (received) -> TestPool.await("rows", () -> received.get() == rows));
		assertThat(abandoned(transaction, abandoned)).isEqualTo(rows);
	}

	@ParameterizedTest
	@CsvSource({ "0, false", "0, true", "1, false", "1, true", "1000, false", "1000, true" })
	void cancelsRowsOfATable(int rows, boolean transaction) {
		sql("CREATE VIEW many AS " + ENDLESS.replace(":n", "100000000"));
		Mono<Integer> abandoned = Abandoned.when(this.copy.copyOut("many").maps(), rows, (row) -> {
		}, (received) -> TestPool.await("rows", () -> received.get() == rows));
		assertThat(abandoned(transaction, abandoned)).isEqualTo(rows);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void cancelsWhileTheQueryIsDescribed(boolean transaction) throws SQLException {
		sql("CREATE TABLE locked (id integer)");
		try (TestPool.Lock lock = this.pool.lock("LOCK TABLE locked")) {
			assertThat(lock).isNotNull();
			Mono<Integer> abandoned = Abandoned
				.when(this.copy.copyOutQuery("SELECT * FROM locked WHERE id = $1").bind("$1", 1).maps(), 1, (row) -> {
				}, (received) -> this.pool.awaitWaiting("Lock:relation"));
			assertThat(abandoned(transaction, abandoned)).isZero();
		}
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void cancelsBeforeTheFirstRow(boolean transaction) {
		Flux<?> rows = this.copy.copyOutQuery("SELECT 1 AS id, pg_sleep(600)").maps();
		Mono<Integer> abandoned = Abandoned.when(rows, 1, (row) -> {
		}, (received) -> this.pool.awaitWaiting("Timeout:PgSleep"));
		assertThat(abandoned(transaction, abandoned)).isZero();
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void cancelsBehindTheLastRow(boolean transaction) {
		Flux<?> rows = this.copy.copyOutQuery("SELECT i FROM generate_series(1, 3) i").maps();
		Mono<Integer> abandoned = Abandoned.when(rows, 3, (row) -> {
		}, (received) -> TestPool.await("rows", () -> received.get() == 3));
		assertThat(abandoned(transaction, abandoned)).isEqualTo(3);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void stopsTheServerWhileNobodyConsumes(boolean transaction) {
		Mono<Integer> abandoned = Abandoned.when(endless(), 3, (row) -> {
		}, (received) -> {
			TestPool.await("rows", () -> received.get() == 3);
			this.pool.awaitWaiting("Client:ClientWrite");
		});
		assertThat(abandoned(transaction, abandoned)).isEqualTo(3);
	}

	@Test
	void failsWhereTheBackendIsKilled() {
		AtomicBoolean killed = new AtomicBoolean();
		Throwable lost = failure(DataAccessResourceFailureException.class, endless().doOnNext((row) -> {
			if (killed.compareAndSet(false, true)) {
				this.pool.terminateBackend();
			}
		}));
		assertThat(PostgresErrors.isRecoverable(lost)).isFalse();
		this.pool.assertUsable();
	}

	@Test
	void failsWhereTheBackendIsKilledWhileTheQueryIsDescribed() throws SQLException {
		sql("CREATE TABLE locked (id integer)");
		try (TestPool.Lock lock = this.pool.lock("LOCK TABLE locked")) {
			assertThat(lock).isNotNull();
			Mono<Throwable> lost = this.copy.copyOutQuery("SELECT * FROM locked")
				.maps()
				.then(Mono.<Throwable>empty())
				.onErrorResume(Mono::just);
			Mono<Throwable> killing = Mono.<Throwable>fromRunnable(() -> {
				this.pool.awaitWaiting("Lock:relation");
				this.pool.terminateBackend();
			}).subscribeOn(reactor.core.scheduler.Schedulers.boundedElastic()).then(Mono.never());
			assertThat(get(Mono.firstWithSignal(killing, lost))).isInstanceOf(DataAccessResourceFailureException.class);
			this.pool.assertUsable();
		}
	}

	record Row(int id, String name) {
	}

}
