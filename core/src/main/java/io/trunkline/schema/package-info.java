/**
 * The live catalogue of a database: tables, columns, constraints and types.
 */
@NullMarked
package io.trunkline.schema;

import org.jspecify.annotations.NullMarked;
