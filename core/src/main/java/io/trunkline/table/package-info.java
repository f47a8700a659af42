/**
 * Rows as maps: select, insert, upsert, update and delete without entities, tables from
 * definitions, and a guard in front of what empties or drops one.
 */
@NullMarked
package io.trunkline.table;

import org.jspecify.annotations.NullMarked;
