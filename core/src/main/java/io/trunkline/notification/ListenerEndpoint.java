package io.trunkline.notification;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * A listener method, and what it listens to.
 *
 * @param channels the channels, empty for a table
 * @param table the table as SQL writes it, {@code null} for channels
 */
record ListenerEndpoint(ListenerContainer container, List<String> channels, @Nullable String table) {

}
