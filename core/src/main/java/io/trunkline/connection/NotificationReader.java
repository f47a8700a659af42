package io.trunkline.connection;

/**
 * Takes the notifications of a connection as they are read, on the thread that reads it.
 * An implementation must not block.
 *
 * @since 0.1.0
 * @see PostgresConnections#readNotifications
 */
public interface NotificationReader {

	/**
	 * Take a notification.
	 * @param channel the channel's name; mostly the same object for the same name
	 * @param payload the payload, empty where the sender gave none
	 * @param pid the server process of the sender
	 */
	void read(String channel, String payload, int pid);

	/**
	 * All notifications that were read from the socket at once have been handed over.
	 */
	void readComplete();

}
