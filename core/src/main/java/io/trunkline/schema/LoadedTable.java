package io.trunkline.schema;

/**
 * A table as it was read.
 *
 * @param table the table
 * @param version what tells whether it has changed since
 * @param permitted whether the role has any right to it
 * @param visible whether the search path leads to it
 */
record LoadedTable(TableInfo table, TableVersion version, boolean permitted, boolean visible) {
}
