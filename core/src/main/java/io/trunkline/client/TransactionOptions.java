package io.trunkline.client;

import java.time.Duration;

import io.trunkline.connection.TransactionMode;
import org.jspecify.annotations.Nullable;

import org.springframework.transaction.annotation.Isolation;
import org.springframework.util.Assert;

/**
 * How a transaction of {@link PostgresClient#inTransaction} runs. Immutable.
 *
 * @since 0.1.0
 */
public final class TransactionOptions {

	private static final TransactionOptions DEFAULTS = new TransactionOptions(TransactionMode.DEFAULT, null, false,
			null);

	private final TransactionMode mode;

	private final @Nullable Duration timeout;

	private final boolean retried;

	private final @Nullable TransactionRetry retry;

	private TransactionOptions(TransactionMode mode, @Nullable Duration timeout, boolean retried,
			@Nullable TransactionRetry retry) {
		this.mode = mode;
		this.timeout = timeout;
		this.retried = retried;
		this.retry = retry;
	}

	/**
	 * Return the options of a transaction as the server begins it, without a limit of
	 * time, and not run again.
	 * @return the options
	 */
	public static TransactionOptions defaults() {
		return DEFAULTS;
	}

	/**
	 * Name the transaction, for Spring, errors and the observation. Use few names: they
	 * are a low-cardinality key.
	 * @param name the name
	 * @return new options
	 */
	public TransactionOptions withName(String name) {
		Assert.hasText(name, "'name' must not be empty");
		return with(new TransactionMode(name, this.mode.isolation(), this.mode.readOnly(), this.mode.deferrable()));
	}

	/**
	 * Set the isolation level.
	 * @param isolation the level
	 * @return new options
	 */
	public TransactionOptions withIsolation(Isolation isolation) {
		return with(new TransactionMode(this.mode.name(), isolation, this.mode.readOnly(), this.mode.deferrable()));
	}

	/**
	 * Let the server refuse to write.
	 * @return new options
	 */
	public TransactionOptions withReadOnly() {
		return with(new TransactionMode(this.mode.name(), this.mode.isolation(), true, this.mode.deferrable()));
	}

	/**
	 * Let a serializable read-only transaction wait for a moment from which on it cannot
	 * fail. Sets the level and read-only with it, for otherwise it has no effect.
	 * @return new options
	 */
	public TransactionOptions withDeferrable() {
		return with(new TransactionMode(this.mode.name(), Isolation.SERIALIZABLE, true, true));
	}

	/**
	 * Limit the time that the work may take, from the begin on. Then the running
	 * statement is stopped, the transaction is rolled back and fails with a
	 * {@link org.springframework.dao.QueryTimeoutException}. A commit is waited for.
	 * @param timeout the time, more than zero
	 * @return new options
	 */
	public TransactionOptions withTimeout(Duration timeout) {
		Assert.isTrue(timeout != null && !timeout.isNegative() && !timeout.isZero(),
				() -> "'timeout' is " + timeout + ": give a duration of more than zero");
		return new TransactionOptions(this.mode, timeout, this.retried, this.retry);
	}

	/**
	 * Run the whole transaction again where the server gave it up for the sake of
	 * another, as often as the client is set to. The results are held in memory until the
	 * commit, and the work is called for each attempt.
	 * @return new options
	 */
	public TransactionOptions withRetry() {
		return new TransactionOptions(this.mode, this.timeout, true, null);
	}

	/**
	 * Run the whole transaction again as {@link #withRetry()} does, but as often as is
	 * given here.
	 * @param retry how often, and after which pauses
	 * @return new options
	 */
	public TransactionOptions withRetry(TransactionRetry retry) {
		Assert.notNull(retry, "'retry' must not be null");
		return new TransactionOptions(this.mode, this.timeout, true, retry);
	}

	private TransactionOptions with(TransactionMode mode) {
		return new TransactionOptions(mode, this.timeout, this.retried, this.retry);
	}

	TransactionMode mode() {
		return this.mode;
	}

	@Nullable Duration timeout() {
		return this.timeout;
	}

	/**
	 * Return how to retry, {@code null} for not at all.
	 */
	@Nullable TransactionRetry retry(TransactionRetry byDefault) {
		return this.retried ? ((this.retry != null) ? this.retry : byDefault) : null;
	}

}
