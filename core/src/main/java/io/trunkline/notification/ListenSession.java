package io.trunkline.notification;

import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.notification.NotificationEvent.Message;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * One connection that listens, from its opening to its loss.
 */
final class ListenSession {

	private final long generation;

	private final PostgresqlConnection connection;

	private volatile long lastSign = System.nanoTime();

	ListenSession(long generation, PostgresqlConnection connection) {
		this.generation = generation;
		this.connection = connection;
	}

	/**
	 * Hand notifications over as they come. The driver drops what its subscriber has not
	 * asked for, so this one asks for all, and never waits for anybody.
	 * @param table who gets them
	 * @param wakeups wakes those who get some
	 * @param received counts them
	 * @param probe the channel that nobody but the session itself listens to
	 * @param onProbe told of a message there
	 * @param onLoss told once that there will be no more of them
	 */
	void open(ChannelTable table, Wakeups wakeups, LongAdder received, String probe, Runnable onProbe,
			Consumer<Throwable> onLoss) {
		this.connection.getNotifications().subscribe(new Receiver(table, wakeups, received, probe, onProbe, onLoss));
	}

	/**
	 * Run statements without parameters.
	 */
	Mono<Void> run(String sql) {
		return results(sql).concatMap(PostgresqlResult::getRowsUpdated).then().doOnSuccess((done) -> sign());
	}

	/**
	 * Ask how full the server's queue is, which proves that the server answers.
	 */
	Mono<Double> queueUsage() {
		return results("SELECT pg_catalog.pg_notification_queue_usage()")
			.concatMap((result) -> result.map((row, metadata) -> Objects.requireNonNull(row.get(0, Double.class))))
			.single()
			.doOnNext((usage) -> sign());
	}

	private Flux<PostgresqlResult> results(String sql) {
		return Flux.defer(() -> this.connection.createStatement(sql).execute());
	}

	private void sign() {
		this.lastSign = System.nanoTime();
	}

	long generation() {
		return this.generation;
	}

	/**
	 * Return when the server last sent something.
	 */
	long lastSign() {
		return this.lastSign;
	}

	void close() {
		this.connection.close().onErrorComplete().subscribe();
	}

	/**
	 * Takes messages from the driver. What is read at once counts as received at once,
	 * and is delivered when all of it was read, or a part of it that is large enough.
	 */
	private final class Receiver extends BaseSubscriber<Notification> {

		private final ChannelTable table;

		private final Wakeups wakeups;

		private final LongAdder received;

		private final String probe;

		private final Runnable onProbe;

		private final Consumer<Throwable> onLoss;

		private final Executor behindReads = PostgresConnections.behindReads(ListenSession.this.connection);

		/** Messages since the last ones were delivered; 0 begins a new run of them. */
		private int run;

		private boolean flushing;

		private long now;

		private Instant receivedAt = Instant.EPOCH;

		Receiver(ChannelTable table, Wakeups wakeups, LongAdder received, String probe, Runnable onProbe,
				Consumer<Throwable> onLoss) {
			this.table = table;
			this.wakeups = wakeups;
			this.received = received;
			this.probe = probe;
			this.onProbe = onProbe;
			this.onLoss = onLoss;
		}

		@Override
		protected void hookOnSubscribe(Subscription subscription) {
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		protected void hookOnNext(Notification notification) {
			if (this.run++ == 0) {
				this.now = System.nanoTime();
				this.receivedAt = Instant.now();
				ListenSession.this.lastSign = this.now;
			}
			if (notification.getName().equals(this.probe)) {
				this.onProbe.run();
			}
			else {
				this.table.dispatch(ListenSession.this.generation, message(notification), this.now, this.wakeups);
			}
			if (this.run == Wakeups.LIMIT) {
				deliver();
			}
			else if (!this.flushing) {
				this.flushing = true;
				flushLater();
			}
		}

		private Message message(Notification notification) {
			this.received.increment();
			@Nullable String payload = notification.getParameter();
			return new Message(notification.getName(), Objects.requireNonNullElse(payload, ""),
					notification.getProcessId(), this.receivedAt);
		}

		private void flushLater() {
			try {
				this.behindReads.execute(() -> {
					this.flushing = false;
					deliver();
				});
			}
			catch (RejectedExecutionException ex) {
				this.flushing = false;
				deliver();
			}
		}

		private void deliver() {
			this.run = 0;
			this.wakeups.flush();
		}

		@Override
		protected void hookOnComplete() {
			deliver();
			this.onLoss.accept(new IllegalStateException("The connection was closed"));
		}

		@Override
		protected void hookOnError(Throwable ex) {
			deliver();
			this.onLoss.accept(ex);
		}

	}

}
