package io.trunkline.copy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

import reactor.core.publisher.Flux;

/**
 * Cuts a source of JSON into its lines. Empty lines are left out, and known to be.
 */
final class JsonLines {

	/**
	 * A line larger than this is taken for a source that is not made of lines.
	 */
	private static final int LARGEST_LINE = 64 * 1024 * 1024;

	private byte[] begun = new byte[0];

	private int begunLength;

	private long lines;

	private long rows;

	/** For each empty line, how many rows came before it. */
	private long[] empty = new long[0];

	private int emptyCount;

	/**
	 * Cut the source. For one subscription.
	 */
	Flux<JsonLine> of(Flux<Chunk> data) {
		return data.concatMapIterable(this::split, 1).concatWith(Flux.defer(() -> Flux.fromIterable(last())));
	}

	/**
	 * Return how many lines the server did not get before a row.
	 * @param row the number of the row, from 1
	 */
	synchronized long emptyBefore(long row) {
		int index = Arrays.binarySearch(this.empty, 0, this.emptyCount, row);
		int before = (index < 0) ? -index - 1 : index;
		while (before > 0 && this.empty[before - 1] >= row) {
			before--;
		}
		return before;
	}

	private synchronized List<JsonLine> split(Chunk chunk) {
		List<JsonLine> found = new ArrayList<>();
		int start = chunk.offset();
		for (int i = start; i < chunk.end(); i++) {
			if (chunk.array()[i] == '\n') {
				add(new Chunk(chunk.array(), start, i - start), found);
				start = i + 1;
			}
		}
		keep(chunk.from(start));
		return found;
	}

	private synchronized List<JsonLine> last() {
		List<JsonLine> found = new ArrayList<>();
		if (this.begunLength > 0) {
			add(new Chunk(this.begun, 0, 0), found);
		}
		return found;
	}

	private void keep(Chunk rest) {
		if ((long) this.begunLength + rest.length() > LARGEST_LINE) {
			throw new CopyDataException(
					"No end of a line in " + LARGEST_LINE + " bytes: JSON lines are one object a line",
					new CopyLocation(this.lines + 1, null), null);
		}
		int length = this.begunLength + rest.length();
		if (length > this.begun.length) {
			this.begun = Arrays.copyOf(this.begun, Math.max(length, 2 * this.begun.length));
		}
		System.arraycopy(rest.array(), rest.offset(), this.begun, this.begunLength, rest.length());
		this.begunLength = length;
	}

	private void add(Chunk end, List<JsonLine> found) {
		Chunk line = end;
		if (this.begunLength > 0) {
			keep(end);
			line = Chunk.of(this.begun, this.begunLength);
			this.begun = new byte[0];
			this.begunLength = 0;
		}
		this.lines++;
		if (isEmpty(line)) {
			if (this.emptyCount == this.empty.length) {
				this.empty = Arrays.copyOf(this.empty, Math.max(8, 2 * this.emptyCount));
			}
			this.empty[this.emptyCount++] = this.rows;
		}
		else {
			this.rows++;
			found.add(new JsonLine(this.lines, line));
		}
	}

	private static boolean isEmpty(Chunk line) {
		for (int i = line.offset(); i < line.end(); i++) {
			byte b = line.array()[i];
			if (b != ' ' && b != '\t' && b != '\r') {
				return false;
			}
		}
		return true;
	}

}
