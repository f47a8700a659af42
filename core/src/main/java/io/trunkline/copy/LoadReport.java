package io.trunkline.copy;

import java.time.Duration;
import java.util.List;

/**
 * What a load has done. A row of the source is either staged or rejected, and a staged
 * one inserted, updated, unchanged or skipped.
 *
 * @param table the table
 * @param staged how many rows were good
 * @param inserted how many rows were inserted; with SQL of the application's own, how
 * many rows its statements report
 * @param updated how many rows of the table were updated
 * @param unchanged how many rows were in the table already, as they are
 * @param skipped how many rows were left out: as others of the source have the same key,
 * as the table has it, or by a trigger
 * @param deleted how many rows of the table were deleted
 * @param rejected how many rows were bad
 * @param rejects the rejected rows by line, or the first of them
 * @param bytes how many bytes the source gave, compressed ones where it is compressed; of
 * objects and maps, their encoded size
 * @param duration the time from the subscription to the end, before the commit
 * @since 0.1.0
 * @see Rejects
 */
public record LoadReport(String table, long staged, long inserted, long updated, long unchanged, long skipped,
		long deleted, long rejected, List<RejectedRow> rejects, long bytes, Duration duration) {

	public LoadReport {
		rejects = List.copyOf(rejects);
	}

}
