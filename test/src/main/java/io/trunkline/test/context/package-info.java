/**
 * Ties the sessions of tests to Spring's test contexts.
 */
@NullMarked
package io.trunkline.test.context;

import org.jspecify.annotations.NullMarked;
