package io.trunkline.autoconfigure.connection;

import io.trunkline.connection.UnsupportedConnectionFactoryException;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to do where the application's database is not PostgreSQL.
 */
class UnsupportedConnectionFactoryFailureAnalyzer
		extends AbstractFailureAnalyzer<UnsupportedConnectionFactoryException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, UnsupportedConnectionFactoryException cause) {
		return new FailureAnalysis(
				"Trunkline works on PostgreSQL only, and the application's connection factory is for "
						+ cause.getProduct() + ".",
				"Set 'spring.r2dbc.url' to a URL that begins with 'r2dbc:postgresql:', mark the connection factory of"
						+ " PostgreSQL as @Primary where there are several, or set 'trunkline.enabled' to false.",
				cause);
	}

}
