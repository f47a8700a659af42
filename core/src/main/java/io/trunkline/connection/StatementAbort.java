package io.trunkline.connection;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Query;
import io.r2dbc.postgresql.util.Operators;
import io.netty.util.ReferenceCountUtil;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Ends a statement, a COPY most of the time, whose subscriber has gone. A cancel request
 * reaches the server over a connection of its own, so it may hit whatever runs when it
 * arrives, and nothing at all where the server has not begun the statement yet. The
 * request is therefore sent once the statement has been, and again until the statement
 * has ended. A fence joins the driver's queue right behind the statement: its request is
 * not sent, and so nothing queued behind it is, before the server has closed the
 * connection of the last cancel request.
 */
final class StatementAbort {

	/** After this the next one is sent. */
	private static final Duration CANCEL_REQUEST_TIMEOUT = Duration.ofSeconds(10);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

	private static final Log logger = LogFactory.getLog(StatementAbort.class);

	private final Client client;

	private final String fenceSql;

	private final Object queueing = new Object();

	private final AtomicBoolean wanted = new AtomicBoolean();

	private final AtomicBoolean started = new AtomicBoolean();

	private final Sinks.Empty<Void> statementSent = Sinks.empty();

	private final Sinks.Empty<Void> statementEnded = Sinks.empty();

	private final Sinks.Empty<Void> ended = Sinks.empty();

	private volatile boolean statementQueued;

	private volatile boolean statementOver;

	private Duration pause = Duration.ofMillis(10);

	/**
	 * Create an abort that has not started.
	 * @param client the connection's client
	 * @param fenceSql what to run once the statement has ended: empty, or the return to a
	 * savepoint
	 */
	StatementAbort(Client client, String fenceSql) {
		this.client = client;
		this.fenceSql = fenceSql;
	}

	/**
	 * Exchange the messages of a COPY. An abort follows one statement.
	 */
	Flux<BackendMessage> exchange(Flux<FrontendMessage> requests) {
		Flux<BackendMessage> exchange = this.client
			.exchange(requests.doOnSubscribe((subscription) -> this.statementSent.tryEmitEmpty()))
			.doFinally((signal) -> {
				this.statementOver = true;
				this.statementEnded.tryEmitEmpty();
			});
		return queued(exchange);
	}

	/**
	 * Follow a statement of the driver's own instead, which is sent when it is subscribed
	 * to.
	 * @param results the statement's results; cancelled, they are drained
	 * @param cancelled told that they are
	 */
	<T> Flux<T> statement(Flux<T> results, Runnable cancelled) {
		Flux<T> followed = results.doOnSubscribe((subscription) -> this.statementSent.tryEmitEmpty())
			.doFinally((signal) -> {
				this.statementOver = true;
				this.statementEnded.tryEmitEmpty();
			});
		return Operators.discardOnCancel(queued(followed), () -> {
			cancelled.run();
			start();
		});
	}

	/**
	 * The driver queues a statement only after it has handed out the subscription, which
	 * may be cancelled at once. It may have been sent by then: a cancellation by another
	 * thread waits here, as what its subscriber sends next must not come before the
	 * fence.
	 */
	private <T> Flux<T> queued(Flux<T> statement) {
		return Flux.from((subscriber) -> {
			synchronized (this.queueing) {
				statement.subscribe(subscriber);
				this.statementQueued = true;
				startWhenQueued();
			}
		});
	}

	/**
	 * Send the cancel request and queue the fence. Returns as soon as the fence is in the
	 * queue, or at once where the statement is not.
	 */
	void start() {
		synchronized (this.queueing) {
			this.wanted.set(true);
			startWhenQueued();
		}
	}

	private void startWhenQueued() {
		if (!this.statementQueued || !this.wanted.get() || !this.started.compareAndSet(false, true)) {
			return;
		}
		Sinks.Empty<Void> cancelled = Sinks.empty();
		Flux<FrontendMessage> fence = cancelled.asMono().thenMany(Flux.just(new Query(this.fenceSql)));
		this.client.exchange(fence)
			.doOnDiscard(BackendMessage.class, ReferenceCountUtil::release)
			.doFinally((signal) -> this.ended.tryEmitEmpty())
			.subscribe(ReferenceCountUtil::release,
					(ex) -> logger.debug("The connection was lost while a statement was being cancelled", ex));
		firstOf(this.statementSent.asMono(), this.statementEnded.asMono()).then(cancelUntilEnded())
			.doFinally((signal) -> cancelled.tryEmitEmpty())
			.subscribe();
	}

	private Mono<Void> cancelUntilEnded() {
		return Mono.defer(() -> this.statementOver ? Mono.<Void>empty() : cancelRequest())
			.then(Mono.defer(() -> firstOf(this.statementEnded.asMono(), Mono.delay(nextPause()).then())))
			.repeat(() -> !this.statementOver)
			.then();
	}

	private Mono<Void> cancelRequest() {
		return this.client.cancelRequest().timeout(CANCEL_REQUEST_TIMEOUT).onErrorResume((ex) -> {
			logger.debug("Cancel request failed; the statement is drained meanwhile", ex);
			return Mono.empty();
		});
	}

	private static Mono<Void> firstOf(Mono<Void> one, Mono<Void> other) {
		return Mono.firstWithSignal(one, other);
	}

	private Duration nextPause() {
		Duration pause = this.pause;
		Duration doubled = pause.multipliedBy(2);
		this.pause = (doubled.compareTo(LONGEST_PAUSE) < 0) ? doubled : LONGEST_PAUSE;
		return pause;
	}

	/**
	 * Complete when nothing of the statement is left on the connection: at once where no
	 * abort was started.
	 */
	Mono<Void> ended() {
		return Mono.defer(() -> this.wanted.get() ? this.ended.asMono() : Mono.empty());
	}

}
