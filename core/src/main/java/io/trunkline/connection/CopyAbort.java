package io.trunkline.connection;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;

import io.r2dbc.postgresql.client.Client;
import io.r2dbc.postgresql.message.backend.BackendMessage;
import io.r2dbc.postgresql.message.frontend.FrontendMessage;
import io.r2dbc.postgresql.message.frontend.Query;
import io.netty.util.ReferenceCountUtil;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * Ends a COPY whose subscriber has gone. A cancel request reaches the server over a
 * connection of its own, so it may hit whatever statement runs when it arrives. A fence
 * therefore joins the driver's queue in the same call: its request is not sent, and so
 * nothing queued behind it is, before the server has closed the cancel request's
 * connection.
 */
final class CopyAbort {

	/** After this the fence opens anyway; the COPY then ends by being drained. */
	private static final Duration CANCEL_REQUEST_TIMEOUT = Duration.ofSeconds(10);

	private static final Log logger = LogFactory.getLog(CopyAbort.class);

	private final Client client;

	private final String fenceSql;

	private final AtomicBoolean started = new AtomicBoolean();

	private final Sinks.Empty<Void> ended = Sinks.empty();

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
	 * Send the cancel request and queue the fence. Returns at once.
	 */
	void start() {
		if (!this.started.compareAndSet(false, true)) {
			return;
		}
		Sinks.Empty<Void> answered = Sinks.empty();
		Flux<FrontendMessage> fence = answered.asMono().thenMany(Flux.just(new Query(this.fenceSql)));
		this.client.exchange(fence)
			.doOnDiscard(BackendMessage.class, ReferenceCountUtil::release)
			.doFinally((signal) -> this.ended.tryEmitEmpty())
			.subscribe(ReferenceCountUtil::release,
					(ex) -> logger.debug("The connection was lost while a COPY was being cancelled", ex));
		this.client.cancelRequest()
			.timeout(CANCEL_REQUEST_TIMEOUT)
			.doFinally((signal) -> answered.tryEmitEmpty())
			.subscribe(null, (ex) -> logger.debug("Cancel request failed; draining the COPY instead", ex));
	}

	/**
	 * Complete when nothing of the COPY is left on the connection: at once where no abort
	 * was started.
	 */
	Mono<Void> ended() {
		return Mono.defer(() -> this.started.get() ? this.ended.asMono() : Mono.empty());
	}

}
