/**
 * Streaming access to PostgreSQL large objects.
 */
@NullMarked
package io.trunkline.largeobject;

import org.jspecify.annotations.NullMarked;
