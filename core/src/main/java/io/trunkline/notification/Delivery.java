package io.trunkline.notification;

import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * The threads that deliver events. They share one queue, so that a listener who blocks
 * one of them holds up nobody as long as another one is free.
 */
final class Delivery implements Executor {

	private static final int THREADS = 10 * Runtime.getRuntime().availableProcessors();

	private final ThreadPoolExecutor threads;

	Delivery() {
		this.threads = new ThreadPoolExecutor(THREADS, THREADS, 30, TimeUnit.SECONDS, new LinkedBlockingQueue<>(),
				(task) -> {
					Thread thread = new Thread(task, "trunkline-notification-delivery");
					thread.setDaemon(true);
					return thread;
				}, (task, pool) -> task.run());
		this.threads.allowCoreThreadTimeOut(true);
	}

	@Override
	public void execute(Runnable task) {
		this.threads.execute(task);
	}

	/**
	 * Take no more work, and end what there is.
	 */
	void shutdown() {
		this.threads.shutdown();
	}

}
