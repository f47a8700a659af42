package io.trunkline.copy;

import java.io.ByteArrayOutputStream;

import org.jspecify.annotations.Nullable;

/**
 * Gathers the first pieces of a source into one that holds the whole header line.
 */
final class HeaderStage extends ByteStage {

	/** {@code null} where bytes do not tell what they are: any line end will do then. */
	private final @Nullable RecordScanner scanner;

	private final ByteArrayOutputStream gathered = new ByteArrayOutputStream();

	private boolean complete;

	private @Nullable Chunk ready;

	HeaderStage(CopyFormat format) {
		this.scanner = RecordScanner.canSplit(format) ? RecordScanner.of(format, CsvScanner.NO_END_OF_DATA_LINE) : null;
	}

	@Override
	protected void accept(@Nullable Chunk chunk) {
		if (this.complete) {
			this.ready = chunk;
			return;
		}
		if (chunk != null) {
			this.gathered.write(chunk.array(), chunk.offset(), chunk.length());
		}
		this.complete = chunk == null || isLineEnded(chunk) || this.gathered.size() > RecordReader.LARGEST_RECORD;
		if (this.complete && this.gathered.size() > 0) {
			this.ready = Chunk.of(this.gathered.toByteArray(), this.gathered.size());
			this.gathered.reset();
		}
	}

	/**
	 * Look at the header line only: what is wrong in others is not for this step to find.
	 */
	private boolean isLineEnded(Chunk chunk) {
		RecordScanner scanner = this.scanner;
		boolean ended = false;
		for (int i = chunk.offset(); i < chunk.end() && !ended; i++) {
			if (scanner != null) {
				scanner.scan(new Chunk(chunk.array(), i, 1));
				ended = scanner.records() > 0;
			}
			else {
				ended = chunk.array()[i] == '\n' || chunk.array()[i] == '\r';
			}
		}
		return ended;
	}

	@Override
	protected @Nullable Chunk next() {
		Chunk next = this.ready;
		this.ready = null;
		return next;
	}

}
