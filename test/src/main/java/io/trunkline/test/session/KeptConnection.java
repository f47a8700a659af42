package io.trunkline.test.session;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;

import io.r2dbc.spi.ConnectionFactory;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;

/**
 * The physical connection of a test that has ended, on its way to the next test. Its
 * rollback has been sent and is not waited for: what the next test sends comes after it,
 * and everybody else gets the connection's end.
 */
final class KeptConnection {

	private static final Log logger = LogFactory.getLog(TestSession.class);

	private final Wire wire;

	private final CompletableFuture<Void> rolledBack;

	private final AtomicReference<Way> way = new AtomicReference<>(Way.OPEN);

	private final Mono<Void> end;

	/**
	 * Keep a connection.
	 * @param wire the connection
	 * @param rollback ends its transaction, from now on
	 */
	KeptConnection(Wire wire, Mono<Void> rollback) {
		this.wire = wire;
		this.rolledBack = rollback.toFuture();
		this.end = Mono.defer(this::end).cache();
	}

	private Mono<Void> end() {
		return Mono.fromFuture(this.rolledBack, true)
			.timeout(TestSession.LONGEST_ROLLBACK)
			.onErrorResume(this::lost)
			// Whoever waits for it has nothing to do with it.
			.then(this.wire.giveBack().onErrorComplete());
	}

	/**
	 * Begin the next session on it, or on another connection where it cannot be used.
	 * @param factory where the next session's connection should come from
	 * @param options how the session behaves
	 */
	Mono<TestSession> next(ConnectionFactory factory, SessionOptions options) {
		return Mono.defer(() -> {
			boolean fits = factory == this.wire.connectionFactory() && this.wire.isConnected();
			if (!fits || !this.way.compareAndSet(Way.OPEN, Way.NEXT_TEST)) {
				return close().then(TestSession.open(factory, options));
			}
			boolean waits = this.rolledBack.isCompletedExceptionally() || !this.wire.isSurelyConnected();
			return (waits ? Mono.fromFuture(this.rolledBack, true) : Mono.<Void>empty())
				.then(Mono.fromSupplier(() -> new TestSession(this.wire, options)))
				.onErrorResume((ex) -> this.end.then(TestSession.open(factory, options)));
		});
	}

	/**
	 * Give it back as soon as the test has been rolled back, unless the next one has it.
	 */
	Mono<Void> close() {
		return Mono.defer(() -> {
			this.way.compareAndSet(Way.OPEN, Way.BACK);
			return (this.way.get() == Way.BACK) ? this.end : Mono.empty();
		});
	}

	/**
	 * The server rolls back whatever it has lost the client of.
	 */
	private Mono<Void> lost(Throwable ex) {
		logger.warn(
				"The rollback of a test that had ended was not confirmed: its connection is closed, which rolls back",
				ex);
		return this.wire.breakOff();
	}

	/**
	 * Where the connection goes.
	 */
	private enum Way {

		OPEN, NEXT_TEST, BACK

	}

}
