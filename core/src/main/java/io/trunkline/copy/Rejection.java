package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;

/**
 * What becomes of bad rows in one running load, and how many there are so far.
 */
final class Rejection {

	private final @Nullable Rejects rejects;

	private final List<RejectedRow> first = new ArrayList<>();

	private volatile long malformed;

	private volatile long doubtful;

	/**
	 * Create a rejection.
	 * @param rejects where rejected rows go, {@code null} to stop at the first
	 */
	Rejection(@Nullable Rejects rejects) {
		this.rejects = rejects;
	}

	boolean isKept() {
		return this.rejects != null;
	}

	int rawLength() {
		return (this.rejects != null) ? this.rejects.rawLength() : 0;
	}

	/**
	 * Count a row that does not get as far as the server's judgement.
	 */
	@SuppressWarnings("NonAtomicVolatileUpdate")
	void malformed(long line, @Nullable String column, String sqlState, String reason, @Nullable Supplier<String> raw) {
		if (this.rejects == null) {
			throw LoadErrors.of(new RejectedRow(line, column, reason, sqlState, null), null);
		}
		this.malformed = this.malformed + 1;
		if (this.first.size() < Rejects.LISTED) {
			this.first.add(new RejectedRow(line, column, reason, sqlState, (raw != null) ? cut(raw.get()) : null));
		}
		if (this.malformed > this.rejects.limit()) {
			throw new RejectLimitExceededException(this.rejects.limit(), this.first);
		}
	}

	private String cut(String text) {
		int length = Math.min(rawLength(), text.codePointCount(0, text.length()));
		return text.substring(0, text.offsetByCodePoints(0, length));
	}

	/**
	 * Return where a line in UTF-8 is cut, which is between two characters.
	 */
	int cut(byte[] line, int from, int to) {
		int left = rawLength();
		if (to - from <= left) {
			return to;
		}
		for (int i = from; i < to; i++) {
			if ((line[i] & 0xC0) != 0x80 && left-- == 0) {
				return i;
			}
		}
		return to;
	}

	/**
	 * Count a row that the server has to judge. One thread at a time calls this.
	 */
	@SuppressWarnings("NonAtomicVolatileUpdate")
	void doubtful() {
		this.doubtful = this.doubtful + 1;
	}

	long malformedRows() {
		return this.malformed;
	}

	long doubtfulRows() {
		return this.doubtful;
	}

}
