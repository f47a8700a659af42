package io.trunkline.test.session;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.stream.Collectors;

import io.r2dbc.spi.R2dbcTimeoutException;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Schedulers;

/**
 * The open frames, and the leases that wait, in the order in which they came. A lease is
 * granted when the stack is empty, when the top is a transaction of the same flow, or, to
 * a connection that has a transaction, when that is on top.
 */
final class FrameStack {

	private final Deque<Frame> open = new ArrayDeque<>();

	private final Deque<Lease> waiting = new ArrayDeque<>();

	private final Duration waitTimeout;

	private @Nullable Supplier<Throwable> closed;

	private @Nullable Runnable onIdle;

	private int transactions;

	private long handedOver = Long.MIN_VALUE;

	FrameStack(Duration waitTimeout) {
		this.waitTimeout = waitTimeout;
	}

	/**
	 * Queue a lease, which is granted or refused once.
	 */
	void request(Lease lease) {
		Supplier<Throwable> refusal;
		synchronized (this) {
			refusal = this.closed;
			if (refusal == null) {
				this.waiting.add(lease);
			}
		}
		if (refusal != null) {
			lease.refuse(refusal.get());
			return;
		}
		dispatch();
		synchronized (this) {
			if (this.waiting.contains(lease)) {
				timeoutIn(this.waitTimeout.toMillis(), lease, now());
			}
		}
	}

	private static long now() {
		return Schedulers.parallel().now(TimeUnit.MILLISECONDS);
	}

	private void timeoutIn(long millis, Lease lease, long since) {
		lease.timeout(Schedulers.parallel().schedule(() -> timeout(lease, since), millis, TimeUnit.MILLISECONDS));
	}

	private void dispatch() {
		while (true) {
			Lease lease;
			Frame frame;
			synchronized (this) {
				lease = nextGrantable();
				if (lease == null) {
					return;
				}
				frame = push(lease);
			}
			lease.grant(frame);
		}
	}

	private @Nullable Lease nextGrantable() {
		for (Iterator<Lease> leases = this.waiting.iterator(); leases.hasNext();) {
			Lease lease = leases.next();
			if (isGrantable(lease, this.open.peek())) {
				leases.remove();
				return lease;
			}
		}
		return null;
	}

	private static boolean isGrantable(Lease lease, @Nullable Frame top) {
		if (lease.awaited() != null) {
			return top == lease.awaited() && !top.isEnding();
		}
		Frame transaction = lease.owner().transaction();
		if (transaction != null) {
			return top == transaction && !top.isEnding();
		}
		if (top == null) {
			return true;
		}
		return top.isTransaction() && !top.isEnding() && lease.flow() != null && lease.flow() == top.flow();
	}

	private Frame push(Lease lease) {
		Frame awaited = lease.awaited();
		if (awaited != null) {
			awaited.ending();
			return awaited;
		}
		Frame frame = new Frame(lease, this.open.peek(), savepoint(lease));
		this.open.push(frame);
		return frame;
	}

	private @Nullable String savepoint(Lease lease) {
		if (lease.owner().transaction() != null) {
			return null;
		}
		return lease.isTransaction() ? "trunkline_transaction_" + (++this.transactions) : Frame.STATEMENT;
	}

	/**
	 * Take a frame from the stack.
	 */
	void remove(Frame frame) {
		Runnable idle = null;
		synchronized (this) {
			this.open.remove(frame);
			if (this.open.isEmpty()) {
				this.handedOver = now();
				if (this.waiting.isEmpty()) {
					idle = this.onIdle;
					this.onIdle = null;
				}
			}
		}
		dispatch();
		if (idle != null) {
			idle.run();
		}
	}

	/**
	 * Forget what a connection still waits for.
	 */
	void withdraw(SessionConnection owner, Throwable ex) {
		List<Lease> withdrawn;
		synchronized (this) {
			withdrawn = this.waiting.stream()
				.filter((lease) -> lease.owner() == owner && lease.awaited() == null)
				.collect(Collectors.toList());
			this.waiting.removeAll(withdrawn);
		}
		withdrawn.forEach((lease) -> lease.refuse(ex));
	}

	boolean withdraw(Lease lease) {
		synchronized (this) {
			return this.waiting.remove(lease);
		}
	}

	/**
	 * A long queue that moves is no reason to give up: the time counts from when the
	 * connection was last handed over.
	 */
	private void timeout(Lease lease, long since) {
		String frames;
		synchronized (this) {
			if (!this.waiting.contains(lease)) {
				return;
			}
			long left = Math.max(since, this.handedOver) + this.waitTimeout.toMillis() - now();
			if (left > 0) {
				timeoutIn(left, lease, since);
				return;
			}
			this.waiting.remove(lease);
			frames = describeOpen();
		}
		lease.refuse(
				new R2dbcTimeoutException("Waited %s for the connection that all code of this test shares, to run %s."
					.formatted(readable(this.waitTimeout), lease.describe()) + " It is held by " + frames
						+ ". End that first, run both in one flow of Reactor, or let the test have a database of its own with"
						+ " @DatabasePerTest."));
	}

	private static String readable(Duration duration) {
		return (duration.toMillis() % 1000 == 0) ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
	}

	/**
	 * Say what is open and where it was opened, the top first.
	 */
	synchronized String describeOpen() {
		return this.open.isEmpty() ? "nobody"
				: this.open.stream().map(Frame::describe).collect(Collectors.joining(", inside of "));
	}

	/**
	 * Refuse everything from now on, and what waits.
	 */
	List<Frame> close(Supplier<Throwable> refusal) {
		List<Lease> refused;
		List<Frame> frames;
		synchronized (this) {
			this.closed = refusal;
			refused = new ArrayList<>(this.waiting);
			this.waiting.clear();
			frames = new ArrayList<>(this.open);
		}
		refused.forEach((lease) -> lease.refuse(refusal.get()));
		return frames;
	}

	/**
	 * Run something when no frame is open and nobody waits, which may be now.
	 */
	void whenIdle(Runnable action) {
		synchronized (this) {
			if (!this.open.isEmpty() || !this.waiting.isEmpty()) {
				this.onIdle = action;
				return;
			}
		}
		action.run();
	}

	synchronized boolean isIdle() {
		return this.open.isEmpty() && this.waiting.isEmpty();
	}

}
