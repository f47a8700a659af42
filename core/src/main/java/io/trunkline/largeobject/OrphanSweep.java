package io.trunkline.largeobject;

import java.time.Duration;

/**
 * What a sweep of orphaned large objects deleted.
 *
 * @param deleted how many objects
 * @param bytes their sizes, added up
 * @param batches in how many transactions
 * @param duration from the first batch to the last
 * @since 0.1.0
 */
public record OrphanSweep(long deleted, long bytes, int batches, Duration duration) {
}
