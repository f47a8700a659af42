package io.trunkline.autoconfigure.largeobject;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;

import io.trunkline.largeobject.OrphanReport;
import io.trunkline.largeobject.OrphanSweep;
import io.trunkline.largeobject.OrphanedLargeObjects;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.context.SmartLifecycle;

/**
 * Sweeps orphans at an interval. A sweep needs a search that is older than the grace
 * period, so the first one after a start deletes nothing.
 */
class OrphanSweepSchedule implements SmartLifecycle {

	private static final Log logger = LogFactory.getLog(OrphanSweepSchedule.class);

	private final OrphanedLargeObjects orphans;

	private final Duration interval;

	private final Duration gracePeriod;

	private final Deque<OrphanReport> reports = new ArrayDeque<>();

	private volatile @Nullable Disposable running;

	OrphanSweepSchedule(OrphanedLargeObjects orphans, Duration interval, Duration gracePeriod) {
		this.orphans = orphans;
		this.interval = interval;
		this.gracePeriod = gracePeriod;
	}

	@Override
	public synchronized void start() {
		if (this.running == null) {
			this.running = Flux.interval(Duration.ZERO, this.interval)
				.onBackpressureDrop()
				.concatMap((tick) -> sweep().onErrorResume((ex) -> {
					logger.warn("Sweep of orphaned large objects failed; the next one is due in " + this.interval, ex);
					return Mono.empty();
				}), 1)
				.subscribe();
		}
	}

	/**
	 * Search, then delete what the latest search that is old enough found.
	 */
	private Mono<OrphanSweep> sweep() {
		return this.orphans.find().flatMap((report) -> {
			this.reports.addLast(report);
			OrphanReport due = takeDue(report);
			return (due != null && due.count() > 0) ? this.orphans.delete(due) : Mono.empty();
		});
	}

	private @Nullable OrphanReport takeDue(OrphanReport now) {
		OrphanReport due = null;
		OrphanReport oldest = this.reports.peekFirst();
		while (oldest != null && !oldest.takenAt().plus(this.gracePeriod).isAfter(now.takenAt())) {
			due = this.reports.pollFirst();
			oldest = this.reports.peekFirst();
		}
		return due;
	}

	@Override
	public synchronized void stop() {
		Disposable running = this.running;
		this.running = null;
		if (running != null) {
			running.dispose();
		}
	}

	@Override
	public boolean isRunning() {
		return this.running != null;
	}

}
