/**
 * The sample application: its start and how it tells of errors.
 */
@NullMarked
package io.trunkline.sample;

import org.jspecify.annotations.NullMarked;
