package io.trunkline.notification;

import java.util.concurrent.Executor;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.RejectedExecutionException;

/**
 * The threads that deliver events. They take work from one another, so that a listener
 * who blocks one of them holds up nobody as long as another one is free.
 */
final class Delivery implements Executor {

	private static final int THREADS = 10 * Runtime.getRuntime().availableProcessors();

	private final ForkJoinPool threads = new ForkJoinPool(THREADS, DeliveryThread::new, null, true);

	@Override
	public void execute(Runnable task) {
		try {
			this.threads.execute(task);
		}
		catch (RejectedExecutionException ex) {
			// After the end, for somebody who asks only now for what is left.
			task.run();
		}
	}

	/**
	 * Run tasks, with no more to do for the caller than for one of them.
	 */
	void executeAll(Runnable[] tasks) {
		execute(() -> split(tasks, 0, tasks.length));
	}

	/**
	 * Run the first of some tasks, and leave the others to whoever has time.
	 */
	private void split(Runnable[] tasks, int from, int to) {
		int end = to;
		while (end - from > 1) {
			int middle = (from + end) >>> 1;
			int last = end;
			execute(() -> split(tasks, middle, last));
			end = middle;
		}
		tasks[from].run();
	}

	/**
	 * Take no more work, and end what there is.
	 */
	void shutdown() {
		this.threads.shutdown();
	}

	/**
	 * A thread with a name; like all of its kind, it keeps no JVM alive.
	 */
	private static final class DeliveryThread extends ForkJoinWorkerThread {

		DeliveryThread(ForkJoinPool pool) {
			super(pool);
			setName("trunkline-notification-delivery-" + getPoolIndex());
		}

	}

}
