package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.LongConsumer;

import org.jspecify.annotations.Nullable;

/**
 * Turns a source into rows of the staging table. Records whose values the server is
 * certain to take become typed rows. The few others go as an array of their fields, for
 * the server to judge, and those that are malformed as what is wrong with them: so that
 * nothing can fail the COPY.
 * <p>
 * The rows are binary, unless the first record has a value that cannot be written so.
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

	private final TextArray array = new TextArray();

	private final int frameSize;

	private final LongConsumer progress;

	private long records;

	private @Nullable StagedRows out;

	/**
	 * Create a step.
	 * @param format the format of the source
	 * @param staging the staging table
	 * @param rejection what becomes of malformed records
	 * @param rawKept whether rows that are good so far are kept as they are in the source
	 * as well
	 * @param absent takes the columns that no record has
	 * @param frameSize the size of frames in bytes
	 * @param progress takes how many records were read so far
	 */
	StagingRows(CopyFormat format, StagingTable staging, Rejection rejection, boolean rawKept, AbsentColumns absent,
			int frameSize, LongConsumer progress) {
		this.columns = staging.columns();
		this.keys = new KeyFilter(staging.keys(), this.columns.stream().map(StagedColumn::name).toList());
		this.checks = this.columns.stream()
			.map((column) -> ValueCheck.of(column.info(), column.modifier()))
			.toArray(ValueCheck[]::new);
		this.rejection = rejection;
		this.rawKept = rawKept;
		this.absent = absent;
		this.frameSize = frameSize;
		this.progress = progress;
		this.reader = RecordReader.of(format, this.columns, this);
	}

	@Override
	protected void accept(@Nullable Chunk input) {
		if (input != null) {
			this.reader.read(input);
			this.progress.accept(this.records);
			return;
		}
		this.reader.end();
		if (this.out != null) {
			this.out.finish();
		}
	}

	@Override
	protected @Nullable Chunk next() {
		return (this.out != null) ? this.out.poll() : null;
	}

	/**
	 * Return the format of what comes out.
	 * @param first the first frame, {@code null} for none at all
	 */
	static CopyFormat format(@Nullable Chunk first) {
		boolean binary = first != null && first.length() >= CopyForm.HEADER_LENGTH
				&& CopyForm.isHeader(Arrays.copyOfRange(first.array(), first.offset(), first.end()));
		return binary ? CopyFormat.binary() : CopyFormat.text();
	}

	@Override
	public void record(Fields fields, byte[] bytes, int from, int to, long line) {
		this.records++;
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
		StagedRows out = out(fields);
		boolean repeated = this.keys.isRepeated(fields);
		if (certain) {
			begin(out, line, bytes, from, to, this.rawKept);
			certain = values(out, fields, repeated);
		}
		if (!certain) {
			begin(out, line, bytes, from, to, this.rawKept || this.rejection.isKept());
			doubtful(out, fields, repeated);
		}
		out.end();
	}

	private StagedRows out(@Nullable Fields first) {
		StagedRows out = this.out;
		if (out == null) {
			out = (first == null || isBinary(first)) ? new BinaryStagedRows(this.columns, this.frameSize)
					: new TextStagedRows(this.frameSize);
			this.out = out;
		}
		return out;
	}

	private boolean isBinary(Fields first) {
		BinaryStagedRows trial = new BinaryStagedRows(this.columns, this.frameSize);
		for (int i = 0; i < this.checks.length; i++) {
			if (!first.isNull(i) && this.checks[i].accepts(first.bytes, first.from[i], first.to[i])
					&& !trial.value(i, first.bytes, first.from[i], first.to[i])) {
				return false;
			}
		}
		return true;
	}

	/**
	 * Write a row of values.
	 * @return whether all of them can be written, otherwise there is no row
	 */
	private boolean values(StagedRows out, Fields fields, boolean repeated) {
		out.nothing();
		out.nothing();
		repeated(out, repeated);
		for (int i = 0; i < this.checks.length; i++) {
			if (fields.isNull(i)) {
				out.nothing();
			}
			else if (!out.value(i, fields.bytes, fields.from[i], fields.to[i])) {
				return false;
			}
		}
		return true;
	}

	private static void repeated(StagedRows out, boolean repeated) {
		if (repeated) {
			out.one();
		}
		else {
			out.nothing();
		}
	}

	private void doubtful(StagedRows out, Fields fields, boolean repeated) {
		this.rejection.doubtful();
		this.array.clear();
		for (int i = 0; i < fields.count; i++) {
			this.array.add(fields.isNull(i) ? null : fields.bytes, fields.from[i], fields.to[i]);
		}
		out.array(this.array);
		out.nothing();
		repeated(out, repeated);
		nulls(out);
	}

	@Override
	public void absent(List<String> columns) {
		this.absent.found(columns);
	}

	@Override
	public void malformed(byte[] bytes, int from, int to, long line, String sqlState, String reason) {
		this.records++;
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
		StagedRows out = out(null);
		begin(out, line, raw, 0, raw.length, true);
		out.nothing();
		this.array.clear();
		add(sqlState);
		add(column);
		add(reason);
		out.array(this.array);
		out.nothing();
		nulls(out);
		out.end();
	}

	private void begin(StagedRows out, long line, byte[] raw, int from, int to, boolean rawKept) {
		out.begin(line);
		if (rawKept) {
			out.text(raw, from, this.rejection.cut(raw, from, to));
		}
		else {
			out.nothing();
		}
	}

	private void nulls(StagedRows out) {
		for (int i = 0; i < this.checks.length; i++) {
			out.nothing();
		}
	}

	private void add(@Nullable String text) {
		byte[] bytes = (text != null) ? text.getBytes(StandardCharsets.UTF_8) : null;
		this.array.add(bytes, 0, (bytes != null) ? bytes.length : 0);
	}

}
