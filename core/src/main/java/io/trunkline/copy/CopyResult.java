package io.trunkline.copy;

import java.time.Duration;

/**
 * What a completed copy has done.
 *
 * @param rows how many rows the server stored, or sent
 * @param bytes how many bytes the source gave, or the sink got: compressed ones where the
 * data is compressed
 * @param duration the time from the subscription to the end
 * @since 0.1.0
 */
public record CopyResult(long rows, long bytes, Duration duration) {
}
