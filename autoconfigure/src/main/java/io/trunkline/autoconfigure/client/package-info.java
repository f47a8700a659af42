/**
 * Auto-configuration of the client.
 */
@NullMarked
package io.trunkline.autoconfigure.client;

import org.jspecify.annotations.NullMarked;
