package io.trunkline.test.session;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionConfiguration;
import io.r2dbc.postgresql.PostgresqlConnectionFactory;
import io.r2dbc.postgresql.TrunklineClientAccess;
import io.r2dbc.spi.Connection;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.netty.resources.LoopResources;

import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of the connection that goes from one test to the next, of a pool that has no
 * other.
 */
class KeptConnectionIntegrationTests {

	private static final PostgresTestServer server = PostgresTestServer.get();

	private static final String PID = "SELECT pg_backend_pid()";

	private static final String LOCK = "SELECT CASE WHEN pg_try_advisory_lock(7) THEN 1 ELSE 0 END";

	private static final String LOCKS = "SELECT count(*)::int FROM pg_locks JOIN pg_database d ON d.oid = database"
			+ " WHERE locktype = 'advisory' AND datname = current_database()";

	private final String database = server.createDatabase();

	private final ConnectionFactory outside = server.connectionFactoryFor(this.database);

	private final ConnectionPool pool = pool();

	private final SessionSlot slot = new SessionSlot(this.pool);

	private ConnectionPool pool() {
		return new ConnectionPool(ConnectionPoolConfiguration.builder(this.outside).initialSize(0).maxSize(1).build());
	}

	@BeforeEach
	void createTable() {
		server.executeIn(this.database, "CREATE TABLE item (id int PRIMARY KEY)");
	}

	@AfterEach
	void close() {
		this.slot.giveBack().block(SessionFixture.LONG);
		assertThat(acquired()).isZero();
		this.pool.disposeLater().block(SessionFixture.LONG);
		server.dropDatabase(this.database);
	}

	private int acquired() {
		return this.pool.getMetrics().orElseThrow().acquiredSize();
	}

	private static int ask(ConnectionFactory factory, String sql) {
		return DatabaseClient.create(factory).sql(sql).mapValue(Integer.class).one().block(SessionFixture.LONG);
	}

	private static void insert(ConnectionFactory factory) {
		DatabaseClient.create(factory)
			.sql("INSERT INTO item VALUES (1)")
			.fetch()
			.rowsUpdated()
			.block(SessionFixture.LONG);
	}

	private void begin() {
		this.slot.enter(SessionOptions.DEFAULT);
	}

	private void end() {
		this.slot.endAndKeep().block(SessionFixture.LONG);
		this.slot.leave();
	}

	@Test
	void theNextTestHasItAndSeesNothingOfTheLast() {
		begin();
		int first = ask(this.slot, PID);
		insert(this.slot);
		assertThat(ask(this.slot, LOCK)).isOne();
		end();
		assertThat(acquired()).isOne();
		for (int i = 0; i < 3; i++) {
			begin();
			assertThat(ask(this.slot, PID)).isEqualTo(first);
			assertThat(ask(this.slot, "SELECT count(*)::int FROM item")).isZero();
			assertThat(ask(this.slot, LOCKS)).isZero();
			insert(this.slot);
			end();
		}
		assertThat(ask(this.outside, "SELECT count(*)::int FROM item")).isZero();
	}

	@Test
	void aTestWithoutAStatementPassesItOn() {
		begin();
		end();
		begin();
		insert(this.slot);
		end();
		begin();
		end();
		begin();
		assertThat(ask(this.slot, "SELECT count(*)::int FROM item")).isZero();
		end();
	}

	@Test
	void whoeverAsksBetweenTestsComesAfterTheRollback() {
		for (int i = 0; i < 20; i++) {
			begin();
			insert(this.slot);
			assertThat(ask(this.slot, LOCK)).isOne();
			end();
			assertThat(ask(this.slot, "SELECT count(*)::int FROM item")).isZero();
			assertThat(acquired()).isZero();
			assertThat(ask(this.outside, LOCKS)).isZero();
		}
	}

	@Test
	void whoeverHasItGivenBackComesAfterTheRollback() {
		for (int i = 0; i < 20; i++) {
			begin();
			assertThat(ask(this.slot, LOCK)).isOne();
			end();
			Mono.when(this.slot.giveBack(), this.slot.giveBack()).block(SessionFixture.LONG);
			assertThat(ask(this.outside, LOCKS)).isZero();
			assertThat(acquired()).isZero();
		}
	}

	@Test
	void isGivenBackWhereTheNextTestIsOnAnotherDatabase() {
		begin();
		insert(this.slot);
		end();
		String other = server.createDatabase();
		try {
			this.slot.swap(server.connectionFactoryFor(other));
			begin();
			assertThat(ask(this.slot, "SELECT count(*)::int FROM pg_tables WHERE tablename = 'item'")).isZero();
			assertThat(acquired()).isZero();
			end();
			this.slot.giveBack().block(SessionFixture.LONG);
			this.slot.swap(null);
		}
		finally {
			server.dropDatabase(other);
		}
	}

	@Test
	void isReplacedWhereTheServerHasEndedItBetweenTests() {
		begin();
		int pid = ask(this.slot, PID);
		end();
		terminate(pid);
		begin();
		assertThat(ask(this.slot, PID)).isNotEqualTo(pid);
		insert(this.slot);
		end();
	}

	@Test
	void theRollbackRunsAtOnceWhetherAnybodyAsksOrNot() {
		begin();
		assertThat(ask(this.slot, LOCK)).isOne();
		end();
		Mono.fromSupplier(() -> ask(this.outside, LOCKS))
			.repeat()
			.takeUntil((locks) -> locks == 0)
			.blockLast(SessionFixture.LONG);
		assertThat(acquired()).isOne();
	}

	/**
	 * Settings end with the rollback, so that nothing of the session's own may come
	 * before that.
	 */
	@Test
	void whatATestSetsDoesNotKeepItFromBeingRolledBack() {
		server.executeIn(this.database, "REVOKE EXECUTE ON FUNCTION pg_catalog.pg_advisory_unlock_all() FROM PUBLIC");
		String role = server.createRole("secret");
		try {
			for (int i = 0; i < 3; i++) {
				begin();
				assertThat(ask(this.slot, LOCK)).isOne();
				insert(this.slot);
				DatabaseClient.create(this.slot).sql("SET ROLE " + role).then().block(SessionFixture.LONG);
				end();
			}
			begin();
			assertThat(ask(this.slot, LOCKS)).isZero();
			assertThat(ask(this.slot, "SELECT count(*)::int FROM item")).isZero();
			end();
		}
		finally {
			server.dropRole(role);
		}
	}

	@Test
	void theTransactionIsAsOldAsItsFirstStatement() {
		String clock = "SELECT (extract(epoch FROM %s) * 1000000)::bigint";
		for (int i = 0; i < 3; i++) {
			begin();
			Long before = DatabaseClient.create(this.outside)
				.sql(clock.formatted("clock_timestamp()"))
				.mapValue(Long.class)
				.one()
				.block(SessionFixture.LONG);
			Long now = DatabaseClient.create(this.slot)
				.sql(clock.formatted("now()"))
				.mapValue(Long.class)
				.one()
				.block(SessionFixture.LONG);
			assertThat(now).isGreaterThanOrEqualTo(before);
			end();
		}
	}

	/**
	 * Where the operating system is not asked, the answer of the rollback is waited for.
	 */
	@Test
	void isReplacedWhereItDiesAndNettyCannotAskTheOperatingSystem() {
		LoopResources loops = LoopResources.create("without-epoll", 1, true);
		ConnectionPool nio = new ConnectionPool(
				ConnectionPoolConfiguration.builder(new PostgresqlConnectionFactory(configuration(loops)))
					.maxSize(1)
					.build());
		SessionSlot slot = new SessionSlot(nio);
		try {
			assertThat(channel(nio)).isInstanceOf(NioSocketChannel.class);
			slot.enter(SessionOptions.DEFAULT);
			int first = ask(slot, PID);
			slot.endAndKeep().block(SessionFixture.LONG);
			slot.leave();
			slot.enter(SessionOptions.DEFAULT);
			assertThat(ask(slot, PID)).isEqualTo(first);
			insert(slot);
			slot.endAndKeep().block(SessionFixture.LONG);
			slot.leave();
			terminate(first);
			slot.enter(SessionOptions.DEFAULT);
			assertThat(ask(slot, PID)).isNotEqualTo(first);
			slot.endAndKeep().block(SessionFixture.LONG);
			slot.leave();
			slot.giveBack().block(SessionFixture.LONG);
		}
		finally {
			nio.disposeLater().block(SessionFixture.LONG);
			loops.disposeLater().block(SessionFixture.LONG);
		}
	}

	private PostgresqlConnectionConfiguration configuration(LoopResources loops) {
		return PostgresqlConnectionConfiguration.builder()
			.host(server.host())
			.port(server.port())
			.username(server.user())
			.password(server.password())
			.database(this.database)
			.loopResources((preferNative) -> loops.onClient(false))
			.build();
	}

	/**
	 * The thread that would notice the end of the connection is kept from it.
	 */
	@Test
	void isReplacedWhereItDiesBeforeTheRollbackIsAnswered() {
		Channel channel = channel(this.pool);
		begin();
		int pid = ask(this.slot, PID);
		insert(this.slot);
		CountDownLatch busy = new CountDownLatch(1);
		CountDownLatch go = new CountDownLatch(1);
		channel.eventLoop().execute(() -> {
			busy.countDown();
			await(go);
		});
		await(busy);
		try {
			terminate(pid);
			assertThat(channel.isActive()).isTrue();
			end();
			begin();
		}
		finally {
			go.countDown();
		}
		assertThat(ask(this.slot, PID)).isNotEqualTo(pid);
		assertThat(ask(this.slot, "SELECT count(*)::int FROM item")).isZero();
		end();
	}

	/**
	 * Return the one that a pool has.
	 */
	private static Channel channel(ConnectionPool pool) {
		Connection connection = Mono.from(pool.create()).block(SessionFixture.LONG);
		Channel channel = TrunklineClientAccess
			.channel(TrunklineClientAccess.client(PostgresConnections.unwrap(connection)));
		Mono.from(connection.close()).block(SessionFixture.LONG);
		return channel;
	}

	private static void await(CountDownLatch latch) {
		try {
			assertThat(latch.await(30, TimeUnit.SECONDS)).isTrue();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void terminate(int pid) {
		server.executeIn(this.database, "SELECT pg_terminate_backend(" + pid + ", 10000)");
	}

	/**
	 * While nothing runs, and by what a test runs itself.
	 */
	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void aConnectionThatDiesDuringATestFailsItAndNotTheNext(boolean itself) {
		begin();
		insert(this.slot);
		int pid = ask(this.slot, PID);
		if (!itself) {
			terminate(pid);
		}
		assertThatExceptionOfType(DataAccessResourceFailureException.class)
			.isThrownBy(() -> ask(this.slot, "SELECT pg_terminate_backend(pg_backend_pid())::int"));
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this::end)
			.withMessageContaining("The connection of the test was lost")
			.withMessageContaining("pg_terminate_backend")
			.withMessageNotContaining("committed");
		this.slot.leave();
		assertThat(acquired()).isZero();
		begin();
		assertThat(ask(this.slot, PID)).isNotEqualTo(pid);
		assertThat(ask(this.slot, "SELECT count(*)::int FROM item")).isZero();
		end();
	}

	@Test
	void isNotKeptAfterATestThatHasLeftSomethingOpen() {
		begin();
		insert(this.slot);
		Connection left = Mono.from(this.slot.create()).block(SessionFixture.LONG);
		Mono.from(left.beginTransaction()).block(SessionFixture.LONG);
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this::end)
			.withMessageContaining("It was left open");
		this.slot.leave();
		assertThat(acquired()).isZero();
		assertThat(ask(this.outside, "SELECT count(*)::int FROM item")).isZero();
	}

	@Test
	void goesBackToAPoolThatWasDisposedMeanwhile() {
		ConnectionPool disposed = pool();
		SessionSlot slot = new SessionSlot(disposed);
		slot.enter(SessionOptions.DEFAULT);
		int pid = ask(slot, PID);
		slot.endAndKeep().block(SessionFixture.LONG);
		slot.leave();
		disposed.disposeLater().block(SessionFixture.LONG);
		slot.giveBack().block(SessionFixture.LONG);
		server.executeIn(this.database, "DO $$ BEGIN WHILE EXISTS (SELECT FROM pg_stat_activity WHERE pid = " + pid
				+ ") AND clock_timestamp() < now() + interval '10 s' LOOP PERFORM pg_stat_clear_snapshot(); END LOOP; END $$");
		assertThat(ask(this.outside, "SELECT count(*)::int FROM pg_stat_activity WHERE pid = " + pid)).isZero();
	}

}
