package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

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

/**
 * Receives notifications that one connection sends: many in large transactions, one after
 * the other, and on a thousand channels with ten listeners each. The peer is a thread
 * that blocks in pgjdbc's {@code getNotifications(0)} and calls the listeners itself.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class NotificationBenchmark {

	static final int COUNT = 200_000;

	static final int SINGLE_COUNT = 2_000;

	static final int CHANNELS = 1_000;

	static final int LISTENERS = 10;

	static final int ROUNDS = 20;

	private static final int BATCH = 5_000;

	private static final String SEND = "SELECT count(pg_notify(?, n::text)) FROM generate_series(?, ?) n";

	private static final String SEND_TO_ALL = "SELECT count(pg_notify('channel ' || n, ?))"
			+ " FROM generate_series(0, ?) n";

	private final Database database = Database.current();

	private final Connection sender = this.database.jdbc();

	private final Semaphore received = new Semaphore(0);

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

	private void received() {
		this.receivedAt = System.nanoTime();
		this.received.release();
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
		await(COUNT);
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
				long sentAt = System.nanoTime();
				statement.execute();
				await(1);
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
		await(ROUNDS * CHANNELS * LISTENERS);
	}

	private void await(int count) {
		try {
			if (!this.received.tryAcquire(count, 1, TimeUnit.MINUTES)) {
				throw new IllegalStateException("Received " + this.received.availablePermits() + " of " + count);
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
