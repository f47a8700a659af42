/**
 * Auto-configuration of the schema catalogue.
 */
@NullMarked
package io.trunkline.autoconfigure.schema;

import org.jspecify.annotations.NullMarked;
