package io.trunkline.copy;

import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Picks lines out of a source, and turns each into its number and its text, in COPY's
 * text format. The source must be cut as it was when it was loaded.
 */
final class RawLines extends ByteStage implements RecordReader.Target {

	private final long[] lines;

	private final Rejection rejection;

	private final RecordReader reader;

	private final TextRows out;

	private int index;

	/**
	 * Create a step.
	 * @param format the format of the source
	 * @param columns its columns
	 * @param lines the lines, in ascending order
	 * @param rejection says where lines are cut
	 * @param frameSize the size of frames in bytes
	 */
	RawLines(CopyFormat format, List<StagedColumn> columns, long[] lines, Rejection rejection, int frameSize) {
		this.lines = lines;
		this.rejection = rejection;
		this.out = new TextRows(frameSize);
		this.reader = RecordReader.of(format, columns, this);
	}

	@Override
	protected void accept(@Nullable Chunk input) {
		if (input != null) {
			this.reader.read(input);
			return;
		}
		this.reader.end();
		this.out.flush();
	}

	@Override
	protected @Nullable Chunk next() {
		return this.out.poll();
	}

	@Override
	public boolean skips(long line) {
		while (this.index < this.lines.length && this.lines[this.index] < line) {
			this.index++;
		}
		return this.index == this.lines.length || line != this.lines[this.index];
	}

	@Override
	public void record(Fields fields, byte[] bytes, int from, int to, long line) {
		this.out.put(line);
		this.out.separate();
		this.out.put(bytes, from, this.rejection.cut(bytes, from, to));
		this.out.end();
	}

	@Override
	public void malformed(byte[] bytes, int from, int to, long line, String sqlState, String reason) {
		// Its text was kept when it was found.
	}

}
