package io.trunkline.schema;

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

}
