package io.trunkline.test.session;

import java.util.function.Consumer;

import org.jspecify.annotations.Nullable;

/**
 * The one time that the driver prepares a statement once more, as it does where the
 * server does not know it any more, or plans it otherwise. Its message comes when the
 * reader has taken the error, before or after the server has ended the first answer.
 */
final class Retry {

	private State state = State.POSSIBLE;

	private @Nullable PreparedQuery query;

	private @Nullable Consumer<PreparedQuery> again;

	private @Nullable Runnable otherwise;

	private boolean abandoned;

	/**
	 * Wait for the driver's message from now on.
	 * @return {@code false} where there has been one, or nobody reads
	 */
	synchronized boolean await() {
		if (this.state != State.POSSIBLE || this.abandoned) {
			return false;
		}
		this.state = State.AWAITED;
		return true;
	}

	/**
	 * Say what to do when the answer to the first message has ended.
	 * @param again what to do when the driver's message is there
	 * @param otherwise what to do where nobody reads any more
	 * @return {@code false} where no message is waited for
	 */
	boolean isAwaited(Consumer<PreparedQuery> again, Runnable otherwise) {
		synchronized (this) {
			if (this.state != State.AWAITED) {
				return false;
			}
			this.again = again;
			this.otherwise = otherwise;
		}
		proceed();
		return true;
	}

	/**
	 * Take the driver's message.
	 * @return whether it was waited for
	 */
	boolean is(PreparedQuery query) {
		synchronized (this) {
			if (this.state != State.AWAITED || this.query != null) {
				return false;
			}
			this.query = query;
		}
		proceed();
		return true;
	}

	/**
	 * Nobody reads the error, and so the driver does not send any more.
	 */
	void abandon() {
		synchronized (this) {
			this.abandoned = true;
		}
		proceed();
	}

	private void proceed() {
		Consumer<PreparedQuery> again;
		Runnable otherwise;
		PreparedQuery query;
		synchronized (this) {
			again = this.again;
			otherwise = this.otherwise;
			query = this.query;
			if (this.state != State.AWAITED || again == null || otherwise == null || query == null && !this.abandoned) {
				return;
			}
			this.state = State.OVER;
		}
		if (query != null) {
			again.accept(query);
		}
		else {
			otherwise.run();
		}
	}

	private enum State {

		POSSIBLE, AWAITED, OVER

	}

}
