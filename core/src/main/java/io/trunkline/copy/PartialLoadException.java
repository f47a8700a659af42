package io.trunkline.copy;

import java.util.List;

import org.springframework.dao.NonTransientDataAccessException;

/**
 * A load of a script that commits each of its loads failed, after others had been
 * committed. The cause says why.
 *
 * @since 0.1.0
 */
public class PartialLoadException extends NonTransientDataAccessException {

	private static final long serialVersionUID = 1L;

	private final transient List<LoadReport> committed;

	/**
	 * Create an exception.
	 * @param committed the reports of the loads that were committed
	 * @param cause why the next one failed
	 */
	public PartialLoadException(List<LoadReport> committed, Throwable cause) {
		super("Load " + (committed.size() + 1) + " of the script failed; " + committed.size() + " were committed",
				cause);
		this.committed = List.copyOf(committed);
	}

	/**
	 * Return the reports of the loads that were committed, in their order.
	 */
	public List<LoadReport> getCommitted() {
		return this.committed;
	}

}
