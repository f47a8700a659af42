package io.trunkline.benchmarks;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/**
 * A thread that waits for notifications and calls whoever listens to their channels.
 */
final class PgjdbcListener implements AutoCloseable {

	private final Connection connection;

	private final Map<String, List<Runnable>> listeners = new HashMap<>();

	private volatile boolean closed;

	PgjdbcListener(Connection connection, int channels, int perChannel, Runnable listener) {
		this.connection = connection;
		try (Statement statement = connection.createStatement()) {
			for (int i = 0; i < channels; i++) {
				statement.execute("LISTEN \"channel " + i + "\"");
				for (int k = 0; k < perChannel; k++) {
					this.listeners.computeIfAbsent("channel " + i, (name) -> new ArrayList<>()).add(listener);
				}
			}
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
		Thread thread = new Thread(this::receive, "pgjdbc listener");
		thread.setDaemon(true);
		thread.start();
	}

	private void receive() {
		try {
			PGConnection notifications = this.connection.unwrap(PGConnection.class);
			while (!this.closed) {
				for (PGNotification notification : notifications.getNotifications(0)) {
					this.listeners.getOrDefault(notification.getName(), List.of()).forEach(Runnable::run);
				}
			}
		}
		catch (SQLException ex) {
			if (!this.closed) {
				throw new IllegalStateException(ex);
			}
		}
	}

	@Override
	public void close() throws SQLException {
		this.closed = true;
		this.connection.abort(Runnable::run);
	}

}
