package io.trunkline.schema;

import java.util.List;

import org.springframework.dao.InvalidDataAccessResourceUsageException;

/**
 * Thrown when there is no table or view of a name. The message offers the nearest names.
 *
 * @since 0.1.0
 */
public class TableNotFoundException extends InvalidDataAccessResourceUsageException {

	private static final long serialVersionUID = 1L;

	private final String table;

	private final String[] nearest;

	TableNotFoundException(TableName table, String searched, List<String> nearest) {
		super("There is no table or view [%s] in %s%s".formatted(table, searched, advice(nearest)));
		this.table = table.toString();
		this.nearest = nearest.toArray(String[]::new);
	}

	private static String advice(List<String> nearest) {
		return nearest.isEmpty() ? ": check the name, its case and the schema"
				: ": did you mean " + NearestNames.join(nearest) + "?";
	}

	/**
	 * Return the name that was looked for.
	 */
	public String getTable() {
		return this.table;
	}

	/**
	 * Return the nearest names, as {@link TableName#parse} takes them, best first.
	 */
	public List<String> getNearest() {
		return List.of(this.nearest);
	}

}
