package io.trunkline.notification;

import java.util.Arrays;

/**
 * Subscriptions that have something in their buffers, collected while a batch is handed
 * out: to wake a thread costs more than to hand out a message.
 */
final class Wakeups {

	private final Delivery delivery;

	private Mailbox[] mailboxes = new Mailbox[8];

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
