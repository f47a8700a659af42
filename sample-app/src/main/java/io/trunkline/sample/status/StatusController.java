package io.trunkline.sample.status;

import java.time.Duration;
import java.util.Locale;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.PoolMetrics;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.client.PostgresClient;
import io.trunkline.connection.ConnectionStatus;
import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.NotificationStatus;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Tells what the application is connected to, how busy its pool is, and whether it
 * listens to notifications.
 */
@RestController
class StatusController {

	/** Who has to wait longer for a connection is told that all of them are in use. */
	private static final Duration PATIENCE = Duration.ofSeconds(2);

	private final PostgresClient client;

	private final R2dbcConnectionDetails connectionDetails;

	private final ObjectProvider<ConnectionPool> pool;

	private final NotificationBus bus;

	StatusController(PostgresClient client, R2dbcConnectionDetails connectionDetails,
			ObjectProvider<ConnectionPool> pool, NotificationBus bus) {
		this.client = client;
		this.connectionDetails = connectionDetails;
		this.pool = pool;
		this.bus = bus;
	}

	@GetMapping("/api/status")
	Mono<Status> status() {
		return this.client.status()
			.map((status) -> status(lower(status.state()), status))
			.timeout(PATIENCE, Mono.fromSupplier(() -> status("busy", null)));
	}

	private Status status(String state, @Nullable ConnectionStatus connection) {
		Object database = this.connectionDetails.getConnectionFactoryOptions()
			.getValue(ConnectionFactoryOptions.DATABASE);
		ConnectionPool connections = this.pool.getIfAvailable();
		return new Status(state, (connection != null) ? connection.serverVersion() : null,
				(database != null) ? database.toString() : null,
				(connections != null) ? connections.getMetrics().map(Pool::of).orElse(null) : null,
				Notifications.of(this.bus.status()));
	}

	private static String lower(Enum<?> constant) {
		return constant.name().toLowerCase(Locale.ROOT);
	}

	/**
	 * What the application is connected to.
	 *
	 * @param state {@code ready}, {@code busy} where no connection is free, or
	 * {@code dead} where none can be had
	 * @param serverVersion the server's version, {@code null} where it is not known
	 * @param database the database
	 * @param pool the pool, {@code null} for none
	 * @param notifications the connection that listens
	 */
	record Status(String state, @Nullable String serverVersion, @Nullable String database, @Nullable Pool pool,
			Notifications notifications) {
	}

	/**
	 * How busy the pool is.
	 *
	 * @param inUse connections at work
	 * @param idle connections without work
	 * @param waiting who waits for one
	 * @param max the largest number of connections
	 */
	record Pool(int inUse, int idle, int waiting, int max) {

		static Pool of(PoolMetrics metrics) {
			return new Pool(metrics.acquiredSize(), metrics.idleSize(), metrics.pendingAcquireSize(),
					metrics.getMaxAllocatedSize());
		}

	}

	/**
	 * What the connection that listens to notifications does, and has done so far.
	 *
	 * @param state {@code idle}, {@code connecting}, {@code listening}, {@code lost} or
	 * {@code closed}
	 * @param channels how many channels are listened to
	 * @param subscribers how many streams there are
	 * @param received how many messages have come
	 * @param dropped how many of them slow streams have missed
	 * @param reconnects how often the connection was lost and had again
	 */
	record Notifications(String state, int channels, int subscribers, long received, long dropped, long reconnects) {

		static Notifications of(NotificationStatus status) {
			return new Notifications(lower(status.state()), status.channels(), status.subscribers(), status.received(),
					status.dropped(), status.reconnects());
		}

	}

}
