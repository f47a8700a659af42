package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.NotificationFlux;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.BenchmarkParams;
import reactor.core.publisher.Mono;

/**
 * Receives notifications that one connection sends: many in large transactions, one after
 * the other, and on a thousand channels with ten listeners each. The peer is a thread
 * that blocks in pgjdbc's {@code getNotifications(0)} and calls the listeners itself: it
 * has no buffers, and a listener who blocked would stop all others. Of the bus each
 * listener has a buffer, and is called by another thread than the one that reads.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class NotificationBenchmark {

	static final int COUNT = 200_000;

	static final int SINGLE_COUNT = 1_000;

	static final int CHANNELS = 1_000;

	static final int LISTENERS = 10;

	static final int ROUNDS = 20;

	private static final int BATCH = 5_000;

	private static final String SEND = "SELECT count(pg_notify(?, n::text)) FROM generate_series(?, ?) n";

	private static final String SEND_TO_ALL = "SELECT count(pg_notify('channel ' || n, ?))"
			+ " FROM generate_series(0, ?) n";

	private final Database database = Database.current();

	private final Connection sender = this.database.jdbc();

	/**
	 * What is still to come; nobody is woken before that, which would be measured too.
	 */
	private final AtomicInteger missing = new AtomicInteger();

	private final Semaphore complete = new Semaphore(0);

	private volatile long receivedAt;

	private @Nullable AutoCloseable listening;

	/**
	 * Listen in the one way that is measured: a second listener would cost the server
	 * time.
	 * @param params which benchmark it is
	 */
	@Setup
	public void listen(BenchmarkParams params) {
		boolean all = params.getBenchmark().endsWith("ToAll");
		int listeners = all ? LISTENERS : 1;
		if (params.getBenchmark().contains("pgjdbc")) {
			this.listening = new PgjdbcListener(this.database.jdbc(), all ? CHANNELS : 1, listeners, this::received);
			return;
		}
		if (params.getBenchmark().contains("driver")) {
			this.listening = listenWithDriver();
			return;
		}
		NotificationBus bus = NotificationBus.builder(PostgresConnections.create(this.database.connectionFactory()))
			.bufferSize(NotificationBus.UNBOUNDED)
			.build();
		for (int i = 0; i < (all ? CHANNELS : 1) * listeners; i++) {
			NotificationFlux events = bus.listen("channel " + i / listeners);
			events.subscribe((event) -> received());
			events.whenReady().block();
		}
		this.listening = bus;
	}

	/**
	 * Listen with nothing but the driver, which calls the listener on its own thread:
	 * what no bus on top of it can exceed.
	 */
	private AutoCloseable listenWithDriver() {
		PostgresqlConnection connection = PostgresConnections
			.unwrap(Objects.requireNonNull(Mono.from(this.database.connectionFactory().create()).block()));
		connection.getNotifications().subscribe((notification) -> received());
		connection.createStatement("LISTEN \"channel 0\"")
			.execute()
			.concatMap(PostgresqlResult::getRowsUpdated)
			.blockLast();
		return () -> connection.close().block();
	}

	private void received() {
		this.receivedAt = System.nanoTime();
		if (this.missing.decrementAndGet() == 0) {
			this.complete.release();
		}
	}

	/**
	 * Close the connections.
	 * @throws Exception if one is broken
	 */
	@TearDown
	public void close() throws Exception {
		this.sender.close();
		if (this.listening != null) {
			this.listening.close();
		}
	}

	/**
	 * Receive many with the bus.
	 */
	@Benchmark
	public void trunklineMany() {
		sendMany();
	}

	/**
	 * Receive many with pgjdbc.
	 */
	@Benchmark
	public void pgjdbcMany() {
		sendMany();
	}

	/**
	 * Receive many with the driver alone.
	 */
	@Benchmark
	public void driverMany() {
		sendMany();
	}

	/**
	 * Receive one after the other with the bus.
	 * @param latency what is reported besides
	 */
	@Benchmark
	public void trunklineSingle(Latency latency) {
		sendSingle(latency);
	}

	/**
	 * Receive one after the other with pgjdbc.
	 * @param latency what is reported besides
	 */
	@Benchmark
	public void pgjdbcSingle(Latency latency) {
		sendSingle(latency);
	}

	/**
	 * Receive on all channels with the bus.
	 */
	@Benchmark
	public void trunklineToAll() {
		sendToAll();
	}

	/**
	 * Receive on all channels with pgjdbc.
	 */
	@Benchmark
	public void pgjdbcToAll() {
		sendToAll();
	}

	private void sendMany() {
		this.missing.set(COUNT);
		try (PreparedStatement statement = this.sender.prepareStatement(SEND)) {
			statement.setString(1, "channel 0");
			for (int from = 0; from < COUNT; from += BATCH) {
				statement.setInt(2, from);
				statement.setInt(3, from + BATCH - 1);
				statement.execute();
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		await();
	}

	/**
	 * From before the statement is sent to the listener: both sides pay for the same
	 * commit.
	 */
	private void sendSingle(Latency latency) {
		long[] nanos = new long[SINGLE_COUNT];
		try (PreparedStatement statement = this.sender.prepareStatement("SELECT pg_notify('channel 0', ?)")) {
			for (int i = 0; i < SINGLE_COUNT; i++) {
				statement.setString(1, String.valueOf(i));
				this.missing.set(1);
				long sentAt = System.nanoTime();
				statement.execute();
				await();
				nanos[i] = this.receivedAt - sentAt;
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		Arrays.sort(nanos);
		latency.p50 = nanos[SINGLE_COUNT / 2] / 1e6;
		latency.p99 = nanos[SINGLE_COUNT * 99 / 100] / 1e6;
	}

	private void sendToAll() {
		this.missing.set(ROUNDS * CHANNELS * LISTENERS);
		try (PreparedStatement statement = this.sender.prepareStatement(SEND_TO_ALL)) {
			for (int round = 0; round < ROUNDS; round++) {
				statement.setString(1, String.valueOf(round));
				statement.setInt(2, CHANNELS - 1);
				statement.execute();
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		await();
	}

	private void await() {
		try {
			if (!this.complete.tryAcquire(1, TimeUnit.MINUTES)) {
				throw new IllegalStateException(this.missing.get() + " messages are missing");
			}
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Milliseconds from the sender to the listener.
	 */
	@State(Scope.Thread)
	@AuxCounters(AuxCounters.Type.EVENTS)
	public static class Latency {

		/**
		 * Half are faster.
		 */
		public double p50;

		/**
		 * One in a hundred is slower.
		 */
		public double p99;

	}

}
