package io.trunkline.notification;

import java.time.Duration;

import io.trunkline.connection.PostgresConnections;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.beans.factory.BeanFactoryAware;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.context.SmartLifecycle;
import org.springframework.util.Assert;

/**
 * Calls the {@link PostgresListener} methods of an application context: declare it as a
 * bean. It finds them when all singletons are there, listens from the start of the
 * context on, and stops listening first when the context stops; calls that are under way
 * end before the beans do.
 *
 * @since 0.1.0
 */
public interface PostgresListeners extends SmartLifecycle, SmartInitializingSingleton, BeanFactoryAware {

	/**
	 * Return a builder.
	 * @param bus what to listen with
	 * @param connections where triggers are looked up and created
	 * @return a new builder
	 */
	static Builder builder(NotificationBus bus, PostgresConnections connections) {
		return new Builder(bus, connections);
	}

	/**
	 * Builds {@link PostgresListeners}.
	 */
	final class Builder {

		/**
		 * How often a method is called for an event by default.
		 */
		public static final int DEFAULT_MAX_ATTEMPTS = 3;

		/**
		 * The first pause between two calls by default.
		 */
		public static final Duration DEFAULT_FIRST_BACKOFF = Duration.ofMillis(100);

		/**
		 * The longest pause by default.
		 */
		public static final Duration DEFAULT_MAX_BACKOFF = Duration.ofSeconds(5);

		/**
		 * How long the start waits for LISTEN by default.
		 */
		public static final Duration DEFAULT_STARTUP_TIMEOUT = Duration.ofSeconds(10);

		private final NotificationBus bus;

		private final PostgresConnections connections;

		private @Nullable Scheduler scheduler = Schedulers.boundedElastic();

		private int maxAttempts = DEFAULT_MAX_ATTEMPTS;

		private Backoff backoff = new Backoff(DEFAULT_FIRST_BACKOFF, DEFAULT_MAX_BACKOFF);

		private Duration startupTimeout = DEFAULT_STARTUP_TIMEOUT;

		private PostgresListenerErrorHandler errorHandler = new LoggingErrorHandler();

		private boolean installTriggers;

		Builder(NotificationBus bus, PostgresConnections connections) {
			Assert.notNull(bus, "'bus' must not be null");
			Assert.notNull(connections, "'connections' must not be null");
			this.bus = bus;
			this.connections = connections;
		}

		/**
		 * Set where methods are called that return no publisher, and thus may block.
		 * @param scheduler the scheduler, by default {@link Schedulers#boundedElastic()};
		 * {@code null} for the threads that deliver events, which such methods must not
		 * block
		 * @return this builder
		 */
		public Builder blockingScheduler(@Nullable Scheduler scheduler) {
			this.scheduler = scheduler;
			return this;
		}

		/**
		 * Set how often a method is called for an event, and after which pauses, which
		 * double and are jittered. A payload that cannot be read is not tried again.
		 * @param maxAttempts how often it is called at most, the first time included
		 * @param firstBackoff the first pause
		 * @param maxBackoff the longest pause
		 * @return this builder
		 */
		public Builder retry(int maxAttempts, Duration firstBackoff, Duration maxBackoff) {
			Assert.isTrue(maxAttempts >= 1, () -> "'maxAttempts' is " + maxAttempts + ": give 1 or more");
			Assert.isTrue(firstBackoff != null && !firstBackoff.isNegative(),
					() -> "'firstBackoff' is " + firstBackoff + ": give a duration of zero or more");
			Assert.isTrue(maxBackoff != null && maxBackoff.compareTo(firstBackoff) >= 0,
					() -> "'maxBackoff' is " + maxBackoff + ": give no less than the first backoff, " + firstBackoff);
			this.maxAttempts = maxAttempts;
			this.backoff = new Backoff(firstBackoff, maxBackoff);
			return this;
		}

		/**
		 * Set what becomes of the last failure; it is logged as an error by default,
		 * without the payload.
		 * @param errorHandler the handler
		 * @return this builder
		 */
		public Builder errorHandler(PostgresListenerErrorHandler errorHandler) {
			Assert.notNull(errorHandler, "'errorHandler' must not be null");
			this.errorHandler = errorHandler;
			return this;
		}

		/**
		 * Set how long the start of the context waits for LISTEN to be in force. After
		 * that it goes on, and listening begins when the server is there.
		 * @param timeout the time
		 * @return this builder
		 */
		public Builder startupTimeout(Duration timeout) {
			Assert.isTrue(timeout != null && !timeout.isNegative() && !timeout.isZero(),
					() -> "'startupTimeout' is " + timeout + ": give a time of more than zero");
			this.startupTimeout = timeout;
			return this;
		}

		/**
		 * Set whether to create the triggers of {@link PostgresListener#table()} where
		 * they are missing or of an older version; if not, which is the default, the
		 * start fails with the DDL.
		 * @param install whether to create them
		 * @return this builder
		 */
		public Builder installTriggers(boolean install) {
			this.installTriggers = install;
			return this;
		}

		/**
		 * Build the listeners.
		 * @return a new instance
		 */
		public PostgresListeners build() {
			ListenerCalls calls = new ListenerCalls(this.scheduler, this.maxAttempts, this.backoff, this.errorHandler);
			return new DefaultPostgresListeners(this.bus, calls,
					new TableTriggers(this.connections, this.installTriggers), this.startupTimeout);
		}

	}

}
