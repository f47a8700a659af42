package io.trunkline.autoconfigure.notification;

import io.trunkline.notification.NotificationBus;
import io.trunkline.notification.NotificationStatus;
import io.trunkline.notification.NotificationStatus.State;

import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;

/**
 * Tells whether notifications arrive, and since when they do or do not. It asks the bus
 * and not the server, so it never waits.
 */
class NotificationHealthIndicator extends AbstractHealthIndicator {

	private final NotificationBus bus;

	NotificationHealthIndicator(NotificationBus bus) {
		this.bus = bus;
	}

	@Override
	protected void doHealthCheck(Health.Builder builder) {
		NotificationStatus status = this.bus.status();
		Throwable error = status.lastError();
		if (error != null) {
			builder.down(error);
		}
		else if (status.state() == State.LOST || status.state() == State.CLOSED) {
			builder.down();
		}
		else {
			builder.up();
		}
		builder.withDetail("state", status.state())
			.withDetail("since", status.since())
			.withDetail("channels", status.channels())
			.withDetail("reconnects", status.reconnects())
			.withDetail("dropped", status.dropped());
	}

}
