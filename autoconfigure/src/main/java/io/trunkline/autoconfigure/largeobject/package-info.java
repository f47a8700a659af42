/**
 * Auto-configuration of large objects.
 */
@NullMarked
package io.trunkline.autoconfigure.largeobject;

import org.jspecify.annotations.NullMarked;
