/**
 * One physical connection that a test shares among all connections that the application
 * asks for.
 */
@NullMarked
package io.trunkline.test.session;

import org.jspecify.annotations.NullMarked;
