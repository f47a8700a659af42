/**
 * What core's integration tests share.
 */
@NullMarked
package io.trunkline.testing;

import org.jspecify.annotations.NullMarked;
