/**
 * Auto-configuration of bulk copies.
 */
@NullMarked
package io.trunkline.autoconfigure.copy;

import org.jspecify.annotations.NullMarked;
