package io.trunkline.notification;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;

import io.trunkline.notification.NotificationEvent.Message;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

/**
 * Hands out what one connection receives. The thread that reads it leaves whole batches
 * here, and one delivering thread goes through them and calls each listener who waits for
 * a message there and then: no buffer, no task and no change of threads for each of them.
 * Who is busy, has asked for nothing or is known to be slow gets it through its buffer.
 * <p>
 * No listener must hold up another one. So the thread that hands out has a turn, which is
 * taken from it while it is in the hands of a listener for too long: the turn is a number
 * that is another one for each call, and whoever changes it goes on behind that call. The
 * thread that comes back from the listener finds it changed, and leaves.
 */
final class Dispatcher implements Runnable {

	/** Calls are timed so many at once, since to look at the clock takes time itself. */
	static final int TIMED = 8;

	/**
	 * If that many calls take longer, each of them is suspected to be slow: a thread of
	 * its own costs less than the others lose.
	 */
	static final long QUICK = TimeUnit.MICROSECONDS.toNanos(50);

	/** A listener may hold the thread for so long, and up to twice that. */
	private static final long PATIENCE = TimeUnit.MILLISECONDS.toNanos(1);

	/** If more batches than that wait, they go to the buffers, which have a limit. */
	private static final int BEHIND = 32;

	/** The lowest bits of a turn: nobody has it. */
	private static final int IDLE = 0;

	/** It is given to a thread that has not begun. */
	private static final int GIVEN = 1;

	/** A thread has it. */
	private static final int WORKING = 2;

	/** That thread is in the hands of a listener. */
	private static final int CALLING = 3;

	private static final int NEXT = 4;

	private final Delivery delivery;

	private final Scheduler timer;

	private final LongAdder received;

	private final LongAdder dropped;

	private final Queue<Batch> batches = new ConcurrentLinkedQueue<>();

	private final AtomicInteger waiting = new AtomicInteger();

	private final AtomicLong turn = new AtomicLong();

	/** Whether a thread was asked for that has not come yet. */
	private final AtomicBoolean requested = new AtomicBoolean();

	private final AtomicBoolean watched = new AtomicBoolean();

	/** These are of the thread that has the turn. */
	private final Wakeups wakeups;

	private final @Nullable Mailbox[] called = new @Nullable Mailbox[TIMED];

	private @Nullable Batch current;

	/**
	 * Create a dispatcher for one connection.
	 * @param delivery the threads
	 * @param timer looks whether a listener has a thread for too long
	 * @param received counts messages that were handed out
	 * @param dropped counts those that found a buffer full
	 */
	Dispatcher(Delivery delivery, Scheduler timer, LongAdder received, LongAdder dropped) {
		this.delivery = delivery;
		this.timer = timer;
		this.received = received;
		this.dropped = dropped;
		this.wakeups = new Wakeups(delivery);
	}

	/**
	 * Leave a batch, behind those before.
	 */
	void put(Batch batch) {
		long calls = batch.calls();
		this.batches.add(batch);
		this.waiting.getAndIncrement();
		long turn = this.turn.get();
		boolean idle = phase(turn) == IDLE && change(turn, GIVEN);
		if (idle) {
			requestThread();
		}
		// Whom one listener alone would hold up comes later, and then finds it busy.
		if (!idle || calls > 1) {
			watch();
		}
	}

	private void requestThread() {
		if (this.requested.compareAndSet(false, true)) {
			this.delivery.execute(this);
		}
	}

	@Override
	public void run() {
		this.requested.set(false);
		long turn = this.turn.get();
		if (phase(turn) == GIVEN && change(turn, WORKING)) {
			work();
		}
	}

	/**
	 * Hand out for as long as there is something and the turn is kept.
	 */
	private void work() {
		do {
			for (Batch batch = take(); batch != null; batch = take()) {
				if (isBehind()) {
					hold(batch);
				}
				else if (!handOut(batch)) {
					return;
				}
				finish(batch);
			}
		}
		while (!pause());
	}

	private @Nullable Batch take() {
		if (this.current == null) {
			this.current = this.batches.poll();
		}
		return this.current;
	}

	private boolean isBehind() {
		return this.waiting.get() > BEHIND;
	}

	/**
	 * Hand out a batch, at once to whom that is possible.
	 * @return whether the turn was kept
	 */
	private boolean handOut(Batch batch) {
		long since = System.nanoTime();
		for (Mailbox mailbox = batch.next(); mailbox != null; mailbox = batch.next()) {
			Message message = batch.message();
			if (!mailbox.seize(batch.generation(), message)) {
				hold(batch, mailbox, message);
				continue;
			}
			long calling = this.turn.get() + NEXT + CALLING - WORKING;
			int call = call(calling);
			this.called[call] = mailbox;
			this.turn.lazySet(calling);
			mailbox.deliver(message);
			boolean kept = this.turn.compareAndSet(calling, calling + WORKING - CALLING);
			mailbox.release();
			if (!kept) {
				return false;
			}
			if (call == 0) {
				since = time(since);
			}
		}
		return true;
	}

	/**
	 * Put a batch into buffers.
	 */
	private void hold(Batch batch) {
		for (Mailbox mailbox = batch.next(); mailbox != null; mailbox = batch.next()) {
			hold(batch, mailbox, batch.message());
		}
	}

	private void hold(Batch batch, Mailbox mailbox, Message message) {
		if (mailbox.offer(batch.generation(), message, batch.readAt(), this.wakeups)) {
			this.dropped.increment();
		}
	}

	private void finish(Batch batch) {
		this.current = null;
		this.wakeups.flush();
		this.received.add(batch.size());
		this.waiting.getAndDecrement();
		batch.ended();
	}

	private long time(long since) {
		long now = System.nanoTime();
		if (now - since > QUICK) {
			for (Mailbox mailbox : this.called) {
				suspect(mailbox);
			}
		}
		return now;
	}

	private static void suspect(@Nullable Mailbox mailbox) {
		if (mailbox != null) {
			mailbox.suspect();
		}
	}

	/**
	 * Give the turn back.
	 * @return whether it is somebody else's now, and nothing is left behind
	 */
	private boolean pause() {
		this.turn.set(this.turn.get() + IDLE - WORKING);
		if (this.batches.isEmpty()) {
			return true;
		}
		long turn = this.turn.get();
		return phase(turn) != IDLE || !change(turn, WORKING);
	}

	private void watch() {
		if (!this.watched.get() && this.watched.compareAndSet(false, true)) {
			watch(this.turn.get());
		}
	}

	private void watch(long before) {
		later(() -> {
			long turn = this.turn.get();
			if (phase(turn) == CALLING && turn == before && change(turn, GIVEN)) {
				suspect(this.called[call(turn)]);
				requestThread();
			}
			else if (phase(turn) == GIVEN && isBehind() && change(turn, WORKING)) {
				// No thread comes, so all of them are with listeners.
				relieve();
			}
			if (phase(turn) != IDLE) {
				watch(this.turn.get());
				return;
			}
			this.watched.set(false);
			if (phase(this.turn.get()) != IDLE) {
				watch();
			}
		});
	}

	private void later(Runnable task) {
		try {
			this.timer.schedule(task, PATIENCE, TimeUnit.NANOSECONDS);
		}
		catch (RejectedExecutionException ex) {
			Schedulers.parallel().schedule(task, PATIENCE, TimeUnit.NANOSECONDS);
		}
	}

	/**
	 * Put into buffers what has come, and leave to a thread what comes meanwhile.
	 */
	private void relieve() {
		int count = this.waiting.get();
		for (Batch batch = take(); batch != null; batch = (--count > 0) ? take() : null) {
			hold(batch);
			finish(batch);
		}
		change(this.turn.get(), GIVEN);
		requestThread();
	}

	private boolean change(long turn, int phase) {
		return this.turn.compareAndSet(turn, turn - phase(turn) + NEXT + phase);
	}

	private static int phase(long turn) {
		return (int) (turn & NEXT - 1);
	}

	/**
	 * Return where it is noted who is called.
	 */
	private static int call(long turn) {
		return (int) (turn / NEXT) & TIMED - 1;
	}

}
