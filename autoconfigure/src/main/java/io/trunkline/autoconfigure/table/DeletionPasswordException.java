package io.trunkline.autoconfigure.table;

/**
 * Thrown when {@code trunkline.table.deletion-password} is encoded in a way that cannot
 * be compared. It never tells the password.
 *
 * @since 0.1.0
 */
public class DeletionPasswordException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String action;

	DeletionPasswordException(String message, String action) {
		super(message);
		this.action = action;
	}

	/**
	 * Return what to do.
	 */
	public String getAction() {
		return this.action;
	}

}
