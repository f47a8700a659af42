package io.trunkline.autoconfigure.notification;

import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.NotificationStatus;
import io.trunkline.notification.NotificationStatus.State;

/**
 * Meters of a bus, {@code trunkline.notification.*}.
 *
 * @since 0.1.0
 */
public class NotificationMeters implements MeterBinder {

	private static final String PREFIX = "trunkline.notification.";

	private final NotificationBus bus;

	/**
	 * Create the meters of a bus.
	 * @param bus the bus
	 */
	public NotificationMeters(NotificationBus bus) {
		this.bus = bus;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		count(registry, "received", "Messages received", NotificationStatus::received);
		count(registry, "dropped", "Messages that full buffers have dropped", NotificationStatus::dropped);
		count(registry, "reconnects", "Lost connections that were opened again", NotificationStatus::reconnects);
		gauge(registry, "connected", "Whether LISTEN is in force",
				(status) -> (status.state() == State.LISTENING) ? 1 : 0);
		gauge(registry, "channels", "Channels listened to", NotificationStatus::channels);
		gauge(registry, "subscribers", "Subscriptions to channels", NotificationStatus::subscribers);
		gauge(registry, "buffered", "Messages that wait to be asked for", NotificationStatus::buffered);
		gauge(registry, "queue.usage", "How full the server's queue is, from 0 to 1", (status) -> {
			Double usage = status.queueUsage();
			return (usage != null) ? usage : Double.NaN;
		});
		TimeGauge.builder(PREFIX + "lag", this.bus, TimeUnit.NANOSECONDS, (bus) -> bus.status().lag().toNanos())
			.description("How long the oldest message has waited to be asked for")
			.register(registry);
	}

	private void count(MeterRegistry registry, String name, String description,
			ToDoubleFunction<NotificationStatus> value) {
		FunctionCounter.builder(PREFIX + name, this.bus, (bus) -> value.applyAsDouble(bus.status()))
			.description(description)
			.register(registry);
	}

	private void gauge(MeterRegistry registry, String name, String description,
			ToDoubleFunction<NotificationStatus> value) {
		Gauge.builder(PREFIX + name, this.bus, (bus) -> value.applyAsDouble(bus.status()))
			.description(description)
			.register(registry);
	}

}
