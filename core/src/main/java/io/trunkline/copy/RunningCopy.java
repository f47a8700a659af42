package io.trunkline.copy;

import org.jspecify.annotations.Nullable;

/**
 * A copy that runs on the server, as {@code pg_stat_progress_copy} shows it.
 *
 * @param pid the process id of the backend
 * @param table the table, {@code null} for a query
 * @param command {@code COPY FROM} or {@code COPY TO}
 * @param bytes how many bytes the server has processed
 * @param rows how many rows it has processed
 * @param excluded how many rows the condition of a load has excluded
 * @since 0.1.0
 */
public record RunningCopy(int pid, @Nullable String table, String command, long bytes, long rows, long excluded) {
}
