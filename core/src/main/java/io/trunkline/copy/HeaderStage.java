package io.trunkline.copy;

import java.io.ByteArrayOutputStream;

import org.jspecify.annotations.Nullable;

/**
 * Gathers the first pieces of a source into one that holds the whole header line.
 */
final class HeaderStage extends ByteStage {

	private final RecordScanner scanner;

	private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();

	private boolean complete;

	private @Nullable Chunk ready;

	HeaderStage(CopyFormat format) {
		this.scanner = RecordScanner.of(format, CsvScanner.NO_END_OF_DATA_LINE);
	}

	@Override
	protected void accept(@Nullable Chunk chunk) {
		if (this.complete) {
			this.ready = chunk;
			return;
		}
		if (chunk != null) {
			this.gathered.write(chunk.array(), chunk.offset(), chunk.length());
			scan(chunk);
		}
		this.complete = chunk == null || this.scanner.records() > 0
				|| this.gathered.size() > RecordReader.LARGEST_RECORD;
		if (this.complete && this.gathered.size() > 0) {
			this.ready = Chunk.of(this.gathered.toByteArray(), this.gathered.size());
			this.gathered.reset();
		}
	}

	/**
	 * Look at the header line only: what is wrong in others is not for this step to find.
	 */
	private void scan(Chunk chunk) {
		for (int i = chunk.offset(); i < chunk.end() && this.scanner.records() == 0; i++) {
			this.scanner.scan(new Chunk(chunk.array(), i, 1));
		}
	}

	@Override
	protected @Nullable Chunk next() {
		Chunk next = this.ready;
		this.ready = null;
		return next;
	}

}
