package io.trunkline.test.session;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * The statements that ran in a session, in their order.
 */
public final class StatementLog {

	private final List<Entry> entries = new ArrayList<>();

	StatementLog() {
	}

	/**
	 * Add a statement that is being sent: a test may go on with its first row.
	 * @return its place
	 */
	synchronized int begin(@Nullable String sql) {
		this.entries.add(entry(sql, 0, null));
		return this.entries.size() - 1;
	}

	synchronized void end(int place, @Nullable String sql, long nanos, @Nullable String errorCode) {
		this.entries.set(place, entry(sql, nanos, errorCode));
	}

	private static Entry entry(@Nullable String sql, long nanos, @Nullable String errorCode) {
		return new Entry((sql != null) ? sql : "(a prepared statement)", nanos, errorCode);
	}

	/**
	 * Return the statements that have been sent so far.
	 */
	public synchronized List<Entry> entries() {
		return List.copyOf(this.entries);
	}

	/**
	 * A statement, a batch or a COPY.
	 *
	 * @param sql its text
	 * @param nanos how long it took on the wire, in nanoseconds
	 * @param errorCode the SQLSTATE that it failed with, {@code null} where it succeeded
	 */
	public record Entry(String sql, long nanos, @Nullable String errorCode) {

		@Override
		public String toString() {
			return "%s  -- %.1f ms%s".formatted(this.sql, this.nanos / 1e6,
					(this.errorCode != null) ? ", failed with " + this.errorCode : "");
		}

	}

}
