package io.trunkline.autoconfigure.notification;

import java.time.Duration;

import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.PostgresListeners;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * Properties of the notification bus and of listener methods.
 *
 * @since 0.1.0
 */
@ConfigurationProperties("trunkline.notification")
public class NotificationProperties {

	/**
	 * Whether to auto-configure the notification bus.
	 */
	private boolean enabled = true;

	/**
	 * R2DBC URL of the connection that listens, where it must go past a pooler. It must
	 * lead to the database of spring.r2dbc.url, of which user name and password are taken
	 * where it has none.
	 */
	private @Nullable String url;

	/**
	 * How many messages are held for a listener who does not ask for them. What comes
	 * beyond that is dropped, and the listener is told how many that were.
	 */
	private int bufferSize = NotificationBus.Builder.DEFAULT_BUFFER_SIZE;

	/**
	 * How often the listening connection is asked something, to notice that it is lost.
	 */
	private Duration keepAlive = NotificationBus.Builder.DEFAULT_KEEP_ALIVE;

	/**
	 * How long the server may be silent when it was asked something, and how long opening
	 * the connection may take, before it counts as lost.
	 */
	private Duration answerTimeout = NotificationBus.Builder.DEFAULT_ANSWER_TIMEOUT;

	/**
	 * Whether to try on each new listening connection that a notification from another
	 * one arrives.
	 */
	private boolean verifyDelivery = true;

	private final Backoff backoff = new Backoff();

	private final Listener listener = new Listener();

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public @Nullable String getUrl() {
		return this.url;
	}

	public void setUrl(@Nullable String url) {
		this.url = url;
	}

	public int getBufferSize() {
		return this.bufferSize;
	}

	public void setBufferSize(int bufferSize) {
		this.bufferSize = bufferSize;
	}

	public Duration getKeepAlive() {
		return this.keepAlive;
	}

	public void setKeepAlive(Duration keepAlive) {
		this.keepAlive = keepAlive;
	}

	public Duration getAnswerTimeout() {
		return this.answerTimeout;
	}

	public void setAnswerTimeout(Duration answerTimeout) {
		this.answerTimeout = answerTimeout;
	}

	public boolean isVerifyDelivery() {
		return this.verifyDelivery;
	}

	public void setVerifyDelivery(boolean verifyDelivery) {
		this.verifyDelivery = verifyDelivery;
	}

	public Backoff getBackoff() {
		return this.backoff;
	}

	public Listener getListener() {
		return this.listener;
	}

	/**
	 * Pauses before a lost connection is opened again.
	 */
	public static class Backoff {

		/**
		 * Pause before the first attempt to open a lost connection. The pauses double,
		 * and are jittered.
		 */
		private Duration first = NotificationBus.Builder.DEFAULT_FIRST_BACKOFF;

		/**
		 * Longest pause between two attempts. There is no last attempt.
		 */
		private Duration max = NotificationBus.Builder.DEFAULT_MAX_BACKOFF;

		public Duration getFirst() {
			return this.first;
		}

		public void setFirst(Duration first) {
			this.first = first;
		}

		public Duration getMax() {
			return this.max;
		}

		public void setMax(Duration max) {
			this.max = max;
		}

	}

	/**
	 * Listener methods.
	 */
	public static class Listener {

		/**
		 * Whether to call @PostgresListener methods.
		 */
		private boolean enabled = true;

		/**
		 * Whether methods that return no publisher may block. If not, they are called by
		 * the threads that deliver events.
		 */
		private boolean blocking = true;

		/**
		 * How long the start of the application waits for LISTEN to be in force. After
		 * that it goes on without.
		 */
		private Duration startupTimeout = PostgresListeners.Builder.DEFAULT_STARTUP_TIMEOUT;

		/**
		 * Whether to create the triggers that @PostgresListener methods on tables need,
		 * where they are missing. If not, the start fails with their DDL.
		 */
		private boolean installTriggers = false;

		private final Retry retry = new Retry();

		public boolean isEnabled() {
			return this.enabled;
		}

		public void setEnabled(boolean enabled) {
			this.enabled = enabled;
		}

		public boolean isBlocking() {
			return this.blocking;
		}

		public void setBlocking(boolean blocking) {
			this.blocking = blocking;
		}

		public Duration getStartupTimeout() {
			return this.startupTimeout;
		}

		public void setStartupTimeout(Duration startupTimeout) {
			this.startupTimeout = startupTimeout;
		}

		public boolean isInstallTriggers() {
			return this.installTriggers;
		}

		public void setInstallTriggers(boolean installTriggers) {
			this.installTriggers = installTriggers;
		}

		public Retry getRetry() {
			return this.retry;
		}

	}

	/**
	 * Further calls after a failure.
	 */
	public static class Retry {

		/**
		 * How often a method is called for an event at most, the first time included.
		 */
		private int maxAttempts = PostgresListeners.Builder.DEFAULT_MAX_ATTEMPTS;

		/**
		 * Pause before the second call. The pauses double, and are jittered.
		 */
		private Duration firstBackoff = PostgresListeners.Builder.DEFAULT_FIRST_BACKOFF;

		/**
		 * Longest pause between two calls.
		 */
		private Duration maxBackoff = PostgresListeners.Builder.DEFAULT_MAX_BACKOFF;

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
