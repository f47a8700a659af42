package io.trunkline.notification;

import java.util.Arrays;

/**
 * Subscriptions that have something to deliver, collected while messages are read: to
 * wake a thread costs more than to read a message. Used by the driver's thread only.
 */
final class Wakeups {

	/**
	 * So many messages are read at most before the first of them is delivered.
	 */
	static final int LIMIT = 64;

	private final Delivery delivery;

	private Mailbox[] mailboxes = new Mailbox[LIMIT];

	private int size;

	Wakeups(Delivery delivery) {
		this.delivery = delivery;
	}

	void add(Mailbox mailbox) {
		if (this.size == this.mailboxes.length) {
			this.mailboxes = Arrays.copyOf(this.mailboxes, 2 * this.size);
		}
		this.mailboxes[this.size++] = mailbox;
	}

	void flush() {
		if (this.size == 0) {
			return;
		}
		if (this.size == 1) {
			this.delivery.execute(this.mailboxes[0]);
			this.mailboxes[0] = null;
		}
		else {
			this.delivery.executeAll(Arrays.copyOf(this.mailboxes, this.size));
			Arrays.fill(this.mailboxes, 0, this.size, null);
		}
		this.size = 0;
	}

}
