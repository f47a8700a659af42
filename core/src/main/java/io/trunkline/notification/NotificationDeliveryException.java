package io.trunkline.notification;

import org.springframework.dao.NonTransientDataAccessResourceException;

/**
 * Thrown to listeners where the server accepts LISTEN and no notification arrives, as
 * behind a connection pooler that gives each transaction another session.
 *
 * @since 0.1.0
 */
public class NotificationDeliveryException extends NonTransientDataAccessResourceException {

	private static final long serialVersionUID = 1L;

	NotificationDeliveryException() {
		super("LISTEN was accepted, but a notification sent by another connection did not arrive: there seems to be a"
				+ " pooler in transaction mode, such as PgBouncer, between the application and PostgreSQL; listen over"
				+ " a direct connection, or one through a pool in session mode");
	}

}
