package io.trunkline.largeobject;

import org.jspecify.annotations.Nullable;

/**
 * How far a read or write has come.
 *
 * @param bytes how many bytes of content have passed so far
 * @param total how many will pass in all, {@code null} where that is not known
 * @since 0.1.0
 */
public record TransferProgress(long bytes, @Nullable Long total) {
}
