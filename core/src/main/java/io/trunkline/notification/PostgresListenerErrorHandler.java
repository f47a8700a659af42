package io.trunkline.notification;

import org.reactivestreams.Publisher;

/**
 * Takes what a {@link PostgresListener} method could not cope with, after the last
 * attempt. The listener goes on with the next event.
 *
 * @since 0.1.0
 */
@FunctionalInterface
public interface PostgresListenerErrorHandler {

	/**
	 * Handle a failure.
	 * @param listener the method, as its class and name
	 * @param event the event that it was called for
	 * @param ex why it failed the last time
	 * @return what is waited for before the listener goes on
	 */
	Publisher<Void> handle(String listener, NotificationEvent event, Throwable ex);

}
