package io.trunkline.copy;

import java.util.Arrays;

import org.jspecify.annotations.Nullable;

/**
 * Writes the rows of a staging table in COPY's text format.
 */
final class TextStagedRows implements StagedRows {

	private static final byte[] NULL = { 'N', 'U', 'L', 'L' };

	private final TextRows out;

	/** An array as text, whose escapes are escaped once more. */
	private byte[] array = new byte[256];

	private int arrayLength;

	TextStagedRows(int frameSize) {
		this.out = new TextRows(frameSize);
	}

	@Override
	public void begin(long line) {
		this.out.put(line);
	}

	@Override
	public void text(byte[] bytes, int from, int to) {
		this.out.separate();
		this.out.put(bytes, from, to);
	}

	@Override
	public void array(TextArray elements) {
		this.arrayLength = 0;
		append('{');
		int from = 0;
		for (int i = 0; i < elements.count(); i++) {
			if (i > 0) {
				append(',');
			}
			if (elements.isNull(i)) {
				for (byte b : NULL) {
					append(b);
				}
				continue;
			}
			append('"');
			for (int end = from + elements.length(i); from < end; from++) {
				byte b = elements.bytes()[from];
				if (b == '"' || b == '\\') {
					append('\\');
				}
				append(b);
			}
			append('"');
		}
		append('}');
		text(this.array, 0, this.arrayLength);
	}

	private void append(int b) {
		if (this.arrayLength == this.array.length) {
			this.array = Arrays.copyOf(this.array, 2 * this.arrayLength);
		}
		this.array[this.arrayLength++] = (byte) b;
	}

	@Override
	public void one() {
		this.out.separate();
		this.out.put(1);
	}

	@Override
	public void nothing() {
		this.out.separate();
		this.out.putNull();
	}

	@Override
	public boolean value(int column, byte[] bytes, int from, int to) {
		text(bytes, from, to);
		return true;
	}

	@Override
	public void end() {
		this.out.end();
	}

	@Override
	public void finish() {
		this.out.flush();
	}

	@Override
	public @Nullable Chunk poll() {
		return this.out.poll();
	}

}
