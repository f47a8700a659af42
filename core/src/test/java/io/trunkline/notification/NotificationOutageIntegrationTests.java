package io.trunkline.notification;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.embedded.EmbeddedPostgresServer;
import io.trunkline.embedded.testing.TcpProxy;
import io.trunkline.notification.NotificationStatus.State;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Numbered messages of several senders, which go on while the listening connection, or
 * the server itself, is away for long: each is received, or lies in a gap that was told.
 */
class NotificationOutageIntegrationTests extends NotificationFixture {

	private static final int SENDERS = 3;

	private static final int BATCH = 200;

	private static final Duration OUTAGE = Duration.ofSeconds(10);

	private static final String SEND = "SELECT count(pg_notify('numbers', ? || ':' || n)) FROM generate_series(?, ?) n";

	private final Semaphore open = new Semaphore(Integer.MAX_VALUE);

	@Test
	void accountsForTenSecondsWithoutAConnection() {
		TcpProxy proxy = open(TcpProxy.to(this.server.host(), this.server.port()));
		NotificationBus bus = open(builder(through(proxy)).build());
		Load load = new Load(this.server.jdbcUrl(this.database), this.server.user(), this.server.password());
		load.run(bus, () -> {
			load.awaitBatches(20);
			proxy.refuse(true);
			proxy.drop();
			TestPool.await("the loss", () -> bus.status().state() == State.LOST);
			long end = System.nanoTime() + OUTAGE.toNanos();
			TestPool.await("the end of the outage", () -> System.nanoTime() >= end);
			assertThat(bus.status().state()).isEqualTo(State.LOST);
			proxy.refuse(false);
		});
		load.assertAccounted(OUTAGE);
	}

	@Test
	void accountsForARestartOfTheServer() {
		try (EmbeddedPostgresServer own = EmbeddedPostgresServer.builder().start()) {
			NotificationBus bus = open(builder(ConnectionFactories.get(ConnectionFactoryOptions.parse(own.getR2dbcUrl())
				.mutate()
				.option(ConnectionFactoryOptions.USER, own.getUsername())
				.option(ConnectionFactoryOptions.PASSWORD, own.getPassword())
				.build())).build());
			Load load = new Load(own.getJdbcUrl(), own.getUsername(), own.getPassword());
			load.run(bus, () -> {
				load.awaitBatches(20);
				own.stop();
				TestPool.await("the loss", () -> bus.status().state() == State.LOST);
				own.start();
			});
			load.assertAccounted(Duration.ZERO);
			bus.close();
		}
	}

	/**
	 * Senders, and listeners who keep books.
	 */
	private final class Load {

		private final String url;

		private final String user;

		private final String password;

		private final Ledger quick = new Ledger("quick", SENDERS + 1, Long.MAX_VALUE,
				NotificationOutageIntegrationTests.this.open);

		private final Ledger slow = new Ledger("slow", SENDERS + 1, 0, NotificationOutageIntegrationTests.this.open);

		private final List<Ledger> ledgers = List.of(this.quick, this.slow);

		private final int[] numbers = new int[SENDERS + 1];

		private final AtomicInteger batches = new AtomicInteger();

		private final AtomicBoolean enough = new AtomicBoolean();

		Load(String url, String user, String password) {
			this.url = url;
			this.user = user;
			this.password = password;
		}

		/**
		 * Send while something happens, until all listeners have heard of the end.
		 */
		void run(NotificationBus bus, Runnable incident) {
			subscribe(bus, this.quick, NotificationBus.UNBOUNDED);
			subscribe(bus, this.slow, 500);
			this.quick.onThousand(() -> this.slow.request(100));
			Mono<Void> happens = Mono.<Void>fromRunnable(() -> {
				incident.run();
				TestPool.await("LISTEN is in force again", () -> bus.status().reconnects() == 1);
				awaitBatches(this.batches.get() + 20);
			}).subscribeOn(Schedulers.boundedElastic()).doFinally((signal) -> this.enough.set(true));
			Flux.range(0, SENDERS)
				.flatMap((sender) -> Mono.<Void>fromRunnable(() -> send(sender))
					.subscribeOn(Schedulers.boundedElastic()))
				.mergeWith(happens)
				.blockLast(Duration.ofMinutes(2));
			int first = this.numbers[SENDERS] + 1;
			TestPool.awaiting("everybody has heard of the end").pollInterval(Duration.ofMillis(20)).until(() -> {
				sendLast();
				this.slow.request(1_000);
				return this.ledgers.stream().allMatch((ledger) -> ledger.last(SENDERS) >= first);
			});
			TestPool.await("everybody has caught up", () -> {
				this.slow.request(1_000);
				return this.ledgers.stream().allMatch((ledger) -> ledger.last(SENDERS) == this.numbers[SENDERS]);
			});
		}

		private void subscribe(NotificationBus bus, Ledger ledger, int bufferSize) {
			NotificationFlux flux = bus.listen("numbers", bufferSize);
			flux.subscribe(ledger);
			flux.whenReady().block(TestPool.TIMEOUT);
		}

		void awaitBatches(int count) {
			TestPool.await(count + " batches were sent", () -> this.batches.get() >= count);
		}

		/**
		 * A batch that fails may have been sent or not: its numbers are not used again.
		 */
		private void send(int sender) {
			while (!this.enough.get()) {
				try (Connection connection = DriverManager.getConnection(this.url, this.user, this.password);
						PreparedStatement statement = connection.prepareStatement(SEND)) {
					while (!this.enough.get()) {
						send(statement, sender, BATCH);
						this.batches.incrementAndGet();
					}
				}
				catch (SQLException ex) {
					TestPool.await("the server is back", this::isServerThere);
				}
			}
		}

		private boolean isServerThere() {
			try (Connection connection = DriverManager.getConnection(this.url, this.user, this.password)) {
				return connection.isValid(1);
			}
			catch (SQLException ex) {
				return false;
			}
		}

		private void sendLast() throws SQLException {
			try (Connection connection = DriverManager.getConnection(this.url, this.user, this.password);
					PreparedStatement statement = connection.prepareStatement(SEND)) {
				send(statement, SENDERS, 1);
			}
		}

		private void send(PreparedStatement statement, int sender, int count) throws SQLException {
			int from = this.numbers[sender] + 1;
			this.numbers[sender] += count;
			statement.setString(1, String.valueOf(sender));
			statement.setInt(2, from);
			statement.setInt(3, this.numbers[sender]);
			statement.execute();
		}

		void assertAccounted(Duration outage) {
			for (Ledger ledger : this.ledgers) {
				assertThat(ledger.downtime()).as(ledger + ", downtime").isGreaterThanOrEqualTo(outage);
				ledger.settle(this.numbers, false, "after the outage");
			}
		}

	}

}
