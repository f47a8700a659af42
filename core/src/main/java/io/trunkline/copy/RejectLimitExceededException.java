package io.trunkline.copy;

import java.util.List;

import org.springframework.dao.DataIntegrityViolationException;

/**
 * A load found more bad rows than it was allowed to reject. Nothing was loaded.
 *
 * @since 0.1.0
 */
public class RejectLimitExceededException extends DataIntegrityViolationException {

	private static final long serialVersionUID = 1L;

	private final transient List<RejectedRow> rejects;

	/**
	 * Create an exception.
	 * @param limit the largest number of rejected rows
	 * @param rejects the first of them
	 */
	public RejectLimitExceededException(long limit, List<RejectedRow> rejects) {
		super(message(limit, rejects));
		this.rejects = List.copyOf(rejects);
	}

	private static String message(long limit, List<RejectedRow> rejects) {
		String message = "More than " + limit + " rows were rejected, and nothing was loaded";
		return rejects.isEmpty() ? message : message + "; the first: " + LoadErrors.describe(rejects.get(0));
	}

	/**
	 * Return the first of the rejected rows, at most {@value Rejects#LISTED}.
	 */
	public List<RejectedRow> getRejects() {
		return this.rejects;
	}

}
