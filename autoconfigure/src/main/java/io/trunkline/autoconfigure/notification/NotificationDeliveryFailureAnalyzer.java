package io.trunkline.autoconfigure.notification;

import io.trunkline.notification.NotificationDeliveryException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to do where LISTEN has no effect.
 */
class NotificationDeliveryFailureAnalyzer extends AbstractFailureAnalyzer<NotificationDeliveryException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, NotificationDeliveryException cause) {
		return new FailureAnalysis(
				"PostgreSQL accepts LISTEN, but no notification arrives: there seems to be a pooler in transaction"
						+ " mode, such as PgBouncer, between the application and the server.",
				"Set 'trunkline.notification.url' to a URL of the same database that goes past the pooler, or through a"
						+ " pool of it in session mode. Everything else may go on through 'spring.r2dbc.url'. Set"
						+ " 'trunkline.notification.listener.enabled' to false to start without listeners.",
				cause);
	}

}
