package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * Turns a source into rows of the staging table, in COPY's text format. Records whose
 * values the server is certain to take become typed rows. The few others go as an array
 * of their fields, for the server to judge, and those that are malformed as what is wrong
 * with them: so that nothing can fail the COPY.
 */
final class StagingRows extends ByteStage implements RecordReader.Target {

	private static final String NOT_NULL_VIOLATION = "23502";

	private final List<StagedColumn> columns;

	private final ValueCheck[] checks;

	private final Rejection rejection;

	private final AbsentColumns absent;

	private final RecordReader reader;

	private final boolean rawKept;

	private final KeyFilter keys;

	private final TextRows out;

	/** Builds arrays, whose escapes are escaped once more. */
	private byte[] array = new byte[256];

	private int arrayLength;

	/**
	 * Create a step.
	 * @param format the format of the source
	 * @param staging the staging table
	 * @param rejection what becomes of malformed records
	 * @param rawKept whether rows that are good so far are kept as they are in the source
	 * as well
	 * @param absent takes the columns that no record has
	 * @param frameSize the size of frames in bytes
	 */
	StagingRows(CopyFormat format, StagingTable staging, Rejection rejection, boolean rawKept, AbsentColumns absent,
			int frameSize) {
		this.columns = staging.columns();
		this.keys = new KeyFilter(staging.keys(), this.columns.stream().map(StagedColumn::name).toList());
		this.checks = this.columns.stream()
			.map((column) -> ValueCheck.of(column.info(), column.modifier()))
			.toArray(ValueCheck[]::new);
		this.rejection = rejection;
		this.rawKept = rawKept;
		this.absent = absent;
		this.out = new TextRows(frameSize);
		this.reader = RecordReader.of(format, this.columns, this);
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
		StagedColumn refusing = null;
		for (int i = 0; i < this.checks.length && certain; i++) {
			if (fields.isNull(i)) {
				certain = this.checks[i] != ValueCheck.NEVER;
				if (refusing == null && this.columns.get(i).nullRefusal() != null) {
					refusing = this.columns.get(i);
				}
			}
			else {
				certain = this.checks[i].accepts(fields.bytes, fields.from[i], fields.to[i]);
			}
		}
		// The server converts all values before it looks at constraints.
		if (certain && refusing != null && refusing.nullRefusal() != null) {
			malformed(bytes, from, to, line, NOT_NULL_VIOLATION, refusing.nullRefusal(), refusing.name());
			return;
		}
		begin(line, bytes, from, to, this.rawKept || (!certain && this.rejection.isKept()));
		boolean repeated = this.keys.isRepeated(fields);
		if (certain) {
			values(fields, repeated);
		}
		else {
			doubtful(fields, repeated);
		}
		this.out.end();
	}

	private void values(Fields fields, boolean repeated) {
		this.out.putNull();
		this.out.separate();
		this.out.putNull();
		this.out.separate();
		repeated(repeated);
		for (int i = 0; i < this.checks.length; i++) {
			this.out.separate();
			if (fields.isNull(i)) {
				this.out.putNull();
			}
			else {
				this.out.put(fields.bytes, fields.from[i], fields.to[i]);
			}
		}
	}

	private void repeated(boolean repeated) {
		if (repeated) {
			this.out.put(1);
		}
		else {
			this.out.putNull();
		}
	}

	private void doubtful(Fields fields, boolean repeated) {
		this.rejection.doubtful();
		beginArray();
		for (int i = 0; i < fields.count; i++) {
			element(fields.isNull(i) ? null : fields.bytes, fields.from[i], fields.to[i]);
		}
		endArray();
		this.out.separate();
		this.out.putNull();
		this.out.separate();
		repeated(repeated);
		nulls();
	}

	@Override
	public void absent(List<String> columns) {
		this.absent.found(columns);
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
		this.out.putNull();
		this.out.separate();
		beginArray();
		text(sqlState);
		text(column);
		text(reason);
		endArray();
		this.out.separate();
		this.out.putNull();
		nulls();
		this.out.end();
	}

	private void begin(long line, byte[] raw, int from, int to, boolean rawKept) {
		this.out.put(line);
		this.out.separate();
		if (rawKept) {
			this.out.put(raw, from, this.rejection.cut(raw, from, to));
		}
		else {
			this.out.putNull();
		}
		this.out.separate();
	}

	private void nulls() {
		for (int i = 0; i < this.checks.length; i++) {
			this.out.separate();
			this.out.putNull();
		}
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
		this.out.put(this.array, 0, this.arrayLength);
	}

}
