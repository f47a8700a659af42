/**
 * What the tests of all modules share: one server per JVM, and a check for leaked
 * buffers.
 */
@NullMarked
package io.trunkline.embedded.testing;

import org.jspecify.annotations.NullMarked;
