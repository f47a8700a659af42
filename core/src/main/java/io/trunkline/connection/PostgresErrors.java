package io.trunkline.connection;

import java.io.IOException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import javax.net.ssl.SSLException;

import io.r2dbc.postgresql.api.PostgresqlException;
import io.r2dbc.spi.R2dbcException;
import io.r2dbc.spi.R2dbcNonTransientResourceException;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.netty.channel.AbortedException;

import org.springframework.transaction.TransactionSystemException;

/**
 * Find PostgreSQL's own error inside any exception, and judge it by its SQLSTATE.
 * <p>
 * The judgement does not depend on how the error was wrapped: by the driver, by a
 * connection pool, by Spring's exception translation or transaction management, or by
 * Reactor.
 *
 * @since 0.1.0
 */
public final class PostgresErrors {

	/**
	 * What the driver reports for an error that has no SQLSTATE, above all for a COMMIT
	 * that the server answered with ROLLBACK since an earlier statement had failed.
	 */
	static final String NO_SQL_STATE = "99999";

	/**
	 * States of errors that only follow from an earlier one.
	 */
	private static final Set<String> FOLLOWERS = Set.of("25P02", NO_SQL_STATE, "08003", "08006");

	/**
	 * Statement completion unknown, idle-in-transaction and transaction timeout, and what
	 * an administrator, a crash, a start-up, a dropped database or the idle-session
	 * timeout do to a session.
	 */
	private static final Set<String> UNRECOVERABLE = Set.of("40003", "25P03", "25P04", "57P01", "57P02", "57P03",
			"57P04", "57P05");

	/**
	 * Serialization failure, deadlock, lock not available.
	 */
	private static final Set<String> RETRYABLE = Set.of("40001", "40P01", "55P03");

	private PostgresErrors() {
	}

	/**
	 * Find the server's error in an exception, its causes and what Spring's transactions
	 * and Reactor attach to it.
	 * <p>
	 * Where there are several, the one that came first wins over those that followed from
	 * it: an error wins over the 25P02 of a later statement in the same transaction, over
	 * the closed connection that it left behind (08003, 08006), and over the failure of
	 * the clean-up or rollback that it caused. An R2DBC exception without the server's
	 * details still gives its SQLSTATE and message; one without SQLSTATE is not a
	 * server's error and gives nothing.
	 * @param ex the exception
	 * @return the error, or empty when the exception does not come from the server
	 */
	public static Optional<PostgresError> find(Throwable ex) {
		PostgresError follower = null;
		for (Throwable candidate : unfold(ex)) {
			PostgresError error = toError(candidate);
			if (error == null) {
				continue;
			}
			if (!FOLLOWERS.contains(error.sqlState())) {
				return Optional.of(error);
			}
			follower = (follower != null) ? follower : error;
		}
		return Optional.ofNullable(follower);
	}

	/**
	 * Return the SQLSTATE of the error that {@link #find(Throwable)} gives.
	 * @param ex the exception
	 * @return the five characters, or empty when the exception does not come from the
	 * server
	 */
	public static Optional<String> sqlState(Throwable ex) {
		return find(ex).map(PostgresError::sqlState);
	}

	/**
	 * Return the name of the constraint or unique index that an exception is about.
	 * @param ex the exception
	 * @return the name, or empty when the error is about no constraint
	 */
	public static Optional<String> constraint(Throwable ex) {
		return find(ex).map(PostgresError::constraint);
	}

	/**
	 * Return whether the connection may still be used, after a rollback where a
	 * transaction was open.
	 * <p>
	 * It may not after a connection exception (class 08, which includes protocol
	 * violations), an end of the session by the server (57P01 to 57P05, 25P03, 25P04,
	 * severity FATAL or PANIC), an unknown completion (40003), or a failure of the
	 * network itself. One such error anywhere in the exception is enough. An exception
	 * that has nothing to do with the connection leaves it usable.
	 * @param ex the exception
	 * @return {@code false} when the connection must be closed
	 */
	public static boolean isRecoverable(Throwable ex) {
		for (Throwable candidate : unfold(ex)) {
			PostgresError error = toError(candidate);
			if ((error != null) ? endsConnection(error) : isNetworkFailure(candidate)) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Return whether the whole transaction may be run again from its start, with a chance
	 * to succeed without any change.
	 * <p>
	 * That is so for a serialization failure (40001), a deadlock (40P01) and a lock that
	 * was not to be had within {@code lock_timeout} or under {@code NOWAIT} (55P03): the
	 * server has undone the transaction, or will with its rollback, and what stood in the
	 * way passes. Leave some time before the next attempt, above all after 55P03. It is
	 * not so where the outcome is unknown (40003, a connection lost during commit) or
	 * where somebody wanted the statement to end (57014).
	 * @param ex the exception
	 * @return {@code true} when the transaction may be retried
	 */
	public static boolean isRetryable(Throwable ex) {
		return find(ex).map(PostgresErrors::isRetryable).orElse(false);
	}

	static boolean isRetryable(PostgresError error) {
		return RETRYABLE.contains(error.sqlState());
	}

	static boolean endsConnection(PostgresError error) {
		return error.isFatal() || error.isOfClass("08") || UNRECOVERABLE.contains(error.sqlState());
	}

	static boolean hasNetworkFailure(Throwable ex) {
		return unfold(ex).stream().anyMatch(PostgresErrors::isNetworkFailure);
	}

	/**
	 * Other I/O exceptions come from files and streams of the application's own. A pool
	 * gives no SQLSTATE to a connection that does not pass its validation.
	 */
	private static boolean isNetworkFailure(Throwable ex) {
		return ex instanceof SocketException || ex instanceof SocketTimeoutException
				|| ex instanceof UnknownHostException || ex instanceof ClosedChannelException
				|| ex instanceof SSLException || ex instanceof AbortedException
				|| ex.getClass() == R2dbcNonTransientResourceException.class
				|| (ex instanceof IOException && AbortedException.isConnectionReset(ex));
	}

	private static @Nullable PostgresError toError(Throwable ex) {
		if (ex instanceof PostgresqlException postgresql && postgresql.getErrorDetails() != null) {
			return PostgresError.of(postgresql.getErrorDetails());
		}
		if (ex instanceof R2dbcException r2dbc && r2dbc.getSqlState() != null) {
			return PostgresError.of(r2dbc.getSqlState(), r2dbc.getMessage());
		}
		return null;
	}

	/**
	 * List an exception and all that it carries, what happened first before what
	 * followed.
	 */
	private static Collection<Throwable> unfold(Throwable ex) {
		List<Throwable> unfolded = new ArrayList<>();
		unfold(ex, unfolded, Collections.newSetFromMap(new IdentityHashMap<>()));
		return unfolded;
	}

	private static void unfold(@Nullable Throwable ex, List<Throwable> unfolded, Set<Throwable> seen) {
		if (ex == null || !seen.add(ex)) {
			return;
		}
		if (ex instanceof TransactionSystemException transaction) {
			unfold(transaction.getApplicationException(), unfolded, seen);
		}
		if (isCleanupFailure(ex)) {
			unfoldSuppressed(ex, unfolded, seen);
		}
		unfolded.add(ex);
		unfold(ex.getCause(), unfolded, seen);
		unfoldSuppressed(ex, unfolded, seen);
	}

	private static void unfoldSuppressed(Throwable ex, List<Throwable> unfolded, Set<Throwable> seen) {
		for (Throwable suppressed : ex.getSuppressed()) {
			unfold(suppressed, unfolded, seen);
		}
	}

	/**
	 * Reactor's {@code usingWhen} reports a clean-up that failed after an error as a bare
	 * runtime exception, and only suppresses the error that came first.
	 */
	private static boolean isCleanupFailure(Throwable ex) {
		return ex.getClass() == RuntimeException.class && ex.getCause() != null && !Exceptions.isMultiple(ex);
	}

}
