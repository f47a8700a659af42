/**
 * Auto-configuration of the table manager.
 */
@NullMarked
package io.trunkline.autoconfigure.table;

import org.jspecify.annotations.NullMarked;
