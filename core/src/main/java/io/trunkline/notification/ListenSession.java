package io.trunkline.notification;

import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.trunkline.connection.NotificationReader;
import io.trunkline.connection.PostgresConnections;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * One connection that listens, from its opening to its loss.
 */
final class ListenSession {

	private final long generation;

	private final PostgresqlConnection connection;

	private final Scheduler reads;

	private volatile long lastSign = System.nanoTime();

	ListenSession(long generation, PostgresqlConnection connection) {
		this.generation = generation;
		this.connection = connection;
		this.reads = PostgresConnections.readingThread(connection);
	}

	/**
	 * Return what runs tasks on the thread that reads, behind all that it has read.
	 */
	Scheduler reads() {
		return this.reads;
	}

	/**
	 * Hand notifications over as they come. The driver drops what its subscriber has not
	 * asked for, so this one asks for all, and never waits for anybody.
	 * @param table who gets them
	 * @param dispatcher hands them out
	 * @param probe the channel that nobody but the session itself listens to
	 * @param onProbe told of a message there
	 * @param onLoss told once that there will be no more of them
	 */
	void open(ChannelTable table, Dispatcher dispatcher, String probe, Runnable onProbe, Consumer<Throwable> onLoss) {
		Receiver receiver = new Receiver(table, dispatcher, probe, onProbe, onLoss);
		PostgresConnections.readNotifications(this.connection, receiver);
		this.connection.getNotifications().subscribe(receiver);
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
			.singleOrEmpty()
			.doOnNext((usage) -> sign());
	}

	/**
	 * Send from the thread that reads: a channel that closes while another one writes to
	 * it loses the buffer that it gets.
	 */
	private Flux<PostgresqlResult> results(String sql) {
		return Flux.defer(() -> this.connection.createStatement(sql).execute()).subscribeOn(this.reads);
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
		this.connection.close().subscribeOn(this.reads).onErrorComplete().subscribe();
	}

	/**
	 * Takes messages as they are read, or from the driver where they stay with it. What
	 * is read at once counts as received at once, and is handed out when all of it was
	 * read.
	 */
	private final class Receiver extends BaseSubscriber<Notification> implements NotificationReader {

		/** So many messages that come one by one are handed out together. */
		private static final int LIMIT = 64;

		private final ChannelTable table;

		private final Dispatcher dispatcher;

		private final String probe;

		private final Runnable onProbe;

		private final Consumer<Throwable> onLoss;

		private @Nullable Batch batch;

		private int expected = 1;

		private boolean completing;

		Receiver(ChannelTable table, Dispatcher dispatcher, String probe, Runnable onProbe,
				Consumer<Throwable> onLoss) {
			this.table = table;
			this.dispatcher = dispatcher;
			this.probe = probe;
			this.onProbe = onProbe;
			this.onLoss = onLoss;
		}

		@Override
		protected void hookOnSubscribe(Subscription subscription) {
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		public void read(String channel, String payload, int pid) {
			if (channel.equals(this.probe)) {
				this.onProbe.run();
				return;
			}
			Batch batch = this.batch;
			if (batch == null) {
				batch = new Batch(ListenSession.this.generation, this.expected);
				this.batch = batch;
			}
			batch.add(channel, payload, pid, this.table.listeners(channel));
		}

		@Override
		public void readComplete() {
			sign();
			Batch batch = this.batch;
			if (batch != null) {
				this.batch = null;
				this.expected = batch.size();
				this.dispatcher.put(batch);
			}
		}

		@Override
		protected void hookOnNext(Notification notification) {
			@Nullable String payload = notification.getParameter();
			read(notification.getName(), Objects.requireNonNullElse(payload, ""), notification.getProcessId());
			Batch batch = this.batch;
			if (batch != null && batch.size() >= LIMIT) {
				readComplete();
			}
			else if (!this.completing) {
				this.completing = true;
				behindReads(() -> {
					this.completing = false;
					readComplete();
				});
			}
		}

		@Override
		protected void hookOnComplete() {
			end(new IllegalStateException("The connection was closed"));
		}

		@Override
		protected void hookOnError(Throwable ex) {
			end(ex);
		}

		/**
		 * Tell of the loss when all messages from before it were handed out.
		 */
		private void end(Throwable ex) {
			behindReads(() -> {
				readComplete();
				Batch end = new Batch(ListenSession.this.generation, 0);
				end.endWith(() -> this.onLoss.accept(ex));
				this.dispatcher.put(end);
			});
		}

		private void behindReads(Runnable task) {
			try {
				ListenSession.this.reads.schedule(task);
			}
			catch (RejectedExecutionException ex) {
				task.run();
			}
		}

	}

}
