/**
 * Benchmarks against the peers, and the table of the ratios that count.
 */
@NullMarked
package io.trunkline.benchmarks;

import org.jspecify.annotations.NullMarked;
