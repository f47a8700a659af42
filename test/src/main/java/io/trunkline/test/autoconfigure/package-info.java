/**
 * Chooses the server that tests run against.
 */
@NullMarked
package io.trunkline.test.autoconfigure;

import org.jspecify.annotations.NullMarked;
