package io.trunkline.notification;

import java.time.Duration;
import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link NotificationBus} does, and has done since it was made.
 *
 * @param state what the connection is at
 * @param since since when it is at that
 * @param channels how many channels are listened to
 * @param subscribers how many subscriptions there are
 * @param received how many messages have come, each counted once
 * @param dropped how many messages full buffers have dropped, summed up over the
 * subscriptions
 * @param reconnects how often LISTEN was in force again after a lost connection
 * @param buffered how many messages wait to be asked for, in all buffers
 * @param lag how long the oldest of them has waited
 * @param queueUsage how full the server's queue of notifications was when the connection
 * was last looked at, from 0 to 1; {@code null} where it was not yet
 * @param lastError why there is no connection; {@code null} where there is one
 * @since 0.1.0
 */
public record NotificationStatus(State state, Instant since, int channels, int subscribers, long received, long dropped,
		long reconnects, long buffered, Duration lag, @Nullable Double queueUsage, @Nullable Throwable lastError) {

	/**
	 * What the connection is at.
	 */
	public enum State {

		/** Nobody has listened so far, or nobody listens since it was lost. */
		IDLE,

		/** It is opened for the first listener. */
		CONNECTING,

		/** LISTEN is in force for what was asked so far. */
		LISTENING,

		/** It was lost, and is being opened again. */
		LOST,

		/** The bus was closed. */
		CLOSED

	}

}
