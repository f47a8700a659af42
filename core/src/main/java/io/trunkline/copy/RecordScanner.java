package io.trunkline.copy;

import io.trunkline.copy.CopyFormat.Kind;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Follows data from record to record, as the server does, but looks at no values. Finds
 * what the server would let pass although something is lost, and where records end.
 */
abstract class RecordScanner {

	private long lines;

	private long records;

	private long linesOfRecords;

	/**
	 * Return a scanner for a format.
	 * @param format the format
	 * @param serverVersion the server's major version
	 */
	static RecordScanner of(CopyFormat format, int serverVersion) {
		return switch (format.kind()) {
			case BINARY -> new BinaryScanner();
			case TEXT -> new TextScanner();
			case CSV -> new CsvScanner((byte) format.quote(), (byte) format.escape(), serverVersion);
			case JSON_LINES -> new CsvScanner((byte) 1, (byte) 1, serverVersion);
		};
	}

	/**
	 * Follow data on its way to the server: refuse what would be lost there, and where
	 * somebody listens tell how many rows were read.
	 */
	static Flux<Chunk> follow(Flux<Chunk> data, CopyFormat format, int serverVersion, CopyMeter meter) {
		boolean counted = meter.isListened() && canSplit(format);
		if (!counted && !isNeeded(format, serverVersion)) {
			return data;
		}
		int header = format.hasHeader() ? 1 : 0;
		return Flux.defer(() -> {
			RecordScanner scanner = of(format, serverVersion);
			return data.doOnNext((chunk) -> {
				scanner.scan(chunk);
				if (counted) {
					meter.rows(Math.max(0, scanner.records() - header));
				}
			}).concatWith(Mono.fromRunnable(scanner::end));
		});
	}

	/**
	 * Whether the server lets data of a format pass of which it loses some. From 18 on it
	 * takes an end-of-data line for data in CSV.
	 */
	static boolean isNeeded(CopyFormat format, int serverVersion) {
		return switch (format.kind()) {
			case BINARY -> true;
			case TEXT -> !format.isEmbeddingAscii();
			case CSV, JSON_LINES -> serverVersion < CsvScanner.NO_END_OF_DATA_LINE;
		};
	}

	/**
	 * Whether records can be told apart in data of a format.
	 */
	static boolean canSplit(CopyFormat format) {
		return format.kind() == Kind.BINARY || !format.isEmbeddingAscii();
	}

	/**
	 * Look at the next bytes.
	 * @return the index behind the last record that ends in them, or -1 for none
	 */
	abstract int scan(Chunk chunk);

	/**
	 * Look at the end of the data.
	 */
	void end() {
	}

	/**
	 * Return how many lines have ended so far; in binary, rows.
	 */
	final long lines() {
		return this.lines;
	}

	/**
	 * Return how many records have ended so far, a header line among them.
	 */
	final long records() {
		return this.records;
	}

	/**
	 * Return how many lines those records have that have ended so far.
	 */
	final long linesOfRecords() {
		return this.linesOfRecords;
	}

	final void lineEnded() {
		this.lines++;
	}

	final void recordEnded() {
		this.records++;
		this.linesOfRecords = this.lines;
	}

	final CopyDataException failure(String message) {
		return new CopyDataException(message, new CopyLocation(this.lines + 1, null), null);
	}

}
