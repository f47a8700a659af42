package io.trunkline.notification;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.notification.NotificationEvent.Message;
import io.trunkline.notification.NotificationEvent.PayloadLost;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Disposable;
import reactor.core.Disposables;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

import org.springframework.core.log.LogMessage;

/**
 * Stores payloads as large objects, reads them, and deletes them when they are too old.
 * The table that lists them is what tells them from objects of the application.
 */
final class PayloadStore {

	private static final Log logger = LogFactory.getLog(PayloadStore.class);

	private static final int CHUNK = 256 * 1024;

	private static final int SWEPT_AT_ONCE = 100;

	private static final Duration LONGEST_PAUSE = Duration.ofHours(1);

	private static final String UNDEFINED_TABLE = "42P01";

	private static final String UNDEFINED_OBJECT = "42704";

	/** Those who create the table at the same time get into each other's way. */
	private static final String LOCK = "SELECT pg_catalog.pg_advisory_xact_lock(7236278542352)";

	/** One statement, so that it is atomic by itself. */
	private static final String SEND = """
			WITH stored AS (
				INSERT INTO %s (id, channel, bytes, object)
				SELECT $1, $2, $3, pg_catalog.lo_from_bytea(0, $4) RETURNING object
			), sent AS (SELECT pg_catalog.pg_notify($2, $5) FROM stored)
			SELECT stored.object::bigint FROM stored CROSS JOIN sent
			""";

	private static final String READ = """
			SELECT pg_catalog.lo_get(p.object, s.n, %2$d)
			FROM %1$s p CROSS JOIN LATERAL pg_catalog.generate_series(0::bigint, p.bytes - 1, %2$d) AS s (n)
			WHERE p.id = $1 AND p.channel = $2 ORDER BY s.n
			""";

	/**
	 * Others may do the same at the same time, and only the owner of an object may delete
	 * it.
	 */
	private static final String SWEEP = """
			WITH old AS (
				SELECT p.id, p.object, m.oid IS NOT NULL AS present
				FROM %s p LEFT JOIN pg_catalog.pg_largeobject_metadata m ON m.oid = p.object
				WHERE p.created_at < pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $1)
					AND (m.oid IS NULL OR pg_catalog.pg_has_role(m.lomowner, 'USAGE'))
				ORDER BY p.created_at LIMIT %d FOR UPDATE OF p SKIP LOCKED
			), deleted AS (
				DELETE FROM %1$s p USING old WHERE p.id = old.id RETURNING old.object, old.present
			)
			SELECT pg_catalog.count(CASE WHEN d.present THEN pg_catalog.lo_unlink(d.object) ELSE 0 END) FROM deleted d
			""";

	private final PostgresConnections connections;

	private final LargePayloads settings;

	private final String send;

	private final String read;

	private final String sweep;

	/** Reads that are under way, for all who want the same. */
	private final Map<UUID, Mono<NotificationEvent>> reading = new ConcurrentHashMap<>();

	private final AtomicBoolean sweeping = new AtomicBoolean();

	private final Disposable.Swap sweeps = Disposables.swap();

	private final AtomicBoolean warned = new AtomicBoolean();

	PayloadStore(PostgresConnections connections, LargePayloads settings) {
		this.connections = connections;
		this.settings = settings;
		this.send = SEND.formatted(settings.table());
		this.read = READ.formatted(settings.table(), CHUNK);
		this.sweep = SWEEP.formatted(settings.table(), SWEPT_AT_ONCE);
	}

	int maxBytes() {
		return this.settings.maxBytes();
	}

	/**
	 * Store a payload and notify of it, both in the current transaction.
	 */
	Mono<Void> send(String channel, byte[] payload) {
		startSweeping();
		PayloadReference reference = PayloadReference.create(payload.length);
		Mono<Long> send = this.connections
			.query(this.send, (row) -> Objects.requireNonNull(row.get(0, Long.class)), reference.id(), channel,
					(long) payload.length, payload, reference.format(channel))
			.singleOrEmpty();
		if (!this.settings.createTable() && this.settings.readers().isEmpty()) {
			return send.then().onErrorMap(this::explained);
		}
		return this.connections.inTransaction((connection) -> sendToReaders(send)).then().onErrorMap(this::explained);
	}

	private Mono<Void> sendToReaders(Mono<Long> send) {
		Mono<Long> sent = send;
		if (this.settings.createTable()) {
			Mono<Long> created = this.connections.execute(LOCK)
				.then(this.connections.execute(this.settings.ddl()))
				.then(send);
			sent = this.connections.inTransaction((connection) -> send)
				.singleOrEmpty()
				.onErrorResume((ex) -> hasState(ex, UNDEFINED_TABLE), (ex) -> created);
		}
		return this.settings.readers().isEmpty() ? sent.then() : sent.flatMap((object) -> this.connections
			.execute("GRANT SELECT ON LARGE OBJECT " + object + " TO " + this.settings.grantees()));
	}

	private Throwable explained(Throwable ex) {
		return hasState(ex, UNDEFINED_TABLE) ? new NotificationPayloadException(
				"Large payloads need the table " + this.settings.table()
						+ ": create it by a migration, or have it created by 'create-table'.\n" + this.settings.ddl(),
				ex) : ex;
	}

	private static boolean hasState(Throwable ex, String state) {
		return state.equals(PostgresErrors.sqlState(ex).orElse(null));
	}

	/**
	 * Read what a message refers to. Those who want it while it is read share it.
	 * @return the message with its payload, or its loss; an error where the database
	 * cannot be reached
	 */
	Mono<NotificationEvent> resolve(Message message, PayloadReference reference) {
		return Mono.defer(() -> this.reading.computeIfAbsent(reference.id(), (id) -> read(message, reference)
			// A read that several share is part of nobody's transaction.
			.contextWrite((context) -> Context.empty())
			.share()));
	}

	private Mono<NotificationEvent> read(Message message, PayloadReference reference) {
		if (reference.bytes() > this.settings.maxBytes()) {
			return Mono
				.<NotificationEvent>fromSupplier(() -> lost(message,
						"it has " + reference.bytes() + " bytes, and up to " + this.settings.maxBytes()
								+ " are read here"))
				.doFinally((signal) -> this.reading.remove(reference.id()));
		}
		return this.connections
			.query(this.read, (row) -> Objects.requireNonNull(row.get(0, byte[].class)), reference.id(),
					message.channel())
			.collect(() -> new ByteArrayOutputStream(reference.bytes()), ByteArrayOutputStream::writeBytes)
			.map((content) -> (content.size() == reference.bytes())
					? new Message(message.channel(), content.toString(StandardCharsets.UTF_8), message.pid(),
							message.receivedAt())
					: lost(message, (content.size() > 0) ? "its large object was changed" : gone()))
			.cast(NotificationEvent.class)
			.onErrorResume((ex) -> !Unreachable.isCauseOf(ex), (ex) -> Mono.just(failed(message, ex)))
			.doFinally((signal) -> this.reading.remove(reference.id()));
	}

	private NotificationEvent failed(Message message, Throwable ex) {
		if (hasState(ex, UNDEFINED_OBJECT)) {
			return lost(message, gone());
		}
		if (this.warned.compareAndSet(false, true)) {
			logger.warn("Cannot read the payload of a notification on channel [" + message.channel()
					+ "]; further failures are logged at DEBUG: " + ex);
		}
		logger.debug("Cannot read the payload of a notification", ex);
		return lost(message, String.valueOf(ex.getMessage()));
	}

	private String gone() {
		return "it was deleted before it was read; payloads are kept for " + this.settings.maxAge().toMillis() + " ms";
	}

	private static PayloadLost lost(Message message, String reason) {
		return new PayloadLost(message.channel(), message.pid(), message.receivedAt(), reason);
	}

	@Nullable PayloadReference reference(Message message) {
		return PayloadReference.parse(message.channel(), message.payload());
	}

	/**
	 * Begin to delete what is too old, from time to time, if that was not begun yet.
	 */
	void startSweeping() {
		if (!this.sweeping.compareAndSet(false, true)) {
			return;
		}
		Duration quarter = this.settings.maxAge().dividedBy(4);
		this.sweeps
			.update(Flux.interval(Duration.ZERO, (quarter.compareTo(LONGEST_PAUSE) < 0) ? quarter : LONGEST_PAUSE)
				.onBackpressureDrop()
				.concatMap((tick) -> sweep(), 1)
				.subscribe());
	}

	private Mono<Long> sweep() {
		Mono<Long> batch = this.connections
			.query(this.sweep, (row) -> Objects.requireNonNull(row.get(0, Long.class)),
					this.settings.maxAge().toMillis() / 1e3)
			.singleOrEmpty();
		return batch.expand((deleted) -> (deleted < SWEPT_AT_ONCE) ? Mono.empty() : batch)
			.reduce(0L, Long::sum)
			.doOnNext((deleted) -> logger.debug(LogMessage.format("Deleted %d payloads that were too old", deleted)))
			.onErrorResume((ex) -> {
				if (!Unreachable.isCauseOf(ex) && !hasState(ex, UNDEFINED_TABLE)
						&& this.warned.compareAndSet(false, true)) {
					logger.warn("Cannot delete payloads that are too old; further failures are logged at DEBUG: " + ex);
				}
				logger.debug("Cannot delete payloads that are too old", ex);
				return Mono.empty();
			});
	}

	void close() {
		this.sweeping.set(true);
		this.sweeps.dispose();
	}

}
