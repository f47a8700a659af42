package io.trunkline.table;

import java.util.Map;

import org.jspecify.annotations.Nullable;

/**
 * A row that an upsert has written.
 *
 * @param inserted whether it is new; else it was updated
 * @param values the values by column, as they are now
 * @since 0.1.0
 */
public record UpsertedRow(boolean inserted, Map<String, @Nullable Object> values) {
}
