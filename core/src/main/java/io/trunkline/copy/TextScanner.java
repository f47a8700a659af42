package io.trunkline.copy;

/**
 * Scans PostgreSQL's text format. An end-of-data line may be the last one only.
 */
final class TextScanner extends LineScanner {

	private boolean escaped;

	private boolean recordBegun;

	private boolean marked;

	private boolean dataEnded;

	@Override
	boolean isInsideRecord(byte b) {
		if (this.dataEnded) {
			// The line feed of a first line that was ended by both.
			if (b != '\n') {
				throw failure("Data follows the end-of-data line \\., and would be ignored");
			}
			return true;
		}
		if (this.escaped) {
			this.escaped = false;
			if (b == '.') {
				if (this.recordBegun) {
					throw failure("The end-of-data marker \\. is not alone on its line");
				}
				this.marked = true;
			}
			this.recordBegun = true;
			return true;
		}
		if (b == '\\') {
			this.escaped = true;
		}
		else if (b != '\n' && b != '\r') {
			if (this.marked) {
				throw failure("The end-of-data marker \\. is not alone on its line");
			}
			this.recordBegun = true;
		}
		return false;
	}

	@Override
	void recordOver() {
		this.recordBegun = false;
		this.dataEnded = this.marked;
	}

}
