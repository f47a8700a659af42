package io.trunkline.table;

import org.springframework.dao.IncorrectUpdateSemanticsDataAccessException;

/**
 * A statement has hit more rows than the operation allows; all of it was rolled back.
 *
 * @since 0.1.0
 */
public class AffectedRowsExceededException extends IncorrectUpdateSemanticsDataAccessException {

	private static final long serialVersionUID = 1L;

	private final long limit;

	/**
	 * Create an exception.
	 * @param table the table
	 * @param limit how many rows were allowed
	 */
	public AffectedRowsExceededException(String table, long limit) {
		super("More than " + limit + " rows of [" + table
				+ "] were affected, which is the limit of the operation, and it was rolled back");
		this.limit = limit;
	}

	/**
	 * Return how many rows were allowed.
	 */
	public long getLimit() {
		return this.limit;
	}

	@Override
	public boolean wasDataUpdated() {
		return false;
	}

}
