package io.trunkline.connection;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.publisher.Sinks;
import reactor.util.context.Context;
import reactor.util.context.ContextView;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * Keeps the statements of a transaction, or of a savepoint, ahead of the end that a
 * cancellation brings it. The cancellation may come on one thread while another one is
 * about to hand a statement to the driver: queued behind the ROLLBACK, the statement
 * would commit by itself, and run on a connection that its next user has already. Every
 * statement therefore passes the gate while it is handed over, the end waits for those
 * that are passing, and none passes after that.
 */
final class StatementGate {

	/**
	 * To hand over a statement takes microseconds, more only where the thread gets no
	 * processor.
	 */
	private static final long LONGEST_WAIT_NANOS = Duration.ofSeconds(1).toNanos();

	private final @Nullable StatementGate outer;

	private final List<Thread> passing = new ArrayList<>();

	private final Sinks.Empty<Void> deserted = Sinks.empty();

	private boolean used;

	private boolean closed;

	StatementGate(@Nullable StatementGate outer) {
		this.outer = outer;
	}

	/**
	 * Add a gate to the context, inside the one that is there.
	 */
	static Context addTo(Context context) {
		return context.put(StatementGate.class, new StatementGate(in(context)));
	}

	static @Nullable StatementGate in(ContextView context) {
		return context.getOrDefault(StatementGate.class, null);
	}

	/**
	 * Let a statement pass the gate in the context, if there is one.
	 */
	static <T> Flux<T> passed(Flux<T> statement) {
		return Flux.deferContextual((view) -> {
			StatementGate gate = in(view);
			return (gate != null) ? gate.pass(statement) : statement;
		});
	}

	/**
	 * Hand a statement to the driver, which queues it when it is subscribed to, or refuse
	 * to where the transaction has been ended.
	 */
	<T> Flux<T> pass(Flux<T> statement) {
		return pass(statement, Flux.create((sink) -> {
			if (!sink.isCancelled()) {
				sink.error(new InvalidDataAccessApiUsageException("The transaction, or the savepoint, that the"
						+ " statement belongs to has been rolled back: run it inside the work"));
			}
		}));
	}

	private <T> Flux<T> pass(Flux<T> statement, Flux<T> refusal) {
		return Flux.from((subscriber) -> {
			CoreSubscriber<? super T> actual = Operators.toCoreSubscriber(subscriber);
			if (!enter()) {
				refusal.subscribe(actual);
				return;
			}
			try {
				statement.subscribe(actual);
			}
			finally {
				leave();
			}
		});
	}

	private boolean enter() {
		if (this.outer != null && !this.outer.enter()) {
			return false;
		}
		synchronized (this) {
			if (!this.closed) {
				this.used = true;
				this.passing.add(Thread.currentThread());
				return true;
			}
		}
		if (this.outer != null) {
			this.outer.leave();
		}
		return false;
	}

	private void leave() {
		boolean last;
		synchronized (this) {
			this.passing.remove(Thread.currentThread());
			last = this.closed && this.passing.isEmpty();
		}
		if (last) {
			this.deserted.tryEmitEmpty();
		}
		if (this.outer != null) {
			this.outer.leave();
		}
	}

	/**
	 * Let no statement pass any more.
	 * @return completes when the last one has been handed over: mostly at once
	 */
	Mono<Void> close() {
		return Mono.defer(() -> closeNow() ? Mono.empty() : this.deserted.asMono());
	}

	private synchronized boolean closeNow() {
		this.closed = true;
		return this.passing.isEmpty();
	}

	/**
	 * Close the gate of a savepoint, and run what ends the savepoint, unless it was never
	 * set or the transaction around it has ended before it. A caller who goes on in that
	 * transaction queues his next statement as soon as his cancellation returns: the
	 * thread waits here, so that the end is queued before.
	 */
	Mono<Void> end(Supplier<Mono<Void>> savepointEnd) {
		return Mono.defer(() -> {
			closeNow();
			awaitOthers();
			return close().then(Mono.defer(() -> isUsed() ? passOuter(savepointEnd.get()) : Mono.empty()));
		});
	}

	private Mono<Void> passOuter(Mono<Void> savepointEnd) {
		return (this.outer != null) ? this.outer.pass(savepointEnd.flux(), Flux.empty()).then() : savepointEnd;
	}

	private synchronized boolean isUsed() {
		return this.used;
	}

	private void awaitOthers() {
		long start = System.nanoTime();
		while (isPassedByOthers() && System.nanoTime() - start < LONGEST_WAIT_NANOS) {
			Thread.yield();
		}
	}

	/**
	 * Without the current thread, which cancels while it hands over.
	 */
	private synchronized boolean isPassedByOthers() {
		return this.passing.stream().anyMatch((thread) -> thread != Thread.currentThread());
	}

}
