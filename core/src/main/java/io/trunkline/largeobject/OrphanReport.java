package io.trunkline.largeobject;

import java.time.Instant;

import org.jspecify.annotations.Nullable;

/**
 * What a search for orphaned large objects found. Nothing was changed.
 *
 * @param count how many objects no column refers to
 * @param bytes their sizes, added up
 * @param oldestOid the one among them whose creation lies back the farthest, {@code null}
 * where there is none. The server keeps no time of creation, only the order.
 * @param notOwned how many more objects exist that belong to roles the current one is not
 * a member of; they are not looked at, for it could not delete them
 * @param horizon the oldest transaction that was running at the time: what was created
 * before it had been committed by then
 * @param takenAt when the search ran
 * @since 0.1.0
 */
public record OrphanReport(long count, long bytes, @Nullable Long oldestOid, long notOwned, long horizon,
		Instant takenAt) {
}
