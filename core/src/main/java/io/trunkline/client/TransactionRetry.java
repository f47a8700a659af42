package io.trunkline.client;

import java.time.Duration;

import org.springframework.util.Assert;

/**
 * How often, and after which pauses, a transaction is run again that the server gave up
 * for the sake of another: a serialization failure (40001) or a deadlock (40P01). The
 * pauses double, and each is jittered by up to a half. Immutable.
 *
 * @param maxAttempts how often it is run at most, the first time included
 * @param firstBackoff the first pause
 * @param maxBackoff the longest pause
 * @since 0.1.0
 */
public record TransactionRetry(int maxAttempts, Duration firstBackoff, Duration maxBackoff) {

	/**
	 * Five attempts with pauses from 20 milliseconds to one second.
	 */
	public static final TransactionRetry DEFAULT = new TransactionRetry(5, Duration.ofMillis(20),
			Duration.ofSeconds(1));

	public TransactionRetry {
		Assert.isTrue(maxAttempts >= 1, () -> "'maxAttempts' is " + maxAttempts + ": give 1 or more");
		Assert.isTrue(firstBackoff != null && !firstBackoff.isNegative(),
				() -> "'firstBackoff' is " + firstBackoff + ": give a duration of zero or more");
		Assert.isTrue(maxBackoff != null && maxBackoff.compareTo(firstBackoff) >= 0,
				() -> "'maxBackoff' is " + maxBackoff + ": give no less than the first backoff, " + firstBackoff);
	}

	/**
	 * Return this with another number of attempts.
	 * @param maxAttempts how often the transaction is run at most
	 * @return a new instance
	 */
	public TransactionRetry withMaxAttempts(int maxAttempts) {
		return new TransactionRetry(maxAttempts, this.firstBackoff, this.maxBackoff);
	}

}
