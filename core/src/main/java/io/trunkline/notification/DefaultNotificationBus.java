package io.trunkline.notification;

import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;

import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.SqlIdentifiers;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;
import org.springframework.util.ClassUtils;

/**
 * Default implementation of {@link NotificationBus}.
 */
final class DefaultNotificationBus implements NotificationBus {

	private static final String NOTIFY = "SELECT pg_catalog.pg_notify($1, $2)";

	private final PostgresConnections connections;

	private final OperationObservations observations;

	private final @Nullable PayloadCodec codec;

	private final int bufferSize;

	private final Delivery delivery = new Delivery();

	private final @Nullable PayloadStore payloads;

	private final ListenLoop loop;

	DefaultNotificationBus(PostgresConnections connections, ConnectionFactory listenFactory,
			OperationObservations observations, @Nullable PayloadCodec codec, int bufferSize, ListenSettings settings,
			@Nullable PayloadStore payloads) {
		this.connections = connections;
		this.observations = observations;
		this.codec = codec;
		this.bufferSize = bufferSize;
		this.payloads = payloads;
		this.loop = new ListenLoop(listenFactory, settings, this.delivery, payloads);
	}

	@Override
	public NotificationFlux listen(String... channels) {
		Assert.notEmpty(channels, "'channels' must not be empty: name at least one channel");
		Set<String> names = new LinkedHashSet<>(Arrays.asList(channels));
		names.forEach((name) -> SqlIdentifiers.quote(name, "channel"));
		return new DefaultNotificationFlux(this.loop,
				new ListenRequest(Collections.unmodifiableSet(names), this.bufferSize, null));
	}

	@Override
	public NotificationFlux listen(String channel, int bufferSize) {
		return listen(channel).withBufferSize(bufferSize);
	}

	@Override
	public Mono<Void> notify(String channel, String payload) {
		return Mono.defer(() -> {
			SqlIdentifiers.quote(channel, "channel");
			byte[] bytes = encode(payload);
			PayloadStore store = this.payloads;
			if (store == null) {
				check(bytes.length, MAX_PAYLOAD_BYTES, "PostgreSQL takes up to %d: store the content and send its key,"
						+ " or allow large payloads ('trunkline.notification.large-payloads.enabled')");
				return observed(this.connections.execute(NOTIFY, channel, payload));
			}
			check(bytes.length, store.maxBytes(), "up to %d are sent as a large payload");
			// What would be taken for a reference is a payload of its own.
			boolean large = bytes.length > MAX_PAYLOAD_BYTES || PayloadReference.parse(channel, payload) != null;
			return observed(large ? store.send(channel, bytes) : this.connections.execute(NOTIFY, channel, payload));
		});
	}

	@Override
	public Mono<Void> notify(String channel, Object payload) {
		Assert.notNull(payload, "'payload' must not be null: leave it out for a notification without one");
		return Mono.defer(
				() -> notify(channel, (payload instanceof CharSequence) ? payload.toString() : codec().write(payload)));
	}

	private Mono<Void> observed(Mono<Void> sent) {
		return this.observations.observe("trunkline.notification.notify", (context) -> Flux.from(sent)).then();
	}

	private static byte[] encode(String payload) {
		Assert.notNull(payload, "'payload' must not be null: leave it out for a notification without one");
		if (payload.indexOf('\0') >= 0) {
			throw new NotificationPayloadException(
					"'payload' contains a NUL character, which PostgreSQL's text cannot hold: remove or encode it",
					null);
		}
		if (!StandardCharsets.UTF_8.newEncoder().canEncode(payload)) {
			throw new NotificationPayloadException(
					"'payload' is not valid Unicode (an unpaired surrogate): correct or encode it", null);
		}
		return payload.getBytes(StandardCharsets.UTF_8);
	}

	private static void check(int bytes, int limit, String hint) {
		if (bytes > limit) {
			throw new NotificationPayloadException(
					("'payload' has " + bytes + " bytes in UTF-8, and " + hint).formatted(limit), null);
		}
	}

	@Override
	public <T> T read(NotificationEvent.Message message, Class<T> type) {
		Assert.notNull(type, "'type' must not be null");
		@SuppressWarnings("unchecked")
		Class<T> wrapper = (Class<T>) ClassUtils.resolvePrimitiveIfNecessary(type);
		return wrapper.cast(read(message, (Type) wrapper));
	}

	@Override
	public Object read(NotificationEvent.Message message, Type type) {
		Assert.notNull(message, "'message' must not be null");
		Assert.notNull(type, "'type' must not be null");
		return (type == String.class) ? message.payload() : codec().read(message.payload(), type);
	}

	private PayloadCodec codec() {
		PayloadCodec codec = this.codec;
		if (codec == null) {
			throw new NotificationPayloadException("Objects are sent as JSON by Jackson: put"
					+ " tools.jackson.core:jackson-databind on the class path, or send strings", null);
		}
		return codec;
	}

	@Override
	public Mono<Void> reconnect() {
		return this.loop.reconnect();
	}

	@Override
	public NotificationStatus status() {
		return this.loop.status();
	}

	@Override
	public void close() {
		if (this.payloads != null) {
			this.payloads.close();
		}
		this.loop.close(this.delivery::shutdown);
	}

}
