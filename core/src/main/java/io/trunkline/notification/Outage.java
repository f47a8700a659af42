package io.trunkline.notification;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

import io.trunkline.connection.PostgresErrors;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.core.log.LogMessage;

/**
 * The time without a connection: says once what is wrong, and again only when something
 * else is, and for how long to wait before the next attempt.
 */
final class Outage {

	private static final Log logger = LogFactory.getLog(ListenLoop.class);

	private static final String HINT = "; trying again until there is a connection";

	private final Backoff backoff;

	private final Set<String> told = new HashSet<>();

	private int failures;

	Outage(Backoff backoff) {
		this.backoff = backoff;
	}

	/**
	 * Note that there is no connection.
	 * @return how long to wait
	 */
	Duration failed(Throwable ex) {
		Duration pause = this.backoff.pause(++this.failures);
		String state = PostgresErrors.sqlState(ex).orElse("");
		if (this.told.add(state.isEmpty() ? ex.getClass().getName() : state)) {
			logger.warn("Not listening for notifications: " + describe(state, ex) + HINT);
		}
		logger.debug(LogMessage.format("Attempt %d to listen in %s", this.failures, pause), ex);
		return pause;
	}

	private static String describe(String state, Throwable ex) {
		String message = ex.getMessage();
		String what = (message != null && !message.isEmpty()) ? message : ex.getClass().getName();
		if (state.startsWith("28")) {
			return "the server refuses the user, check its name, password and rights: " + what;
		}
		return switch (state) {
			case "3D000" -> "the database is not there, check its name: " + what;
			case "53300" -> "the server has no connection left, raise max_connections or use fewer: " + what;
			default -> what;
		};
	}

	/**
	 * Note that there is a connection again.
	 */
	void ended() {
		this.failures = 0;
		this.told.clear();
	}

}
