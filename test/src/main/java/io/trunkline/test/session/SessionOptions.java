package io.trunkline.test.session;

import java.time.Duration;

import io.r2dbc.spi.IsolationLevel;
import org.jspecify.annotations.Nullable;

/**
 * How a session behaves.
 *
 * @param waitTimeout how long a statement or a transaction waits while the connection
 * stays with the same one of the others
 * @param endTimeout how long the end of the test waits for what still runs
 * @param isolationLevel the isolation of the test's transaction, {@code null} for the
 * server's default
 */
public record SessionOptions(Duration waitTimeout, Duration endTimeout, @Nullable IsolationLevel isolationLevel) {

	/**
	 * What holds where nothing else is asked for: 10 seconds, and 2 at the end.
	 */
	public static final SessionOptions DEFAULT = new SessionOptions(Duration.ofSeconds(10), Duration.ofSeconds(2),
			null);

}
