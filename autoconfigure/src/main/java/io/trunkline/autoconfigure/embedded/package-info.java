/**
 * Auto-configuration of the embedded PostgreSQL server.
 */
@NullMarked
package io.trunkline.autoconfigure.embedded;

import org.jspecify.annotations.NullMarked;
