package io.trunkline.table;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.copy.ColumnCodec;
import io.trunkline.schema.ColumnInfo;

/**
 * A column with what converts its values.
 *
 * @param info the column
 * @param codec converts its values
 * @param quoted its name, quoted
 * @param cast the cast of a parameter, empty where there is nothing to cast
 */
record TableColumn(ColumnInfo info, ColumnCodec codec, String quoted, String cast) {

	static TableColumn of(ColumnInfo info, ColumnCodec codec) {
		String type = codec.castType();
		boolean text = type.equals("\"pg_catalog\".\"text\"") || type.equals("\"pg_catalog\".\"varchar\"");
		return new TableColumn(info, codec, SqlIdentifiers.quote(info.name(), "column"), text ? "" : "::" + type);
	}

	String name() {
		return this.info.name();
	}

}
