package io.trunkline.copy;

/**
 * Some lines of the staging table, which statements call {@code s}.
 *
 * @param first the first
 * @param last the last
 */
record LineRange(long first, long last) {

	static final LineRange ALL = new LineRange(Long.MIN_VALUE, Long.MAX_VALUE);

	boolean isOne() {
		return this.first == this.last;
	}

	LineRange firstHalf() {
		return new LineRange(this.first, middle());
	}

	LineRange secondHalf() {
		return new LineRange(middle() + 1, this.last);
	}

	private long middle() {
		return this.first + (this.last - this.first) / 2;
	}

	String where() {
		return equals(ALL) ? "" : " WHERE " + condition();
	}

	String and() {
		return equals(ALL) ? "" : " AND " + condition();
	}

	private String condition() {
		return "s." + StagingTable.LINE + " BETWEEN " + this.first + " AND " + this.last;
	}

}
