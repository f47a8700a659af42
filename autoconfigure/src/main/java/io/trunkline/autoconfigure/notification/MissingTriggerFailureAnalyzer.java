package io.trunkline.autoconfigure.notification;

import io.trunkline.notification.MissingTriggerException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Shows the DDL of triggers that a listener on a table lacks.
 */
class MissingTriggerFailureAnalyzer extends AbstractFailureAnalyzer<MissingTriggerException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, MissingTriggerException cause) {
		return new FailureAnalysis(cause.getMessage() + ".",
				"Set 'trunkline.notification.listener.install-triggers' to true to have them created at the start, or"
						+ " run this in a migration, as owner of the table:\n\n" + cause.getDdl(),
				cause);
	}

}
