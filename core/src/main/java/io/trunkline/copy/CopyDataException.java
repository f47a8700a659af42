package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.DataIntegrityViolationException;

/**
 * Data that cannot be loaded: damaged, or not what the columns or constraints of the
 * table want. Nothing of it was stored. The cause is the server's error or that of the
 * source.
 * <p>
 * The message names line and column, and no value.
 *
 * @since 0.1.0
 */
public class CopyDataException extends DataIntegrityViolationException {

	private static final long serialVersionUID = 1L;

	private final transient @Nullable CopyLocation location;

	/**
	 * Create an exception.
	 * @param message what is wrong
	 * @param location where, {@code null} where that is not known
	 * @param cause the cause, {@code null} for none
	 */
	public CopyDataException(String message, @Nullable CopyLocation location, @Nullable Throwable cause) {
		super((location != null) ? message + "; at " + location : message, cause);
		this.location = location;
	}

	/**
	 * Return where in the data the error is, {@code null} where that is not known.
	 */
	public @Nullable CopyLocation getLocation() {
		return this.location;
	}

}
