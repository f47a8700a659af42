package io.trunkline.embedded;

import org.jspecify.annotations.Nullable;

/**
 * An embedded server could not be started. Its message describes what is wrong and
 * {@link #getAction()} what to change.
 *
 * @since 0.1.0
 */
public class EmbeddedPostgresException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final Reason reason;

	private final String action;

	EmbeddedPostgresException(Reason reason, String message, String action) {
		this(reason, message, action, null);
	}

	EmbeddedPostgresException(Reason reason, String message, String action, @Nullable Throwable cause) {
		super(message, cause);
		this.reason = reason;
		this.action = action;
	}

	/**
	 * Return the kind of failure.
	 * @return the reason
	 */
	public Reason getReason() {
		return this.reason;
	}

	/**
	 * Return what to do about it, in one or a few lines.
	 * @return the action
	 */
	public String getAction() {
		return this.action;
	}

	/**
	 * Make the exception for a program that failed during the start.
	 */
	static EmbeddedPostgresException startFailed(String what, String output) {
		String action = output.contains("Permission denied")
				? "Every directory above the data directory must be passable for the user that the server runs as; "
						+ "give another data directory."
				: "See the server's output above, or set 'spring.r2dbc.url' to use another server.";
		return new EmbeddedPostgresException(Reason.START_FAILED,
				"The embedded PostgreSQL server could not be started: " + what + ".\n\n" + output.strip(), action);
	}

	/**
	 * Kinds of failure.
	 */
	public enum Reason {

		/**
		 * No binaries, or more than one set of them, for this operating system and
		 * processor are on the class path.
		 */
		BINARIES,

		/**
		 * The binaries on the class path are of another major version than the one asked
		 * for.
		 */
		VERSION_MISMATCH,

		/**
		 * The data directory was created by another major version.
		 */
		DATA_DIRECTORY_VERSION,

		/**
		 * Another server works on the data directory.
		 */
		DATA_DIRECTORY_IN_USE,

		/**
		 * The port is taken.
		 */
		PORT_IN_USE,

		/**
		 * The JVM runs as root, which PostgreSQL refuses, and has no means to start the
		 * server as somebody else.
		 */
		ROOT,

		/**
		 * The data directory was created with another user name or password.
		 */
		CREDENTIALS,

		/**
		 * Anything else. The message ends with what the server said.
		 */
		START_FAILED

	}

}
