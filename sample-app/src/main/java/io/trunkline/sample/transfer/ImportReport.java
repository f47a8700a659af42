package io.trunkline.sample.transfer;

import java.util.List;

import io.trunkline.copy.LoadReport;
import io.trunkline.copy.RejectedRow;

/**
 * What became of an import.
 *
 * @param table the table
 * @param staged the rows that were read
 * @param inserted the rows that are new
 * @param updated the rows that were changed
 * @param skipped the rows that were there already
 * @param rejected the rows that were refused
 * @param rejects the first of those
 * @param bytes the bytes that were read
 * @param millis the time that it took
 */
record ImportReport(String table, long staged, long inserted, long updated, long skipped, long rejected,
		List<RejectedRow> rejects, long bytes, long millis) {

	static ImportReport of(LoadReport report) {
		return new ImportReport(report.table(), report.staged(), report.inserted(), report.updated(),
				report.skipped() + report.unchanged(), report.rejected(), report.rejects(), report.bytes(),
				report.duration().toMillis());
	}

}
