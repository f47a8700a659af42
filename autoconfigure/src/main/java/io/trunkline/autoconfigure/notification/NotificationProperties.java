package io.trunkline.autoconfigure.notification;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.trunkline.notification.LargePayloads;
import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.PostgresListeners;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

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

	private final Payloads largePayloads = new Payloads();

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

	public Payloads getLargePayloads() {
		return this.largePayloads;
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
	 * Payloads that no notification can hold.
	 */
	public static class Payloads {

		/**
		 * Whether payloads of more than 7,999 bytes travel as large objects. If not, they
		 * are refused. All applications that send and listen need the same.
		 */
		private boolean enabled = false;

		/**
		 * Schema of the table trunkline_payload that lists them.
		 */
		private String schema = LargePayloads.defaults().schema();

		/**
		 * Whether to create the table when the first one is sent. If not, sending fails
		 * with the DDL where it is missing.
		 */
		private boolean createTable = false;

		/**
		 * Roles that may read them besides the one that sends them, PUBLIC for all.
		 */
		private List<String> readers = new ArrayList<>();

		/**
		 * How long they are kept. Who has not read one by then is told that it is lost.
		 */
		private Duration maxAge = LargePayloads.defaults().maxAge();

		/**
		 * Largest one to send and to read; each is held in memory.
		 */
		private DataSize maxSize = DataSize.ofBytes(LargePayloads.defaults().maxBytes());

		public boolean isEnabled() {
			return this.enabled;
		}

		public void setEnabled(boolean enabled) {
			this.enabled = enabled;
		}

		public String getSchema() {
			return this.schema;
		}

		public void setSchema(String schema) {
			this.schema = schema;
		}

		public boolean isCreateTable() {
			return this.createTable;
		}

		public void setCreateTable(boolean createTable) {
			this.createTable = createTable;
		}

		public List<String> getReaders() {
			return this.readers;
		}

		public void setReaders(List<String> readers) {
			this.readers = readers;
		}

		public Duration getMaxAge() {
			return this.maxAge;
		}

		public void setMaxAge(Duration maxAge) {
			this.maxAge = maxAge;
		}

		public DataSize getMaxSize() {
			return this.maxSize;
		}

		public void setMaxSize(DataSize maxSize) {
			this.maxSize = maxSize;
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
