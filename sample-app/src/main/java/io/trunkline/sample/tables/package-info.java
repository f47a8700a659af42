/**
 * Tables over HTTP: the catalogue, and rows as JSON objects.
 */
@NullMarked
package io.trunkline.sample.tables;

import org.jspecify.annotations.NullMarked;
