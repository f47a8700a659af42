package io.trunkline.notification;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

import io.trunkline.embedded.testing.TcpProxy;
import io.trunkline.notification.NotificationStatus.State;
import io.trunkline.testing.TestPool;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A million messages of several senders, each accounted for by listeners of different
 * speed while the connection is killed, stalled and refused.
 */
class NotificationAccountingIntegrationTests extends NotificationFixture {

	private static final Log logger = LogFactory.getLog(NotificationAccountingIntegrationTests.class);

	private static final int SENDERS = 4;

	/** What each sender sends in one transaction, and in one phase. */
	private static final int BATCH = 2_500;

	private static final int PER_PHASE = 25_000;

	private static final String CHANNEL = "numbers";

	private static final String SEND = "SELECT count(pg_notify('" + CHANNEL
			+ "', ? || ':' || n)) FROM generate_series(?, ?) n";

	private final AtomicLong sent = new AtomicLong();

	/** The last number of each sender; the last sender is the one that ends a phase. */
	private final int[] numbers = new int[SENDERS + 1];

	private final Semaphore open = new Semaphore(Integer.MAX_VALUE);

	private final Semaphore gate = new Semaphore(0);

	private final Ledger quick = new Ledger("quick", SENDERS + 1, Long.MAX_VALUE, this.open);

	private final Ledger slow = new Ledger("slow", SENDERS + 1, 0, this.open);

	private final Ledger blocked = new Ledger("blocked", SENDERS + 1, Long.MAX_VALUE, this.gate);

	private final List<Ledger> ledgers = List.of(this.quick, this.slow, this.blocked);

	@Test
	void accountsForEachOfAMillionMessages() {
		TcpProxy proxy = open(TcpProxy.to(this.server.host(), this.server.port()));
		NotificationBus bus = open(
				builder(through(proxy)).keepAlive(Duration.ofMillis(100)).answerTimeout(Duration.ofSeconds(1)).build());
		subscribe(bus, this.quick, NotificationBus.UNBOUNDED);
		subscribe(bus, this.slow, 1_000);
		subscribe(bus, this.blocked, 500);
		// The slow ones get on, by far less than what comes.
		this.quick.onThousand(() -> {
			this.slow.request(100);
			this.gate.release(50);
		});
		Disturbance[] phases = { Disturbance.NONE, Disturbance.KILL, Disturbance.STALL, Disturbance.NONE,
				Disturbance.OUTAGE, Disturbance.KILL_OFTEN, Disturbance.NONE, Disturbance.STALL, Disturbance.OUTAGE,
				Disturbance.NONE };
		for (Disturbance disturbance : phases) {
			run(disturbance, bus, proxy);
		}
		assertThat(Arrays.stream(this.numbers).limit(SENDERS).sum()).isEqualTo(1_000_000);
		this.gate.release(1_000_000);
	}

	private void subscribe(NotificationBus bus, Ledger ledger, int bufferSize) {
		NotificationFlux flux = bus.listen(CHANNEL, bufferSize);
		flux.subscribe(ledger);
		flux.whenReady().block(TestPool.TIMEOUT);
	}

	private void run(Disturbance disturbance, NotificationBus bus, TcpProxy proxy) {
		long begin = this.sent.get();
		long reconnects = bus.status().reconnects();
		this.gate.drainPermits();
		Mono<Object> disturbing = Mono
			.fromRunnable(() -> disturbance.run(this, bus, proxy, begin + SENDERS * PER_PHASE))
			.subscribeOn(Schedulers.boundedElastic());
		Flux.range(0, SENDERS)
			.flatMap((sender) -> Mono.fromCallable(() -> send(sender)).subscribeOn(Schedulers.boundedElastic()))
			.cast(Object.class)
			.mergeWith(disturbing)
			.blockLast(Duration.ofMinutes(3));
		endPhase();
		logger.info("%s: %s, %d reconnects, %d dropped so far".formatted(disturbance, this.ledgers,
				bus.status().reconnects() - reconnects, bus.status().dropped()));
		for (Ledger ledger : this.ledgers) {
			ledger.settle(this.numbers, disturbance == Disturbance.NONE, "after phase " + disturbance);
		}
	}

	private int send(int sender) throws Exception {
		int first = this.numbers[sender] + 1;
		int last = this.numbers[sender] + PER_PHASE;
		try (Connection connection = this.server.jdbc(this.database);
				PreparedStatement statement = connection.prepareStatement(SEND)) {
			for (int from = first; from <= last; from += BATCH) {
				statement.setString(1, String.valueOf(sender));
				statement.setInt(2, from);
				statement.setInt(3, from + BATCH - 1);
				statement.execute();
				this.sent.addAndGet(BATCH);
			}
		}
		this.numbers[sender] = last;
		return last;
	}

	/**
	 * Let everybody catch up with a message behind all others; one that meets a lost
	 * connection or a full buffer is followed by another one.
	 */
	private void endPhase() {
		int first = this.numbers[SENDERS] + 1;
		awaitLast("a message behind all others", () -> {
			send(CHANNEL, SENDERS + ":" + ++this.numbers[SENDERS]);
			return this.quick.last(SENDERS) >= first;
		});
		awaitLast("everybody has heard of the end", () -> {
			send(CHANNEL, SENDERS + ":" + ++this.numbers[SENDERS]);
			letGo();
			return this.ledgers.stream().allMatch((ledger) -> ledger.last(SENDERS) >= first);
		});
		int last = this.numbers[SENDERS];
		awaitLast("everybody has caught up", () -> {
			letGo();
			return this.ledgers.stream().allMatch((ledger) -> ledger.last(SENDERS) == last);
		});
	}

	private static void awaitLast(String description, Callable<Boolean> condition) {
		TestPool.awaiting(description).pollInterval(Duration.ofMillis(20)).until(condition);
	}

	private void letGo() {
		this.slow.request(1_000);
		this.gate.release(1_000);
	}

	private void awaitSent(long count) {
		TestPool.await(count + " messages were sent", () -> this.sent.get() >= count);
	}

	private void killBackend() {
		this.pool.sideQuery("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?"
				+ " AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notification_queue_usage%') AND pid <> pg_backend_pid()",
				this.database);
	}

	/**
	 * What happens in a phase.
	 */
	private enum Disturbance {

		NONE {
			@Override
			void run(NotificationAccountingIntegrationTests test, NotificationBus bus, TcpProxy proxy, long end) {
			}
		},

		KILL {
			@Override
			void run(NotificationAccountingIntegrationTests test, NotificationBus bus, TcpProxy proxy, long end) {
				test.awaitSent(end - 70_000);
				kill(test, bus);
			}
		},

		KILL_OFTEN {
			@Override
			void run(NotificationAccountingIntegrationTests test, NotificationBus bus, TcpProxy proxy, long end) {
				for (int left = 90_000; left > 0; left -= 10_000) {
					test.awaitSent(end - left);
					kill(test, bus);
				}
			}
		},

		STALL {
			@Override
			void run(NotificationAccountingIntegrationTests test, NotificationBus bus, TcpProxy proxy, long end) {
				test.awaitSent(end - 80_000);
				proxy.stall(true);
				TestPool.await("the loss", () -> bus.status().state() == State.LOST);
				proxy.drop();
				proxy.stall(false);
			}
		},

		OUTAGE {
			@Override
			void run(NotificationAccountingIntegrationTests test, NotificationBus bus, TcpProxy proxy, long end) {
				test.awaitSent(end - 80_000);
				proxy.refuse(true);
				proxy.drop();
				test.awaitSent(end - 20_000);
				proxy.refuse(false);
			}
		};

		abstract void run(NotificationAccountingIntegrationTests test, NotificationBus bus, TcpProxy proxy, long end);

		private static void kill(NotificationAccountingIntegrationTests test, NotificationBus bus) {
			long before = bus.status().reconnects();
			TestPool.await("the connection was killed and replaced", () -> {
				if (bus.status().reconnects() > before) {
					return true;
				}
				if (bus.status().state() == State.LISTENING) {
					test.killBackend();
				}
				return false;
			});
		}

	}

}
