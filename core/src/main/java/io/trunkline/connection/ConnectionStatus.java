package io.trunkline.connection;

import java.time.ZoneId;
import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * What a connection is and does.
 *
 * @param state what it can be used for
 * @param backendPid the process of the server that serves it; {@code null} where no
 * connection could be opened
 * @param serverVersion the server's version, such as {@code 18.1}; {@code null} where no
 * connection could be opened
 * @param timeZone the session's time zone, {@code null} where Java does not know it
 * @param parameters the parameters that the server reports to its clients, such as
 * {@code application_name} and {@code in_hot_standby}, by name; empty where the server
 * cannot be asked, as in a failed transaction
 * @since 0.1.0
 */
public record ConnectionStatus(State state, @Nullable Integer backendPid, @Nullable String serverVersion,
		@Nullable ZoneId timeZone, Map<String, String> parameters) {

	public ConnectionStatus {
		parameters = Map.copyOf(parameters);
	}

	/**
	 * What a connection can be used for.
	 */
	public enum State {

		/** It answers, and is in no transaction. */
		READY,

		/** It answers, and is in a transaction. */
		IN_TRANSACTION,

		/** It answers, and is in a transaction that can only be rolled back. */
		FAILED_TRANSACTION,

		/** It does not answer, or there is none to be had. */
		DEAD

	}

}
