package io.trunkline.copy;

import io.trunkline.schema.TypeInfo;

/**
 * A column that rows are read from or written to.
 *
 * @param name its name, as it is in the catalogue
 * @param type its type
 */
record RowColumn(String name, TypeInfo type) {

	boolean isJson() {
		String name = this.type.withoutDomains().name();
		return name.equals("json") || name.equals("jsonb");
	}

}
