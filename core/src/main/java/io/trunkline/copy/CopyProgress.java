package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

/**
 * How far a copy has come.
 *
 * @param rows how many rows have passed; in a load of bytes, how many were read so far,
 * and in a parallel one how many are committed. {@code null} before the first ones, and
 * until the end for data in an encoding in which a byte of a character can be a quote or
 * a line end
 * @param bytes how many bytes the source gave, or the sink got
 * @param bytesPerSecond the average rate since the start
 * @param total how many bytes will pass in all, {@code null} where that is not known
 * @since 0.1.0
 */
public record CopyProgress(@Nullable Long rows, long bytes, long bytesPerSecond, @Nullable Long total) {
}
