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
 * Ends a COPY whose subscriber has gone. A cancel request reaches the server over a
 * connection of its own, so it may hit whatever statement runs when it arrives, and
 * nothing at all where the server has not begun the COPY yet. The request is therefore
 * sent once the COPY has been, and again until the COPY has ended. A fence joins the
 * driver's queue right behind the COPY: its request is not sent, and so nothing queued
 * behind it is, before the server has closed the connection of the last cancel request.
 */
final class CopyAbort {

	/** After this the next one is sent. */
	private static final Duration CANCEL_REQUEST_TIMEOUT = Duration.ofSeconds(10);

	private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

	private static final Log logger = LogFactory.getLog(CopyAbort.class);

	private final Client client;

	private final String fenceSql;

	private final AtomicBoolean wanted = new AtomicBoolean();

	private final AtomicBoolean started = new AtomicBoolean();

	private final Sinks.Empty<Void> copySent = Sinks.empty();

	private final Sinks.Empty<Void> copyEnded = Sinks.empty();

	private final Sinks.Empty<Void> ended = Sinks.empty();

	private volatile boolean copyQueued;

	private volatile boolean copyOver;

	private Duration pause = Duration.ofMillis(10);

	/**
	 * Create an abort that has not started.
	 * @param client the connection's client
	 * @param fenceSql what to run once the COPY has ended: empty, or the return to a
	 * savepoint
	 */
	CopyAbort(Client client, String fenceSql) {
		this.client = client;
		this.fenceSql = fenceSql;
	}

	/**
	 * Exchange the messages of the COPY, of which there is one for each abort.
	 */
	Flux<BackendMessage> exchange(Flux<FrontendMessage> requests) {
		Flux<BackendMessage> exchange = this.client
			.exchange(requests.doOnSubscribe((subscription) -> this.copySent.tryEmitEmpty()))
			.doFinally((signal) -> {
				this.copyOver = true;
				this.copyEnded.tryEmitEmpty();
			});
		return queued(exchange);
	}

	/**
	 * Follow a statement of the driver's own instead, which is sent when it is subscribed
	 * to.
	 * @param results the statement's results; cancelled, they are drained
	 */
	<T> Flux<T> statement(Flux<T> results) {
		Flux<T> followed = results.doOnSubscribe((subscription) -> this.copySent.tryEmitEmpty()).doFinally((signal) -> {
			this.copyOver = true;
			this.copyEnded.tryEmitEmpty();
		});
		return Operators.discardOnCancel(queued(followed), this::start);
	}

	/**
	 * The driver queues a statement only after it has handed out the subscription, which
	 * may be cancelled at once.
	 */
	private <T> Flux<T> queued(Flux<T> statement) {
		return Flux.from((subscriber) -> {
			statement.subscribe(subscriber);
			this.copyQueued = true;
			startWhenQueued();
		});
	}

	/**
	 * Send the cancel request and queue the fence. Returns at once.
	 */
	void start() {
		this.wanted.set(true);
		startWhenQueued();
	}

	private void startWhenQueued() {
		if (!this.copyQueued || !this.wanted.get() || !this.started.compareAndSet(false, true)) {
			return;
		}
		Sinks.Empty<Void> cancelled = Sinks.empty();
		Flux<FrontendMessage> fence = cancelled.asMono().thenMany(Flux.just(new Query(this.fenceSql)));
		this.client.exchange(fence)
			.doOnDiscard(BackendMessage.class, ReferenceCountUtil::release)
			.doFinally((signal) -> this.ended.tryEmitEmpty())
			.subscribe(ReferenceCountUtil::release,
					(ex) -> logger.debug("The connection was lost while a COPY was being cancelled", ex));
		firstOf(this.copySent.asMono(), this.copyEnded.asMono()).then(cancelUntilEnded())
			.doFinally((signal) -> cancelled.tryEmitEmpty())
			.subscribe();
	}

	private Mono<Void> cancelUntilEnded() {
		return Mono.defer(() -> this.copyOver ? Mono.<Void>empty() : cancelRequest())
			.then(Mono.defer(() -> firstOf(this.copyEnded.asMono(), Mono.delay(nextPause()).then())))
			.repeat(() -> !this.copyOver)
			.then();
	}

	private Mono<Void> cancelRequest() {
		return this.client.cancelRequest().timeout(CANCEL_REQUEST_TIMEOUT).onErrorResume((ex) -> {
			logger.debug("Cancel request failed; the COPY is drained meanwhile", ex);
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
	 * Complete when nothing of the COPY is left on the connection: at once where no abort
	 * was started.
	 */
	Mono<Void> ended() {
		return Mono.defer(() -> this.wanted.get() ? this.ended.asMono() : Mono.empty());
	}

}
