package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;

import org.jspecify.annotations.Nullable;

/**
 * Turns a source into rows of the staging table, in COPY's text format. Records whose
 * values the server is certain to take become typed rows. The few others go as an array
 * of their fields, for the server to judge, and those that are malformed as what is wrong
 * with them: so that nothing can fail the COPY.
 */
final class StagingRows extends ByteStage implements RecordReader.Target {

	private static final byte[] NULL = { '\\', 'N' };

	private static final byte[] ESCAPES = new byte[128];

	static {
		ESCAPES['\\'] = '\\';
		ESCAPES['\n'] = 'n';
		ESCAPES['\r'] = 'r';
		ESCAPES['\t'] = 't';
	}

	private final List<StagedColumn> columns;

	private final ValueCheck[] checks;

	private final Rejection rejection;

	private final RecordReader reader;

	private final int frameSize;

	private final boolean rawKept;

	private final Queue<Chunk> frames = new ArrayDeque<>();

	private byte[] out;

	private int length;

	/** Builds arrays, whose escapes are escaped once more. */
	private byte[] array = new byte[256];

	private int arrayLength;

	/**
	 * Create a step.
	 * @param format the format of the source
	 * @param columns its columns
	 * @param rejection what becomes of malformed records
	 * @param rawKept whether rows that are good so far may be rejected later
	 * @param frameSize the size of frames in bytes
	 */
	StagingRows(CopyFormat format, List<StagedColumn> columns, Rejection rejection, boolean rawKept, int frameSize) {
		this.columns = columns;
		this.checks = columns.stream()
			.map((column) -> ValueCheck.of(column.info(), column.modifier()))
			.toArray(ValueCheck[]::new);
		this.rejection = rejection;
		this.rawKept = rawKept;
		this.frameSize = frameSize;
		this.out = new byte[frameSize];
		this.reader = RecordReader.of(format, columns, this);
	}

	@Override
	protected void accept(@Nullable Chunk input) {
		if (input != null) {
			this.reader.read(input);
			return;
		}
		this.reader.end();
		flush();
	}

	@Override
	protected @Nullable Chunk next() {
		return this.frames.poll();
	}

	@Override
	public void record(Fields fields, byte[] bytes, int from, int to, long line) {
		if (fields.count != this.checks.length) {
			boolean missing = fields.count < this.checks.length;
			malformed(bytes, from, to, line, RecordReader.BAD_FORMAT,
					missing ? "missing data for column \"" + this.columns.get(fields.count).name() + '"'
							: "extra data after last expected column",
					missing ? this.columns.get(fields.count).name() : null);
			return;
		}
		boolean certain = true;
		for (int i = 0; i < this.checks.length && certain; i++) {
			certain = fields.isNull(i) ? this.checks[i] != ValueCheck.NEVER
					: this.checks[i].accepts(fields.bytes, fields.from[i], fields.to[i]);
		}
		begin(line, bytes, from, to, this.rawKept || (!certain && this.rejection.isKept()));
		if (certain) {
			put(NULL);
			put((byte) '\t');
			put(NULL);
			for (int i = 0; i < this.checks.length; i++) {
				put((byte) '\t');
				if (fields.isNull(i)) {
					put(NULL);
				}
				else {
					escaped(fields.bytes, fields.from[i], fields.to[i]);
				}
			}
		}
		else {
			this.rejection.doubtful();
			beginArray();
			for (int i = 0; i < fields.count; i++) {
				element(fields.isNull(i) ? null : fields.bytes, fields.from[i], fields.to[i]);
			}
			endArray();
			put((byte) '\t');
			put(NULL);
			nulls();
		}
		end();
	}

	@Override
	public void malformed(byte[] bytes, int from, int to, long line, String sqlState, String reason) {
		malformed(bytes, from, to, line, sqlState, reason, null);
	}

	private void malformed(byte[] bytes, int from, int to, long line, String sqlState, String reason,
			@Nullable String column) {
		this.rejection.malformed(line, column, sqlState, reason,
				() -> new String(bytes, from, to - from, StandardCharsets.UTF_8));
		// What is not valid UTF-8 becomes the replacement character.
		byte[] raw = new String(bytes, from, Math.min(to - from, 4 * this.rejection.rawLength()),
				StandardCharsets.UTF_8)
			.replace('\0', '\uFFFD')
			.getBytes(StandardCharsets.UTF_8);
		begin(line, raw, 0, raw.length, true);
		put(NULL);
		put((byte) '\t');
		beginArray();
		text(sqlState);
		text(column);
		text(reason);
		endArray();
		nulls();
		end();
	}

	private void begin(long line, byte[] raw, int from, int to, boolean rawKept) {
		ensure(24);
		this.length = LineNumbers.write(line, this.out, this.length);
		put((byte) '\t');
		if (rawKept) {
			escaped(raw, from, cut(raw, from, to));
		}
		else {
			put(NULL);
		}
		put((byte) '\t');
	}

	/**
	 * Return where a raw line is cut, which is between two characters.
	 */
	private int cut(byte[] raw, int from, int to) {
		int left = this.rejection.rawLength();
		if (to - from <= left) {
			return to;
		}
		for (int i = from; i < to; i++) {
			if ((raw[i] & 0xC0) != 0x80 && left-- == 0) {
				return i;
			}
		}
		return to;
	}

	private void nulls() {
		for (int i = 0; i < this.checks.length; i++) {
			put((byte) '\t');
			put(NULL);
		}
	}

	private void end() {
		put((byte) '\n');
		if (this.length >= this.frameSize) {
			flush();
		}
	}

	private void flush() {
		for (int start = 0; start < this.length; start += this.frameSize) {
			this.frames.add(new Chunk(this.out, start, Math.min(this.frameSize, this.length - start)));
		}
		this.out = new byte[this.frameSize + this.frameSize / 8];
		this.length = 0;
	}

	private void beginArray() {
		this.arrayLength = 0;
		arrayByte('{');
	}

	private void text(@Nullable String text) {
		byte[] bytes = (text != null) ? text.getBytes(StandardCharsets.UTF_8) : null;
		element(bytes, 0, (bytes != null) ? bytes.length : 0);
	}

	private void element(byte @Nullable [] bytes, int from, int to) {
		if (this.arrayLength > 1) {
			arrayByte(',');
		}
		if (bytes == null) {
			for (byte b : new byte[] { 'N', 'U', 'L', 'L' }) {
				arrayByte(b);
			}
			return;
		}
		arrayByte('"');
		for (int i = from; i < to; i++) {
			if (bytes[i] == '"' || bytes[i] == '\\') {
				arrayByte('\\');
			}
			arrayByte(bytes[i]);
		}
		arrayByte('"');
	}

	private void arrayByte(int b) {
		if (this.arrayLength == this.array.length) {
			this.array = Arrays.copyOf(this.array, 2 * this.arrayLength);
		}
		this.array[this.arrayLength++] = (byte) b;
	}

	private void endArray() {
		arrayByte('}');
		escaped(this.array, 0, this.arrayLength);
	}

	private void put(byte b) {
		ensure(1);
		this.out[this.length++] = b;
	}

	private void put(byte[] bytes) {
		ensure(bytes.length);
		System.arraycopy(bytes, 0, this.out, this.length, bytes.length);
		this.length += bytes.length;
	}

	private void escaped(byte[] bytes, int from, int to) {
		ensure(2 * (to - from));
		byte[] out = this.out;
		int length = this.length;
		for (int i = from; i < to; i++) {
			byte b = bytes[i];
			if (b >= 0 && ESCAPES[b] != 0) {
				out[length++] = '\\';
				b = ESCAPES[b];
			}
			out[length++] = b;
		}
		this.length = length;
	}

	private void ensure(int count) {
		if (this.out.length - this.length < count) {
			this.out = Arrays.copyOf(this.out, Math.max(2 * this.out.length, this.length + count));
		}
	}

}
