package io.trunkline.notification;

import java.time.Instant;
import java.util.Arrays;

import io.trunkline.notification.NotificationEvent.Message;
import org.jspecify.annotations.Nullable;

/**
 * Messages that were read at once, each with those who listen to its channel at the time,
 * and how far they have been handed out. One thread at a time has it.
 */
final class Batch {

	private final long generation;

	private final long readAt = System.nanoTime();

	private final Instant receivedAt = Instant.now();

	private Message[] messages;

	private Mailbox[][] recipients;

	private int size;

	private long calls;

	private @Nullable Runnable end;

	/** The message that is handed out, and who gets it next. */
	private int message;

	private int recipient;

	/** Of no use but that it makes {@link #look} look. */
	private int busy;

	/**
	 * Begin a batch.
	 * @param generation the connection that it is read from
	 * @param expected about how many messages it will have
	 */
	Batch(long generation, int expected) {
		this.generation = generation;
		this.messages = new Message[expected];
		this.recipients = new Mailbox[expected][];
	}

	void add(String channel, String payload, int pid, Mailbox[] recipients) {
		if (this.size == this.messages.length) {
			this.messages = Arrays.copyOf(this.messages, 2 * this.size);
			this.recipients = Arrays.copyOf(this.recipients, 2 * this.size);
		}
		this.messages[this.size] = new Message(channel, payload, pid, this.receivedAt);
		this.recipients[this.size++] = recipients;
		this.calls += recipients.length;
	}

	/**
	 * Let something be done when all of it was handed out.
	 */
	void endWith(Runnable end) {
		this.end = end;
	}

	void ended() {
		if (this.end != null) {
			this.end.run();
		}
	}

	int size() {
		return this.size;
	}

	/**
	 * Return how many listeners are to be called, with one for each of its messages.
	 */
	long calls() {
		return this.calls;
	}

	long generation() {
		return this.generation;
	}

	long readAt() {
		return this.readAt;
	}

	/**
	 * Return who gets the next message, if there is one.
	 */
	@Nullable Mailbox next() {
		while (this.message < this.size) {
			Mailbox[] all = this.recipients[this.message];
			if (this.recipient < all.length) {
				if (this.recipient == 0) {
					look(all);
				}
				return all[this.recipient++];
			}
			this.message++;
			this.recipient = 0;
		}
		return null;
	}

	/**
	 * Look at all before the first is called: with many listeners it takes most of the
	 * time to get them into the processor's cache, and now several are got at once.
	 */
	private void look(Mailbox[] all) {
		for (Mailbox mailbox : all) {
			if (!mailbox.isOpen(this.generation)) {
				this.busy++;
			}
		}
	}

	/**
	 * Return the message that {@link #next()} was about.
	 */
	Message message() {
		return this.messages[this.message];
	}

}
