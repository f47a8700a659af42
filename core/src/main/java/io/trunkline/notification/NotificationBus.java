package io.trunkline.notification;

import java.lang.reflect.Type;
import java.time.Duration;

import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.ConnectionFactory;
import io.r2dbc.spi.Wrapped;
import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.ObjectMapper;

import org.springframework.util.Assert;

/**
 * Sends and receives PostgreSQL's notifications, and loses none silently: where messages
 * are missing, an event says so.
 * <p>
 * All listeners share one connection, which is opened for the first of them and never
 * comes from a pool. It is looked at regularly; when it is lost it is opened again, as
 * often as it takes, and each listener is told by a
 * {@link NotificationEvent.Reconnected}. LISTEN is sent for the first listener of a
 * channel and UNLISTEN when the last one has left.
 * <p>
 * Each listener has a buffer of its own. One who is slow loses messages, is told how many
 * by a {@link NotificationEvent.Overflow}, and is in nobody's way.
 *
 * @since 0.1.0
 */
public interface NotificationBus extends AutoCloseable {

	/**
	 * A buffer size without a bound: a listener who is too slow for ever then fills the
	 * memory.
	 */
	int UNBOUNDED = Integer.MAX_VALUE;

	/**
	 * The longest payload that PostgreSQL takes, in bytes. A longer one needs
	 * {@link Builder#largePayloads(LargePayloads)}.
	 */
	int MAX_PAYLOAD_BYTES = 7999;

	/**
	 * Create an instance with the default settings. Close it when it is no longer needed.
	 * @param connectionFactory a connection factory of the PostgreSQL driver
	 * @return a new instance
	 */
	static NotificationBus create(ConnectionFactory connectionFactory) {
		return builder(PostgresConnections.create(connectionFactory)).build();
	}

	/**
	 * Return a builder.
	 * @param connections where notifications are sent; what is below its pools and
	 * proxies opens the listening connection
	 * @return a new builder
	 */
	static Builder builder(PostgresConnections connections) {
		return new Builder(connections);
	}

	/**
	 * Listen to channels, with the bus's own buffer size. Nothing happens before the flux
	 * is subscribed to; cancelling leaves the channels.
	 * @param channels their names as they are, with upper case, spaces, dots and quotes
	 * @return the messages of all of them in the order in which they come, and the gaps
	 * @throws IllegalArgumentException if there is no channel, or a name that PostgreSQL
	 * would refuse or cut off
	 */
	NotificationFlux listen(String... channels);

	/**
	 * Listen to a channel.
	 * @param channel its name as it is
	 * @param bufferSize how many messages are held for a subscriber who does not ask for
	 * them, {@link #UNBOUNDED} for any number
	 * @return the messages and the gaps
	 * @throws IllegalArgumentException if PostgreSQL would refuse the name or cut it off
	 */
	NotificationFlux listen(String channel, int bufferSize);

	/**
	 * Send a notification without a payload.
	 * @param channel the channel's name as it is
	 * @return completes when it was sent; see {@link #notify(String, String)}
	 */
	default Mono<Void> notify(String channel) {
		return notify(channel, "");
	}

	/**
	 * Send a notification. It is delivered when the transaction commits: the current one,
	 * or its own where there is none. The server delivers equal ones of one transaction
	 * once.
	 * @param channel the channel's name as it is
	 * @param payload the payload, up to {@value #MAX_PAYLOAD_BYTES} bytes of UTF-8, or up
	 * to {@link LargePayloads#maxBytes()} where large payloads are allowed
	 * @return completes when it was sent; an {@link IllegalArgumentException} for a name
	 * and a {@link NotificationPayloadException} for a payload that the server would
	 * refuse, before anything is sent
	 */
	Mono<Void> notify(String channel, String payload);

	/**
	 * Send an object as JSON, or a {@link CharSequence} as it is; otherwise as
	 * {@link #notify(String, String)}.
	 * @param channel the channel's name as it is
	 * @param payload the object
	 * @return completes when it was sent
	 */
	Mono<Void> notify(String channel, Object payload);

	/**
	 * Read a payload that is JSON; as a {@link String} it is left as it is.
	 * @param message the message
	 * @param type the type of the object
	 * @param <T> the type
	 * @return the object
	 * @throws NotificationPayloadException if the payload is something else
	 */
	<T> T read(NotificationEvent.Message message, Class<T> type);

	/**
	 * Read a payload that is JSON as any type, a generic one too; as a {@link String} it
	 * is left as it is.
	 * @param message the message
	 * @param type the type of the object
	 * @return the object
	 * @throws NotificationPayloadException if the payload is something else
	 */
	Object read(NotificationEvent.Message message, Type type);

	/**
	 * Open the listening connection anew, as where the connection factory leads to
	 * another server now, or a password was changed. Listeners get a
	 * {@link NotificationEvent.Reconnected}, as after a loss.
	 * @return completes when LISTEN is in force on the new connection, however many
	 * attempts that takes; at once where nobody listens
	 */
	Mono<Void> reconnect();

	/**
	 * Return what the bus does, and has done so far.
	 */
	NotificationStatus status();

	/**
	 * Close the listening connection and complete all subscriptions behind what is in
	 * their buffers. Does not wait.
	 */
	@Override
	void close();

	/**
	 * Builds a {@link NotificationBus}.
	 */
	final class Builder {

		/**
		 * How many messages are held for a listener by default.
		 */
		public static final int DEFAULT_BUFFER_SIZE = 1024;

		/**
		 * How often the listening connection is looked at by default.
		 */
		public static final Duration DEFAULT_KEEP_ALIVE = Duration.ofSeconds(30);

		/**
		 * How long the server may take to answer by default.
		 */
		public static final Duration DEFAULT_ANSWER_TIMEOUT = Duration.ofSeconds(10);

		/**
		 * The first pause before the connection is opened again by default.
		 */
		public static final Duration DEFAULT_FIRST_BACKOFF = Duration.ofMillis(100);

		/**
		 * The longest pause by default.
		 */
		public static final Duration DEFAULT_MAX_BACKOFF = Duration.ofSeconds(10);

		private final PostgresConnections connections;

		private ConnectionFactory listenFactory;

		private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

		private @Nullable PayloadCodec codec;

		private int bufferSize = DEFAULT_BUFFER_SIZE;

		private Duration keepAlive = DEFAULT_KEEP_ALIVE;

		private Duration answerTimeout = DEFAULT_ANSWER_TIMEOUT;

		private Backoff backoff = new Backoff(DEFAULT_FIRST_BACKOFF, DEFAULT_MAX_BACKOFF);

		private boolean verify = true;

		private @Nullable LargePayloads largePayloads;

		Builder(PostgresConnections connections) {
			Assert.notNull(connections, "'connections' must not be null");
			this.connections = connections;
			this.listenFactory = unpooled(connections.getConnectionFactory());
		}

		private static ConnectionFactory unpooled(ConnectionFactory connectionFactory) {
			ConnectionFactory current = connectionFactory;
			while (current instanceof Wrapped<?> wrapped && wrapped.unwrap() instanceof ConnectionFactory inner) {
				current = inner;
			}
			return current;
		}

		/**
		 * Open the listening connection elsewhere, such as past a pooler. It must reach
		 * the same database.
		 * @param connectionFactory a connection factory of the PostgreSQL driver, which
		 * is used as it is
		 * @return this builder
		 */
		public Builder listenFactory(ConnectionFactory connectionFactory) {
			Assert.notNull(connectionFactory, "'listenFactory' must not be null");
			this.listenFactory = connectionFactory;
			return this;
		}

		/**
		 * Observe what is sent as {@code trunkline.notification.notify}.
		 * @param observationRegistry where to observe, nowhere by default
		 * @return this builder
		 */
		public Builder observationRegistry(ObservationRegistry observationRegistry) {
			Assert.notNull(observationRegistry, "'observationRegistry' must not be null");
			this.observationRegistry = observationRegistry;
			return this;
		}

		/**
		 * Set what reads and writes JSON, such as the application's {@code JsonMapper};
		 * Jackson's defaults without it, where Jackson is on the class path.
		 * @param jsonMapper the mapper
		 * @return this builder
		 */
		public Builder jsonMapper(ObjectMapper jsonMapper) {
			Assert.notNull(jsonMapper, "'jsonMapper' must not be null");
			this.codec = new JacksonPayloadCodec(jsonMapper);
			return this;
		}

		/**
		 * Set how many messages are held for a listener who does not ask for them.
		 * @param messages the number of messages, {@link #UNBOUNDED} for any number
		 * @return this builder
		 */
		public Builder bufferSize(int messages) {
			this.bufferSize = checkedBufferSize(messages);
			return this;
		}

		static int checkedBufferSize(int messages) {
			Assert.isTrue(messages > 0, () -> "'bufferSize' is " + messages + ": give 1 message or more");
			return messages;
		}

		/**
		 * Set how often the listening connection is asked something, to notice that it is
		 * lost.
		 * @param interval the time between two questions
		 * @return this builder
		 */
		public Builder keepAlive(Duration interval) {
			this.keepAlive = positive(interval, "keepAlive");
			return this;
		}

		/**
		 * Set how long the server may send nothing at all after it was asked something,
		 * and how long opening the connection may take, before it counts as lost.
		 * @param timeout the time
		 * @return this builder
		 */
		public Builder answerTimeout(Duration timeout) {
			this.answerTimeout = positive(timeout, "answerTimeout");
			return this;
		}

		/**
		 * Set the pauses before attempts to open a lost connection. They double, each is
		 * jittered by up to a half, and there is no last attempt.
		 * @param first the first pause
		 * @param max the longest pause
		 * @return this builder
		 */
		public Builder backoff(Duration first, Duration max) {
			positive(first, "first backoff");
			Assert.isTrue(max != null && max.compareTo(first) >= 0,
					() -> "'max backoff' is " + max + ": give no less than the first backoff, " + first);
			this.backoff = new Backoff(first, max);
			return this;
		}

		/**
		 * Set whether to try on each new connection that a notification from another one
		 * arrives, which takes a second connection for a moment.
		 * @param verify whether to try it, which is the default
		 * @return this builder
		 */
		public Builder verifyDelivery(boolean verify) {
			this.verify = verify;
			return this;
		}

		/**
		 * Allow payloads that no notification can hold: they are stored as large objects
		 * in the sender's transaction, and read when they are delivered, on a connection
		 * of those where notifications are sent. All who send and listen must allow it; a
		 * listener who does not gets the references as they are.
		 * @param largePayloads where and how long they are stored
		 * @return this builder
		 */
		public Builder largePayloads(LargePayloads largePayloads) {
			Assert.notNull(largePayloads, "'largePayloads' must not be null");
			this.largePayloads = largePayloads;
			return this;
		}

		private static Duration positive(Duration value, String name) {
			Assert.isTrue(value != null && !value.isNegative() && !value.isZero(),
					() -> "'" + name + "' is " + value + ": give a time of more than zero");
			return value;
		}

		/**
		 * Build the bus.
		 * @return a new instance
		 */
		public NotificationBus build() {
			PayloadCodec codec = (this.codec != null) ? this.codec : PayloadCodec.find();
			LargePayloads large = this.largePayloads;
			return new DefaultNotificationBus(this.connections, this.listenFactory,
					OperationObservations.create(this.observationRegistry), codec, this.bufferSize,
					new ListenSettings(this.keepAlive, this.answerTimeout, this.backoff, this.verify),
					(large != null) ? new PayloadStore(this.connections, large) : null);
		}

	}

}
