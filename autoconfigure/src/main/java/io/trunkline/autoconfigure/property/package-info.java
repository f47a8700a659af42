/**
 * What all features do with properties.
 */
@NullMarked
package io.trunkline.autoconfigure.property;

import org.jspecify.annotations.NullMarked;
