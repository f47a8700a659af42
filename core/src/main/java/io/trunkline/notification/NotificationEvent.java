package io.trunkline.notification;

import java.time.Duration;
import java.time.Instant;

/**
 * What a listener is told: messages, and where some are missing.
 *
 * @since 0.1.0
 */
public sealed interface NotificationEvent {

	/**
	 * A notification.
	 *
	 * @param channel the channel's name
	 * @param payload the payload, empty where the sender gave none
	 * @param pid the server process of the sender
	 * @param receivedAt when it was read from the connection
	 */
	record Message(String channel, String payload, int pid, Instant receivedAt) implements NotificationEvent {

	}

	/**
	 * Messages that were dropped here since the listener was slower than they came, and
	 * its buffer was full.
	 *
	 * @param dropped how many, exactly, since the event before
	 */
	record Overflow(long dropped) implements NotificationEvent {

	}

	/**
	 * The connection was lost and LISTEN is in force again. What was sent meanwhile is
	 * missing here; how much that is nobody knows.
	 *
	 * @param downtime the time from the last sign of life of the old connection until
	 * LISTEN was in force on the new one
	 */
	record Reconnected(Duration downtime) implements NotificationEvent {

	}

	/**
	 * A message whose large payload could not be read, such as one that was deleted
	 * before. It takes the place of that message.
	 *
	 * @param channel the channel's name
	 * @param pid the server process of the sender
	 * @param receivedAt when the notification was read from the connection
	 * @param reason why there is no payload
	 * @see LargePayloads
	 */
	record PayloadLost(String channel, int pid, Instant receivedAt, String reason) implements NotificationEvent {

	}

}
