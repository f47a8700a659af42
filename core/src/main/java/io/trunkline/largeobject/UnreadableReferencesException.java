package io.trunkline.largeobject;

import java.util.List;

import org.springframework.dao.InvalidDataAccessResourceUsageException;

/**
 * Thrown when a column may refer to large objects and cannot be read, so that nobody can
 * tell which objects are orphans.
 *
 * @since 0.1.0
 */
@SuppressWarnings("serial")
public class UnreadableReferencesException extends InvalidDataAccessResourceUsageException {

	private final List<String> columns;

	UnreadableReferencesException(List<String> columns) {
		super("Refusing to look for orphaned large objects, as columns that may refer to some cannot be read: "
				+ String.join(", ", columns) + ". Make them readable for this role, or leave them out with"
				+ " ignoring(…) where they hold no references to large objects");
		this.columns = List.copyOf(columns);
	}

	/**
	 * Return the columns as {@code schema.table.column}, each with its reason.
	 */
	public List<String> getColumns() {
		return this.columns;
	}

}
