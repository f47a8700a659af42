package io.trunkline.notification;

import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.Semaphore;

import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationEvent.Overflow;
import io.trunkline.notification.NotificationEvent.Reconnected;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A listener who accounts for the numbered messages of several senders, payload
 * {@code sender:number}: each is received, in order and once, or missing where a gap was
 * told after the sender's message before.
 */
final class Ledger extends BaseSubscriber<NotificationEvent> {

	private final String name;

	private final long demand;

	/** Passed once for each message; closed, it blocks the delivering thread. */
	private final Semaphore gate;

	private final int[] last;

	private final boolean[] gaps;

	private long received;

	private long missing;

	private long dropped;

	private int reconnects;

	private Duration downtime = Duration.ZERO;

	private String wrong = "";

	private Runnable onThousand = () -> {
	};

	Ledger(String name, int senders, long demand, Semaphore gate) {
		this.name = name;
		this.demand = demand;
		this.gate = gate;
		this.last = new int[senders];
		this.gaps = new boolean[senders];
	}

	@Override
	protected void hookOnSubscribe(Subscription subscription) {
		if (this.demand > 0) {
			subscription.request(this.demand);
		}
	}

	@Override
	protected void hookOnNext(NotificationEvent event) {
		this.gate.acquireUninterruptibly();
		enter(event);
	}

	private synchronized void enter(NotificationEvent event) {
		if (event instanceof Message message) {
			String[] parts = message.payload().split(":");
			enter(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
			if (++this.received % 1000 == 0) {
				this.onThousand.run();
			}
			return;
		}
		Arrays.fill(this.gaps, true);
		if (event instanceof Overflow overflow) {
			this.dropped += overflow.dropped();
		}
		else if (event instanceof Reconnected reconnected) {
			this.reconnects++;
			this.downtime = this.downtime.plus(reconnected.downtime());
		}
	}

	private void enter(int sender, int number) {
		int skipped = number - this.last[sender] - 1;
		if (skipped < 0 || (skipped > 0 && !this.gaps[sender])) {
			this.wrong += "%d:%d after %d; ".formatted(sender, number, this.last[sender]);
		}
		this.missing += skipped;
		this.last[sender] = number;
		this.gaps[sender] = false;
	}

	/**
	 * Do something with each thousandth message.
	 */
	synchronized void onThousand(Runnable action) {
		this.onThousand = action;
	}

	synchronized int last(int sender) {
		return this.last[sender];
	}

	/**
	 * Return for how long the connection was away in all gaps.
	 */
	synchronized Duration downtime() {
		return this.downtime;
	}

	synchronized long received() {
		return this.received;
	}

	/**
	 * Close the books: everything up to these numbers was sent before what was received
	 * last.
	 * @param sent the last number of each sender
	 * @param undisturbed whether the connection was there all the time
	 */
	synchronized void settle(int[] sent, boolean undisturbed, String description) {
		for (int sender = 0; sender < sent.length; sender++) {
			if (this.last[sender] < sent[sender]) {
				enter(sender, sent[sender] + 1);
				this.last[sender] = sent[sender];
			}
		}
		String what = this.name + " " + description;
		assertThat(this.wrong).as("%s: messages missing without a gap, or twice", what).isEmpty();
		if (undisturbed) {
			assertThat(this.reconnects).as("%s: reconnects", what).isZero();
			assertThat(this.missing).as("%s: missing, against what overflows told", what).isEqualTo(this.dropped);
		}
		else {
			assertThat(this.reconnects).as("%s: reconnects", what).isPositive();
			assertThat(this.missing).as("%s: missing, against what overflows told", what)
				.isGreaterThanOrEqualTo(this.dropped);
		}
		Arrays.fill(this.gaps, false);
		this.missing = 0;
		this.dropped = 0;
		this.reconnects = 0;
	}

	@Override
	public String toString() {
		return this.name + " received " + received();
	}

}
