package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

/**
 * How far a copy has come.
 *
 * @param rows how many rows have passed; in a load that stages text, how many were read
 * so far. {@code null} where only the server can tell: it does when any other load of
 * bytes has ended
 * @param bytes how many bytes the source gave, or the sink got
 * @param bytesPerSecond the average rate since the start
 * @param total how many bytes will pass in all, {@code null} where that is not known
 * @since 0.1.0
 */
public record CopyProgress(@Nullable Long rows, long bytes, long bytesPerSecond, @Nullable Long total) {
}
