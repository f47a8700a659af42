package io.trunkline.notification;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;

/**
 * Logs failures without the payload.
 */
final class LoggingErrorHandler implements PostgresListenerErrorHandler {

	private static final Log logger = LogFactory.getLog(PostgresListener.class);

	@Override
	public Publisher<Void> handle(String listener, NotificationEvent event, Throwable ex) {
		return Mono.fromRunnable(() -> logger
			.error("Listener " + listener + " failed for " + ((event instanceof NotificationEvent.Message message)
					? "a message of channel " + message.channel() : event), ex));
	}

}
