package io.trunkline.test.session;

import org.jspecify.annotations.Nullable;

/**
 * The cancel requests that are on their way to one statement. What follows it is not sent
 * before they have arrived, or they would hit that.
 */
final class PendingCancels {

	private int pending;

	private boolean closed;

	private @Nullable Runnable arrived;

	/**
	 * Begin a request, unless the statement has ended.
	 */
	synchronized boolean begin() {
		if (this.closed) {
			return false;
		}
		this.pending++;
		return true;
	}

	void end() {
		Runnable action = null;
		synchronized (this) {
			this.pending--;
			if (this.pending == 0) {
				action = this.arrived;
				this.arrived = null;
			}
		}
		if (action != null) {
			action.run();
		}
	}

	/**
	 * Begin no more of them, and go on when the last has arrived.
	 */
	void close(Runnable action) {
		synchronized (this) {
			this.closed = true;
			if (this.pending > 0) {
				this.arrived = action;
				return;
			}
		}
		action.run();
	}

}
