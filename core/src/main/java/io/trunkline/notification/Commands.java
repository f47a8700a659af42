package io.trunkline.notification;

import java.time.Duration;
import java.util.function.BiConsumer;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Runs statements on the current session, one at a time, and gives the session up where
 * one fails or the server falls silent.
 */
final class Commands {

	private final LoopThread thread;

	private final Duration answerTimeout;

	private final BiConsumer<ListenSession, Throwable> onLoss;

	private @Nullable ListenSession session;

	/** The statement that is under way, counted from 1; 0 for none. */
	private long current;

	private long count;

	Commands(LoopThread thread, Duration answerTimeout, BiConsumer<ListenSession, Throwable> onLoss) {
		this.thread = thread;
		this.answerTimeout = answerTimeout;
		this.onLoss = onLoss;
	}

	/**
	 * Go on with another session, or with none. Of the old one nothing is heard any more.
	 */
	void use(@Nullable ListenSession session) {
		this.session = session;
		this.current = 0;
	}

	boolean isIdle() {
		return this.current == 0;
	}

	<T> void run(ListenSession session, Mono<T> statement, Runnable then) {
		long command = ++this.count;
		this.current = command;
		watch(session, command, System.nanoTime());
		statement.subscribe((result) -> {
		}, (ex) -> this.thread.execute(() -> this.onLoss.accept(session, ex)), () -> this.thread.execute(() -> {
			if (isUnderWay(session, command)) {
				this.current = 0;
				then.run();
			}
		}));
	}

	private boolean isUnderWay(ListenSession session, long command) {
		return this.session == session && this.current == command;
	}

	/**
	 * As long as messages come, an answer may be behind more of them.
	 */
	private void watch(ListenSession session, long command, long since) {
		long timeout = this.answerTimeout.toNanos();
		this.thread.schedule(() -> {
			if (!isUnderWay(session, command)) {
				return;
			}
			long last = Math.max(since, session.lastSign());
			if (System.nanoTime() - last < timeout) {
				watch(session, command, last);
			}
			else {
				this.onLoss.accept(session, new IllegalStateException(
						"The server did not answer within " + this.answerTimeout.toMillis() + " ms"));
			}
		}, Math.max(1, timeout - (System.nanoTime() - since)));
	}

}
