package io.trunkline.notification;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Pauses that double up to a limit, each jittered by up to a half, so that many clients
 * of a server that comes back do not all come at once.
 */
record Backoff(Duration first, Duration max) {

	/**
	 * Return the pause after a number of failures.
	 * @param failures how many, from 1
	 */
	Duration pause(int failures) {
		long limit = Math.max(1, this.max.toNanos());
		int doublings = Math.min(failures - 1, 20);
		long base = Math.max(1, this.first.toNanos());
		long nanos = (base > limit >> doublings) ? limit : base << doublings;
		return Duration.ofNanos(nanos - ThreadLocalRandom.current().nextLong(nanos / 2 + 1));
	}

}
