package io.trunkline.table;

import io.trunkline.table.DeletionRequest.Operation;

import org.springframework.dao.NonTransientDataAccessException;

/**
 * A {@link DeletionGuard} has not allowed to empty or drop a table. Nothing was touched.
 *
 * @since 0.1.0
 */
public class DeletionDeniedException extends NonTransientDataAccessException {

	private static final long serialVersionUID = 1L;

	private final Operation operation;

	private final String table;

	/**
	 * Create an exception.
	 * @param request what was not allowed
	 * @param reason why not, and what to do; never the password
	 */
	public DeletionDeniedException(DeletionRequest request, String reason) {
		super("'" + request.operation() + "' of [" + request.table() + "] was denied: " + reason);
		this.operation = request.operation();
		this.table = request.table();
	}

	/**
	 * Return what was not allowed.
	 */
	public Operation getOperation() {
		return this.operation;
	}

	/**
	 * Return the table.
	 */
	public String getTable() {
		return this.table;
	}

}
