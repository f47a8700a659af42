package io.trunkline.connection;

import org.jspecify.annotations.Nullable;

import org.springframework.transaction.annotation.Isolation;
import org.springframework.util.Assert;

/**
 * How a transaction begins. Immutable.
 *
 * @param name what Spring calls the transaction, or {@code null}
 * @param isolation the isolation level
 * @param readOnly whether the server refuses to write
 * @param deferrable whether a serializable read-only transaction waits for a moment from
 * which on it cannot fail; has no effect on others
 * @since 0.1.0
 */
public record TransactionMode(@Nullable String name, Isolation isolation, boolean readOnly, boolean deferrable) {

	/**
	 * As the server's and the session's settings have it.
	 */
	public static final TransactionMode DEFAULT = new TransactionMode(null, Isolation.DEFAULT, false, false);

	public TransactionMode {
		Assert.notNull(isolation, "'isolation' must not be null");
	}

}
