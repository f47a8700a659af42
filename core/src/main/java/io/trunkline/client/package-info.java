/**
 * Queries, eager and lazy, and transactions with retry.
 */
@NullMarked
package io.trunkline.client;

import org.jspecify.annotations.NullMarked;
