package io.trunkline.notification;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * Thrown where an object cannot be sent as a payload, or a payload is not what it is read
 * as. It never tells the payload.
 *
 * @since 0.1.0
 */
public class NotificationPayloadException extends InvalidDataAccessApiUsageException {

	private static final long serialVersionUID = 1L;

	NotificationPayloadException(String message, @Nullable Throwable cause) {
		super(message, cause);
	}

}
