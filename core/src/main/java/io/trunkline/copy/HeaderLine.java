package io.trunkline.copy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * Reads the names of the columns from the first line of a source.
 */
final class HeaderLine implements RecordReader.Target {

	private @Nullable List<String> names;

	private @Nullable String problem;

	private HeaderLine() {
	}

	/**
	 * Bring data into a flow that {@link #read} can take the first piece of.
	 */
	static Flux<Chunk> first(Flux<Chunk> data, CopyFormat format) {
		return ByteStage.apply(data, () -> new HeaderStage(format));
	}

	/**
	 * Read the names.
	 * @param first begins with the whole line, without byte order mark; {@code null} for
	 * an empty source
	 * @param format the format
	 */
	static List<String> read(@Nullable Chunk first, CopyFormat format) {
		if (first == null) {
			throw new CopyDataException("The source is empty, and its first line should name the columns", null, null);
		}
		HeaderLine line = new HeaderLine();
		RecordReader reader = RecordReader.of(format.ofHeaderLine(), List.of(), line);
		reader.read(inUtf8(first, format));
		reader.end();
		return line.names();
	}

	private List<String> names() {
		List<String> names = this.names;
		String problem = this.problem;
		if (problem == null && (names == null || names.contains(""))) {
			problem = "a name in it is empty";
		}
		if (names == null || problem != null) {
			throw new CopyDataException("The first line should name the columns, and " + problem,
					new CopyLocation(1, null), null);
		}
		return names;
	}

	@Override
	public boolean skips(long line) {
		return this.names != null || this.problem != null;
	}

	@Override
	public void record(Fields fields, byte[] bytes, int from, int to, long line) {
		List<String> names = new ArrayList<>();
		for (int i = 0; i < fields.count; i++) {
			names.add(fields.isNull(i) ? ""
					: new String(fields.bytes, fields.from[i], fields.to[i] - fields.from[i], StandardCharsets.UTF_8));
		}
		this.names = names;
	}

	@Override
	public void malformed(byte[] bytes, int from, int to, long line, String sqlState, String reason) {
		if (!skips(line)) {
			this.problem = "it does not: " + reason;
		}
	}

	private static Chunk inUtf8(Chunk first, CopyFormat format) {
		Charset charset = charset(format);
		if (charset == StandardCharsets.UTF_8) {
			return first;
		}
		byte[] text = new String(first.array(), first.offset(), first.length(), charset)
			.getBytes(StandardCharsets.UTF_8);
		return Chunk.of(text, text.length);
	}

	/**
	 * Return the charset of the encoding, or one that is much the same: a name that is
	 * misread is found to be unknown.
	 */
	private static Charset charset(CopyFormat format) {
		String encoding = format.encoding();
		if (encoding == null || format.utf16() != null) {
			return StandardCharsets.UTF_8;
		}
		Charset charset = SourceEncodings.charset(encoding);
		try {
			return (charset != null) ? charset : Charset.forName(encoding);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidDataAccessApiUsageException(
					"The header line in the encoding [" + encoding + "] cannot be read: declare the columns", ex);
		}
	}

}
