package io.trunkline.copy;

import java.util.List;
import java.util.Optional;
import java.util.function.LongUnaryOperator;

import io.trunkline.copy.CopyFormat.Kind;

import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;

/**
 * Tells the line in the errors of a load.
 */
final class CopyErrors {

	private CopyErrors() {
	}

	/**
	 * Return how many lines the server does not count. It counts line ends in quotes only
	 * once it has seen how lines end, which is behind the first record.
	 * @param format the format
	 * @param frames what it got, as far as the end of its first record
	 */
	static long uncounted(CopyFormat format, List<Chunk> frames) {
		if (format.kind() != Kind.CSV) {
			return 0;
		}
		RecordScanner scanner = RecordScanner.of(format, CsvScanner.NO_END_OF_DATA_LINE);
		for (Chunk frame : frames) {
			for (int i = frame.offset(); i < frame.end(); i++) {
				scanner.scan(new Chunk(frame.array(), i, 1));
				if (scanner.records() > 0) {
					return scanner.lines() - 1;
				}
			}
		}
		return 0;
	}

	/**
	 * Add the line to an error that has one. The exception stays the one that belongs to
	 * the SQLSTATE, or is a subclass.
	 * @param ex the error
	 * @param linesBefore how many lines of the source came before what the server got
	 */
	static Throwable located(Throwable ex, long linesBefore) {
		return located(ex, linesBefore, (line) -> 0);
	}

	/**
	 * Add the line to an error that has one.
	 * @param ex the error
	 * @param linesBefore how many lines came before what the server got
	 * @param linesLeftOut how many lines were left out before one of those
	 */
	static Throwable located(Throwable ex, long linesBefore, LongUnaryOperator linesLeftOut) {
		Optional<CopyLocation> found = CopyLocation.find(ex);
		if (ex instanceof CopyDataException || found.isEmpty()) {
			return ex;
		}
		CopyLocation inData = found.get().behind(linesBefore);
		CopyLocation location = inData.behind(linesLeftOut.applyAsLong(inData.line()));
		String message = (ex.getMessage() != null) ? ex.getMessage() : "";
		if (ex instanceof DuplicateKeyException) {
			return new DuplicateKeyException(message + "; at " + location,
					new CopyDataException(message, location, ex.getCause()));
		}
		return (ex.getClass() == DataIntegrityViolationException.class)
				? new CopyDataException(message, location, ex.getCause()) : ex;
	}

}
