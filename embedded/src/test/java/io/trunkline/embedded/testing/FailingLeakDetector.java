package io.trunkline.embedded.testing;

import java.lang.ref.Reference;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import org.jspecify.annotations.Nullable;

/**
 * Records every leak that Netty reports, so that {@link LeakCheckExtension} can fail the
 * test class. Netty loads it by {@code -Dio.netty.customResourceLeakDetector}.
 *
 * @param <T> the type of the resource
 * @since 0.1.0
 */
public class FailingLeakDetector<T> extends ResourceLeakDetector<T> {

	private static final Queue<String> REPORTS = new ConcurrentLinkedQueue<>();

	// Netty looks up both constructors, and falls back to its own detector, which only
	// logs, where one is missing.

	public FailingLeakDetector(Class<?> resourceType, int samplingInterval) {
		super(resourceType, samplingInterval);
	}

	@SuppressWarnings("deprecation")
	public FailingLeakDetector(Class<?> resourceType, int samplingInterval, long maxActive) {
		super(resourceType, samplingInterval, maxActive);
	}

	/**
	 * Collect garbage, let Netty look for leaks, and hand over what it reported since the
	 * last call.
	 * @return one report a leak, with the places that touched the resource
	 */
	public static List<String> takeReports() {
		// The sentinel of the first round can be enqueued before the buffers of the same
		// collection; once that of the second round is there, they are too.
		awaitGarbageCollection();
		awaitGarbageCollection();
		// The detector polls its queue when it starts to track another buffer.
		ByteBuf probe = ByteBufAllocator.DEFAULT.buffer(1);
		probe.release();
		List<String> reports = new ArrayList<>();
		for (String report = REPORTS.poll(); report != null; report = REPORTS.poll()) {
			reports.add(report);
		}
		return reports;
	}

	private static void awaitGarbageCollection() {
		ReferenceQueue<Object> queue = new ReferenceQueue<>();
		WeakReference<Object> sentinel = new WeakReference<>(new Object(), queue);
		try {
			for (int attempt = 0; attempt < 100; attempt++) {
				System.gc();
				Reference<?> collected = queue.remove(100);
				if (collected == sentinel) {
					return;
				}
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException("Interrupted before the leak check was done", ex);
		}
		throw new IllegalStateException("The garbage collector does not run (-XX:+DisableExplicitGC?): no leak check");
	}

	static void report(String report) {
		REPORTS.add(report);
	}

	@Override
	protected boolean needReport() {
		return true;
	}

	@Override
	protected void reportTracedLeak(String resourceType, String records) {
		report("LEAK: " + resourceType + ".release() was not called before it was garbage-collected." + records);
	}

	@Override
	protected void reportUntracedLeak(String resourceType) {
		report("LEAK: " + resourceType + ".release() was not called before it was garbage-collected.");
	}

	@Override
	protected @Nullable Object getInitialHint(String resourceType) {
		return null;
	}

}
