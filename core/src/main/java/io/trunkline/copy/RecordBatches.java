package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Cuts a source into batches of whole records.
 */
final class RecordBatches {

	/**
	 * A record larger than this is taken for one whose closing quote is missing.
	 */
	private static final int LARGEST_RECORD = 64 * 1024 * 1024;

	private final RecordScanner scanner;

	private final int batchSize;

	private final int headerRecords;

	private List<Chunk> frames = new ArrayList<>();

	private long size;

	private long number;

	/** Lines and records before the batch, a header line among them. */
	private long lines;

	private long records;

	private RecordBatches(RecordScanner scanner, int batchSize, boolean header) {
		this.scanner = scanner;
		this.batchSize = batchSize;
		this.headerRecords = header ? 1 : 0;
	}

	/**
	 * Cut a source.
	 * @param data the source
	 * @param scanner a new scanner for its format
	 * @param batchSize the number of bytes from which a batch ends with its record
	 * @param header whether the first record is a header line
	 */
	static Flux<RecordBatch> of(Flux<Chunk> data, RecordScanner scanner, int batchSize, boolean header) {
		RecordBatches batches = new RecordBatches(scanner, batchSize, header);
		return data.<RecordBatch>handle((frame, sink) -> {
			RecordBatch batch = batches.add(frame);
			if (batch != null) {
				sink.next(batch);
			}
		}).concatWith(Mono.fromSupplier(batches::last));
	}

	private @Nullable RecordBatch add(Chunk frame) {
		int border = this.scanner.scan(frame);
		boolean full = this.size + frame.length() >= this.batchSize;
		if (!full || border < 0) {
			addFrame(frame);
			if (this.size > Math.max(LARGEST_RECORD, 2L * this.batchSize)) {
				throw this.scanner.failure("No end of a record in " + this.size
						+ " bytes: a closing quote is missing in the records from number " + (this.records + 1));
			}
			return null;
		}
		if (border > frame.offset()) {
			addFrame(frame.to(border));
		}
		RecordBatch batch = take(false);
		if (border < frame.end()) {
			addFrame(frame.from(border));
		}
		return batch;
	}

	private void addFrame(Chunk frame) {
		this.frames.add(frame);
		this.size += frame.length();
	}

	private RecordBatch last() {
		this.scanner.end();
		return take(true);
	}

	private RecordBatch take(boolean last) {
		long header = (this.number == 0) ? this.headerRecords : 0;
		long records = Math.max(0, this.scanner.records() - this.records - header);
		RecordBatch batch = new RecordBatch(this.number++, this.frames, this.records + header - this.headerRecords + 1,
				records, this.lines, last);
		this.frames = new ArrayList<>();
		this.size = 0;
		this.lines = this.scanner.linesOfRecords();
		this.records = this.scanner.records();
		return batch;
	}

}
