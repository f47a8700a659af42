package io.trunkline.notification;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.concurrent.atomic.LongAdder;

import io.trunkline.notification.NotificationStatus.State;
import org.jspecify.annotations.Nullable;

/**
 * What is told of the connection. The loop writes it, anybody may read it.
 */
final class StatusBoard {

	private final LongAdder received = new LongAdder();

	private final LongAdder dropped = new LongAdder();

	private final LongAdder reconnects = new LongAdder();

	private volatile Standing standing = new Standing(State.IDLE, Instant.now(), null);

	private volatile @Nullable Double queueUsage;

	/**
	 * Counts messages.
	 */
	LongAdder received() {
		return this.received;
	}

	/**
	 * Counts messages that found a buffer full, once for each of them.
	 */
	LongAdder dropped() {
		return this.dropped;
	}

	State state() {
		return this.standing.state();
	}

	void stand(State state, @Nullable Throwable error) {
		Standing before = this.standing;
		Instant since = (before.state() == state) ? before.since() : Instant.now();
		this.standing = new Standing(state, since, error);
	}

	void reconnected() {
		this.reconnects.increment();
	}

	void queueUsage(double usage) {
		this.queueUsage = usage;
	}

	NotificationStatus status(ChannelTable table, Collection<Mailbox> mailboxes) {
		Standing standing = this.standing;
		Instant now = Instant.now();
		long buffered = 0;
		Instant oldest = now;
		for (Mailbox mailbox : mailboxes) {
			buffered += mailbox.buffered();
			Instant waits = mailbox.oldest();
			oldest = (waits != null && waits.isBefore(oldest)) ? waits : oldest;
		}
		return new NotificationStatus(standing.state(), standing.since(), table.size(), mailboxes.size(),
				this.received.sum(), this.dropped.sum(), this.reconnects.sum(), buffered, Duration.between(oldest, now),
				this.queueUsage, standing.error());
	}

	/**
	 * The state of the connection, since when, and why.
	 */
	private record Standing(State state, Instant since, @Nullable Throwable error) {

	}

}
