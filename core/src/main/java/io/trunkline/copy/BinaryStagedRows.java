package io.trunkline.copy;

import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;

import org.jspecify.annotations.Nullable;

/**
 * Writes the rows of a staging table in COPY's binary format, which takes the server a
 * third of the time of text.
 */
final class BinaryStagedRows implements StagedRows {

	private static final int TEXT_OID = 25;

	private final StagedValue[] values;

	private final int frameSize;

	private final Queue<Chunk> frames = new ArrayDeque<>();

	private final CopyBuffer out;

	private int row;

	BinaryStagedRows(List<StagedColumn> columns, int frameSize) {
		this.values = columns.stream().map((column) -> StagedValue.of(column.info())).toArray(StagedValue[]::new);
		this.frameSize = frameSize;
		this.out = new CopyBuffer(frameSize + frameSize / 8);
		CopyForm.BINARY.begin(this.out);
	}

	@Override
	public void begin(long line) {
		this.row = this.out.position();
		CopyForm.BINARY.beginRow(StagingTable.NOTED_COLUMNS.size() + this.values.length, this.out);
		this.out.longField(line);
	}

	@Override
	public void text(byte[] bytes, int from, int to) {
		StagedValue.TEXT.write(bytes, from, to, this.out);
	}

	@Override
	public void array(TextArray elements) {
		int start = this.out.beginField();
		this.out.writeInt((elements.count() > 0) ? 1 : 0);
		boolean nulls = false;
		for (int i = 0; i < elements.count(); i++) {
			nulls |= elements.isNull(i);
		}
		this.out.writeInt(nulls ? 1 : 0);
		this.out.writeInt(TEXT_OID);
		if (elements.count() > 0) {
			this.out.writeInt(elements.count());
			this.out.writeInt(1);
		}
		int from = 0;
		for (int i = 0; i < elements.count(); i++) {
			int to = from + elements.length(i);
			if (elements.isNull(i)) {
				this.out.nullField();
			}
			else {
				text(elements.bytes(), from, to);
			}
			from = to;
		}
		this.out.endField(start);
	}

	@Override
	public void one() {
		this.out.shortField(1);
	}

	@Override
	public void nothing() {
		this.out.nullField();
	}

	@Override
	public boolean value(int column, byte[] bytes, int from, int to) {
		boolean written = this.values[column].write(bytes, from, to, this.out);
		if (!written) {
			this.out.truncate(this.row);
		}
		return written;
	}

	@Override
	public void end() {
		if (this.out.position() >= this.frameSize) {
			flush();
		}
	}

	@Override
	public void finish() {
		CopyForm.BINARY.end(this.out);
		flush();
	}

	private void flush() {
		int length = this.out.position();
		byte[] data = this.out.take(this.frameSize + this.frameSize / 8);
		for (int start = 0; start < length; start += this.frameSize) {
			this.frames.add(new Chunk(data, start, Math.min(this.frameSize, length - start)));
		}
	}

	@Override
	public @Nullable Chunk poll() {
		return this.frames.poll();
	}

}
