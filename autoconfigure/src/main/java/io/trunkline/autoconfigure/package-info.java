/**
 * Auto-configuration of Trunkline.
 */
@NullMarked
package io.trunkline.autoconfigure;

import org.jspecify.annotations.NullMarked;
