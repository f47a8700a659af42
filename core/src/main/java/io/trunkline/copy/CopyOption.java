package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

/**
 * The options of COPY, in the order in which they are written.
 */
enum CopyOption {

	FREEZE("freeze", Direction.IN, 0),

	DELIMITER("delimiter", null, 0),

	NULL("nullString", null, 0),

	DEFAULT("defaultString", Direction.IN, 16),

	HEADER("header", null, 0),

	QUOTE("quote", null, 0),

	ESCAPE("escape", null, 0),

	FORCE_QUOTE("forceQuote", Direction.OUT, 0),

	FORCE_NOT_NULL("forceNotNull", Direction.IN, 0),

	FORCE_NULL("forceNull", Direction.IN, 0),

	ENCODING("encoding", null, 0),

	ON_ERROR("onErrorIgnore", Direction.IN, 17),

	REJECT_LIMIT("rejectLimit", Direction.IN, 18),

	LOG_VERBOSITY("logVerbosity", Direction.IN, 17);

	private final String method;

	private final @Nullable Direction direction;

	private final int minimumVersion;

	CopyOption(String method, @Nullable Direction direction, int minimumVersion) {
		this.method = method;
		this.direction = direction;
		this.minimumVersion = minimumVersion;
	}

	/**
	 * Return what {@link CopyFormat} calls it.
	 */
	String method() {
		return this.method;
	}

	boolean isFor(Direction direction) {
		return this.direction == null || this.direction == direction;
	}

	/**
	 * Return the first major version that knows the option.
	 */
	int minimumVersion() {
		return this.minimumVersion;
	}

	enum Direction {

		IN, OUT

	}

}
