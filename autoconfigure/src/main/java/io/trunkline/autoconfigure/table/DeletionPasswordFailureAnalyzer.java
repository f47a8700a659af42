package io.trunkline.autoconfigure.table;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to change when the deletion password cannot be compared.
 */
class DeletionPasswordFailureAnalyzer extends AbstractFailureAnalyzer<DeletionPasswordException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, DeletionPasswordException cause) {
		return new FailureAnalysis(cause.getMessage(), cause.getAction(), cause);
	}

}
