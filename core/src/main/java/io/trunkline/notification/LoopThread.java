package io.trunkline.notification;

import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Runs tasks one after the other, now or later. Its thread ends while there are none.
 */
final class LoopThread {

	private final ScheduledThreadPoolExecutor thread;

	private final Consumer<RuntimeException> onFailure;

	/**
	 * Create a thread.
	 * @param onFailure told what a task did not expect, on the thread
	 */
	LoopThread(Consumer<RuntimeException> onFailure) {
		this.onFailure = onFailure;
		this.thread = new ScheduledThreadPoolExecutor(1, (task) -> {
			Thread thread = new Thread(task, "trunkline-notification-loop");
			thread.setDaemon(true);
			return thread;
		});
		this.thread.setKeepAliveTime(30, TimeUnit.SECONDS);
		this.thread.allowCoreThreadTimeOut(true);
	}

	void execute(Runnable task) {
		this.thread.execute(() -> guarded(task));
	}

	void schedule(Runnable task, long nanos) {
		this.thread.schedule(() -> guarded(task), nanos, TimeUnit.NANOSECONDS);
	}

	private void guarded(Runnable task) {
		try {
			task.run();
		}
		catch (RuntimeException ex) {
			this.onFailure.accept(ex);
		}
	}

}
