/**
 * Data in and out of tables over HTTP.
 */
@NullMarked
package io.trunkline.sample.transfer;

import org.jspecify.annotations.NullMarked;
