package io.trunkline.autoconfigure.client;

import java.time.Duration;

import io.trunkline.client.PostgresClient;
import io.trunkline.client.TransactionRetry;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Properties of the client.
 *
 * @since 0.1.0
 */
@ConfigurationProperties("trunkline.client")
public class PostgresClientProperties {

	/**
	 * Whether to auto-configure the client.
	 */
	private boolean enabled = true;

	/**
	 * How many rows a stream asks the server for at a time, and how many it holds at
	 * most.
	 */
	private int fetchSize = PostgresClient.Builder.DEFAULT_FETCH_SIZE;

	private final Retry retry = new Retry();

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public int getFetchSize() {
		return this.fetchSize;
	}

	public void setFetchSize(int fetchSize) {
		this.fetchSize = fetchSize;
	}

	public Retry getRetry() {
		return this.retry;
	}

	/**
	 * How transactions are run again that ask for it.
	 */
	public static class Retry {

		/**
		 * How often such a transaction is run at most, the first time included.
		 */
		private int maxAttempts = TransactionRetry.DEFAULT.maxAttempts();

		/**
		 * Pause before the second attempt. The pauses double, and are jittered.
		 */
		private Duration firstBackoff = TransactionRetry.DEFAULT.firstBackoff();

		/**
		 * Longest pause between two attempts.
		 */
		private Duration maxBackoff = TransactionRetry.DEFAULT.maxBackoff();

		public int getMaxAttempts() {
			return this.maxAttempts;
		}

		public void setMaxAttempts(int maxAttempts) {
			this.maxAttempts = maxAttempts;
		}

		public Duration getFirstBackoff() {
			return this.firstBackoff;
		}

		public void setFirstBackoff(Duration firstBackoff) {
			this.firstBackoff = firstBackoff;
		}

		public Duration getMaxBackoff() {
			return this.maxBackoff;
		}

		public void setMaxBackoff(Duration maxBackoff) {
			this.maxBackoff = maxBackoff;
		}

	}

}
