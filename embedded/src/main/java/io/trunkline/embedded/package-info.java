/**
 * A real PostgreSQL server for development and tests.
 */
@NullMarked
package io.trunkline.embedded;

import org.jspecify.annotations.NullMarked;
