package io.trunkline.autoconfigure.schema;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to change when the tables cannot be read at start-up.
 */
class SchemaLoadFailureAnalyzer extends AbstractFailureAnalyzer<SchemaLoadException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, SchemaLoadException cause) {
		return new FailureAnalysis(cause.getMessage(),
				"Check that the database of 'spring.r2dbc.url' runs and takes the user and password, and that"
						+ " 'trunkline.schema.load-timeout' is long enough. To start without the tables, set"
						+ " 'trunkline.schema.fail-fast' to false, or 'trunkline.schema.load-on-startup' to false to"
						+ " read each table when it is first needed.",
				cause);
	}

}
