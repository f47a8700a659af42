package io.trunkline.schema;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What tells whether a table has changed: made from the transactions that wrote its rows
 * in the catalogue.
 *
 * @param oid the table's oid
 * @param relation the version of the table itself
 * @param types the versions of the types that its columns are made of, by oid; those that
 * come with the server are left out
 */
record TableVersion(long oid, String relation, Map<Long, String> types) {

	TableVersion {
		types = Map.copyOf(types);
	}

	/**
	 * Whether the rows of {@link CatalogSql#VERSION_BY_NAME} tell the same.
	 */
	boolean isThatOf(List<CatalogRow> rows) {
		Map<Long, String> currentTypes = new HashMap<>();
		boolean sameRelation = false;
		for (CatalogRow row : rows) {
			if (row.part().equals("type")) {
				currentTypes.put(row.id(), row.text(0));
			}
			else {
				sameRelation = row.id() == this.oid && row.text(0).equals(this.relation);
			}
		}
		return sameRelation && currentTypes.equals(this.types);
	}

}
