package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

/**
 * A row of the source that a load has not taken. It can hold values: take care where you
 * log or return it.
 *
 * @param line its first line in the source, from 1 and with the header line; the number
 * of the row from 1 where rows are objects or maps
 * @param column the column, {@code null} where it is about the row
 * @param reason what is wrong, in the words of the server
 * @param sqlState the SQLSTATE that the server has for it
 * @param raw the line as it is in the source, cut at a declared length, without its line
 * end; what is not valid in its encoding is replaced. {@code null} where rows are objects
 * or maps
 * @since 0.1.0
 * @see Rejects
 */
public record RejectedRow(long line, @Nullable String column, String reason, String sqlState, @Nullable String raw) {
}
