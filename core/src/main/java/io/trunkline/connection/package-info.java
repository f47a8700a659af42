/**
 * Scoping, unwrapping, COPY and error translation that every feature stands on.
 */
@NullMarked
package io.trunkline.connection;

import org.jspecify.annotations.NullMarked;
