/**
 * Bulk COPY: data of any size into tables and out of them.
 */
@NullMarked
package io.trunkline.copy;

import org.jspecify.annotations.NullMarked;
