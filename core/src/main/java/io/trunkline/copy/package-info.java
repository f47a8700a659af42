/**
 * Bulk transfer in and out of tables by COPY.
 */
@NullMarked
package io.trunkline.copy;

import org.jspecify.annotations.NullMarked;
