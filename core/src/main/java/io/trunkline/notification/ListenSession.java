package io.trunkline.notification;

import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

import io.r2dbc.postgresql.api.Notification;
import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
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
	 * @param received counts them
	 * @param probe the channel that nobody but the session itself listens to
	 * @param onProbe told of a message there
	 * @param onLoss told once that there will be no more of them
	 */
	void open(ChannelTable table, LongAdder received, String probe, Runnable onProbe, Consumer<Throwable> onLoss) {
		this.connection.getNotifications().subscribe(new BaseSubscriber<Notification>() {

			@Override
			protected void hookOnSubscribe(Subscription subscription) {
				subscription.request(Long.MAX_VALUE);
			}

			@Override
			protected void hookOnNext(Notification notification) {
				long now = System.nanoTime();
				ListenSession.this.lastSign = now;
				if (notification.getName().equals(probe)) {
					onProbe.run();
					return;
				}
				received.increment();
				table.dispatch(ListenSession.this.generation, message(notification), now);
			}

			@Override
			protected void hookOnComplete() {
				onLoss.accept(new IllegalStateException("The connection was closed"));
			}

			@Override
			protected void hookOnError(Throwable ex) {
				onLoss.accept(ex);
			}

		});
	}

	private static Message message(Notification notification) {
		@Nullable String payload = notification.getParameter();
		return new Message(notification.getName(), Objects.requireNonNullElse(payload, ""), notification.getProcessId(),
				Instant.now());
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

}
