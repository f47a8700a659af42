package io.trunkline.autoconfigure.embedded;

import io.trunkline.embedded.EmbeddedPostgresException;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/**
 * Says what to change when the embedded server does not start.
 */
class EmbeddedPostgresFailureAnalyzer extends AbstractFailureAnalyzer<EmbeddedPostgresException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, EmbeddedPostgresException cause) {
		String hint = hint(cause);
		String action = cause.getAction() + ((hint != null) ? "\n\n" + hint : "");
		return new FailureAnalysis(cause.getMessage(), action, cause);
	}

	private static @Nullable String hint(EmbeddedPostgresException cause) {
		return switch (cause.getReason()) {
			case VERSION_MISMATCH -> "The version asked for is the property 'trunkline.embedded.version'.";
			case DATA_DIRECTORY_VERSION, DATA_DIRECTORY_IN_USE ->
				"The data directory is the property 'trunkline.embedded.data-directory'.";
			case PORT_IN_USE -> "The port is the property 'trunkline.embedded.port'.";
			case CREDENTIALS ->
				"They are the properties 'trunkline.embedded.username' and 'trunkline.embedded.password'.";
			case START_FAILED -> "Settings of the server are the properties 'trunkline.embedded.settings'.";
			case BINARIES, ROOT -> null;
		};
	}

}
