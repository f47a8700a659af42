package io.trunkline.notification;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;

import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationEvent.Overflow;
import io.trunkline.notification.NotificationEvent.Reconnected;
import org.jspecify.annotations.Nullable;

/**
 * The events of one subscription that wait to be asked for. Messages come from the
 * driver's thread, gaps from the loop, and the subscription takes them.
 * <p>
 * Once it is full it drops what comes until half of it was taken: a listener who is
 * always too slow then gets long runs of messages with a gap between, and not a gap after
 * each of them. Messages that the buffer drops and lost connections without a message
 * between are one gap, so that no number of them needs more than a place.
 */
final class EventBuffer {

	private final int capacity;

	private final Deque<NotificationEvent> events = new ArrayDeque<>();

	private int messages;

	/** How many were dropped in the gap that is still open at the end. */
	private long dropped;

	/** The lost connection in that gap. */
	private @Nullable Duration downtime;

	/** Whether the connection is lost, and since which moment. */
	private boolean lost;

	private long lostAt;

	/** Connections up to this one are lost. */
	private long lostGeneration;

	/** Whether a loss would be one: before it listens there is nothing to miss. */
	private boolean listening;

	/** The connection that the last message or LISTEN was of. */
	private long generation;

	/** The connection whose messages may go past the buffer; 0 for none. */
	private volatile long open;

	EventBuffer(int capacity) {
		this.capacity = capacity;
	}

	/**
	 * Take messages of this connection and later ones only.
	 */
	synchronized void begin(long generation) {
		if (!this.listening) {
			this.lostGeneration = generation - 1;
		}
	}

	/**
	 * Add a message.
	 * @param generation the connection that it came from
	 * @return whether it is held; if not, it was dropped or lies in a gap
	 */
	synchronized Result offer(long generation, Message message, long now) {
		if (generation > this.lostGeneration) {
			endLoss(now);
			this.generation = generation;
		}
		else if (!this.lost) {
			return Result.OUTDATED;
		}
		this.listening = true;
		this.open = 0;
		if (this.dropped > 0 && this.messages <= this.capacity / 2) {
			closeGap();
		}
		if (this.dropped > 0 || this.messages >= this.capacity) {
			this.dropped++;
			return Result.DROPPED;
		}
		this.events.addLast(message);
		this.messages++;
		return Result.HELD;
	}

	/**
	 * Open a gap: a connection is lost.
	 * @param generation the connection
	 * @param lastSign when it was last known to work
	 */
	synchronized void lose(long generation, long lastSign) {
		this.lostGeneration = generation;
		if (this.listening && !this.lost) {
			this.lost = true;
			this.lostAt = lastSign;
		}
		this.open = 0;
	}

	/**
	 * LISTEN is in force: what comes from now on belongs behind the gap.
	 * @param generation the connection
	 */
	synchronized void listening(long generation, long now) {
		if (generation > this.lostGeneration) {
			endLoss(now);
			this.listening = true;
			this.generation = generation;
			openIfEmpty();
		}
	}

	/**
	 * Whether nothing waits and nothing is missing, so that a message of this connection
	 * would be the next event.
	 */
	boolean isOpen(long generation) {
		return this.open == generation;
	}

	private void openIfEmpty() {
		if (this.events.isEmpty() && this.dropped == 0 && this.listening && !this.lost) {
			this.open = this.generation;
		}
	}

	private void endLoss(long now) {
		if (!this.lost) {
			return;
		}
		this.lost = false;
		Duration lasted = Duration.ofNanos(Math.max(0, now - this.lostAt));
		if (this.dropped > 0) {
			this.downtime = (this.downtime != null) ? this.downtime.plus(lasted) : lasted;
		}
		else {
			addReconnected(lasted);
		}
	}

	private void addReconnected(Duration lasted) {
		if (this.events.peekLast() instanceof Reconnected before) {
			this.events.removeLast();
			lasted = before.downtime().plus(lasted);
		}
		this.events.addLast(new Reconnected(lasted));
	}

	private void closeGap() {
		this.events.addLast(new Overflow(this.dropped));
		this.dropped = 0;
		Duration lasted = this.downtime;
		this.downtime = null;
		if (lasted != null) {
			this.events.addLast(new Reconnected(lasted));
		}
	}

	/**
	 * Take the next event.
	 */
	synchronized @Nullable NotificationEvent poll() {
		if (this.events.isEmpty() && this.dropped > 0) {
			closeGap();
		}
		NotificationEvent event = this.events.pollFirst();
		if (event instanceof Message) {
			this.messages--;
		}
		openIfEmpty();
		return event;
	}

	/**
	 * Take the next event, and those behind it too.
	 * @param rest takes what is behind the next one
	 * @param max how many to take
	 */
	synchronized @Nullable NotificationEvent poll(Deque<? super NotificationEvent> rest, int max) {
		NotificationEvent first = poll();
		NotificationEvent next = first;
		for (int taken = 1; next != null && taken < max; taken++) {
			next = poll();
			if (next != null) {
				rest.addLast(next);
			}
		}
		return first;
	}

	synchronized boolean isEmpty() {
		return this.events.isEmpty() && this.dropped == 0;
	}

	synchronized void clear() {
		this.events.clear();
		this.messages = 0;
		this.dropped = 0;
		this.downtime = null;
	}

	synchronized int messages() {
		return this.messages;
	}

	/**
	 * Return when the oldest message was received.
	 */
	synchronized @Nullable Instant oldest() {
		for (NotificationEvent event : this.events) {
			if (event instanceof Message message) {
				return message.receivedAt();
			}
		}
		return null;
	}

	/**
	 * What became of a message.
	 */
	enum Result {

		HELD, DROPPED, OUTDATED

	}

}
