package io.trunkline.copy;

/**
 * Scans text in lines. The end of the first line tells how lines end; the server goes by
 * that as well.
 */
abstract class LineScanner extends RecordScanner {

	private boolean lineEndKnown;

	private byte lineEnd = '\n';

	private boolean returned;

	@Override
	final int scan(Chunk chunk) {
		byte[] array = chunk.array();
		int end = chunk.end();
		int border = -1;
		for (int i = chunk.offset(); i < end; i++) {
			byte b = array[i];
			if (this.returned) {
				this.returned = false;
				this.lineEndKnown = true;
				if (b != '\n') {
					this.lineEnd = '\r';
					endLine();
					border = i;
				}
			}
			boolean inside = isInsideRecord(b);
			if (b == '\n' || b == '\r') {
				if (!this.lineEndKnown && !inside) {
					this.lineEndKnown = b == '\n';
					this.returned = b == '\r';
				}
				if (b == this.lineEnd) {
					if (inside) {
						lineEnded();
					}
					else {
						endLine();
						border = i + 1;
					}
				}
			}
		}
		return border;
	}

	private void endLine() {
		recordOver();
		lineEnded();
		recordEnded();
	}

	/**
	 * Look at a byte.
	 * @return whether a line end in its place belongs to a value
	 */
	abstract boolean isInsideRecord(byte b);

	/**
	 * Take note of the end of a record, which counts as ended when this returns.
	 */
	abstract void recordOver();

}
