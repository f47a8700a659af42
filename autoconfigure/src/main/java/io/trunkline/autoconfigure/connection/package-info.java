/**
 * Auto-configuration of what every feature stands on.
 */
@NullMarked
package io.trunkline.autoconfigure.connection;

import org.jspecify.annotations.NullMarked;
