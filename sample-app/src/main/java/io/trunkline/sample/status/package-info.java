/**
 * What the application is connected to.
 */
@NullMarked
package io.trunkline.sample.status;

import org.jspecify.annotations.NullMarked;
