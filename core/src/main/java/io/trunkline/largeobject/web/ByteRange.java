package io.trunkline.largeobject.web;

/**
 * A part of the content.
 *
 * @param first the first position in bytes
 * @param length the number of bytes, 0 only for empty content
 */
record ByteRange(long first, long length) {

	/**
	 * The first position behind the range.
	 */
	long end() {
		return this.first + this.length;
	}

	String contentRange(long size) {
		return "bytes " + this.first + "-" + (end() - 1) + "/" + size;
	}

	boolean isNear(ByteRange other, int gap) {
		return this.first <= other.end() + gap && other.first <= end() + gap;
	}

	ByteRange join(ByteRange other) {
		long start = Math.min(this.first, other.first);
		return new ByteRange(start, Math.max(end(), other.end()) - start);
	}

}
