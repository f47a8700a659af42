package io.trunkline.autoconfigure.embedded;

import org.jspecify.annotations.Nullable;

import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.Ordered;
import org.springframework.core.env.Environment;
import org.springframework.util.ClassUtils;

/**
 * Says how to get a connection where nothing gives one. Spring Boot's own analysis of the
 * same failure proposes H2, which is no help here.
 */
class MissingConnectionFailureAnalyzer implements FailureAnalyzer, Ordered {

	/** Not visible outside its package. */
	private static final String EXCEPTION = "org.springframework.boot.r2dbc.autoconfigure."
			+ "ConnectionFactoryOptionsInitializer$ConnectionFactoryBeanCreationException";

	private static final String SERVER = "io.trunkline.embedded.EmbeddedPostgresServer";

	private final Environment environment;

	MissingConnectionFailureAnalyzer(Environment environment) {
		this.environment = environment;
	}

	@Override
	public @Nullable FailureAnalysis analyze(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause.getClass().getName().equals(EXCEPTION)) {
				return new FailureAnalysis("No PostgreSQL server to connect to: 'spring.r2dbc.url' is not set, "
						+ "no container or other bean gives the details of a connection, and "
						+ (ClassUtils.isPresent(SERVER, null) ? "the embedded server is switched off."
								: "the embedded server is not on the class path."),
						action(), cause);
			}
		}
		return null;
	}

	private String action() {
		StringBuilder action = new StringBuilder("Do one of the following:\n\n");
		action.append("- Set 'spring.r2dbc.url', such as r2dbc:postgresql://localhost:5432/mydb, ");
		action.append("with 'spring.r2dbc.username' and 'spring.r2dbc.password'.\n");
		String[] profiles = this.environment.getActiveProfiles();
		action.append("  If it is set in a profile, activate that one (active now: ");
		action.append((profiles.length > 0) ? String.join(", ", profiles) : "none").append(").\n");
		if (ClassUtils.isPresent(SERVER, null)) {
			action.append("- For development and tests, start the embedded server: remove ");
			action.append("'trunkline.enabled: false' or 'trunkline.embedded.enabled: false'.");
		}
		else {
			action.append("- For development and tests, add the dependency ");
			action.append("io.trunkline:trunkline-embedded-postgres, which starts a server with the application.");
		}
		return action.toString();
	}

	@Override
	public int getOrder() {
		// Before Spring Boot's, which has no order.
		return 0;
	}

}
