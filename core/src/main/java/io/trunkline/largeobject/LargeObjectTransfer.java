package io.trunkline.largeobject;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * The outcome of a completed read or write.
 *
 * @param oid the object identifier of the large object
 * @param bytes how many bytes of content passed
 * @param sha256 the SHA-256 of these bytes in lower-case hexadecimal, {@code null} where
 * it was not asked for
 * @param duration from subscription to the end
 * @since 0.1.0
 */
public record LargeObjectTransfer(long oid, long bytes, @Nullable String sha256, Duration duration) {
}
