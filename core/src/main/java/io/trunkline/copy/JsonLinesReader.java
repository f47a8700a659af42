package io.trunkline.copy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;
import org.jspecify.annotations.Nullable;

/**
 * Reads JSON lines. With one column of JSON each line is its value; otherwise each line
 * is an object, whose members are the columns by name.
 */
final class JsonLinesReader extends RecordReader {

	private static final int ABSENT = -2;

	private static final int NULL = -1;

	private static final String NO_JSON = "22P02invalid input syntax for type json";

	private final List<StagedColumn> columns;

	private final Map<String, Integer> positions = new HashMap<>();

	private final boolean wholeLines;

	private final int[] from;

	private final int[] to;

	private final boolean[] seen;

	private boolean recordSeen;

	JsonLinesReader(List<StagedColumn> columns, Target target) {
		super(target);
		this.columns = columns;
		for (int i = 0; i < columns.size(); i++) {
			this.positions.put(columns.get(i).name(), i);
		}
		this.wholeLines = columns.size() == 1 && isJson(columns.get(0));
		this.from = new int[columns.size()];
		this.to = new int[columns.size()];
		this.seen = new boolean[columns.size()];
	}

	private static boolean isJson(StagedColumn column) {
		TypeInfo type = column.info().withoutDomains();
		return type.name().equals("jsonb") || type.name().equals("json");
	}

	@Override
	int recordEnd(byte[] bytes, int from, int to) {
		for (int i = from; i < to; i++) {
			byte b = bytes[i];
			if (b == '\n' || b == '\r') {
				return i;
			}
			this.bitsSeen |= b;
			this.nulSeen |= b == 0;
		}
		return -to - 1;
	}

	@Override
	@Nullable String parse(byte[] bytes, int from, int to) {
		JsonText json = new JsonText(bytes, from, to);
		json.skipSpace();
		if (json.atEnd()) {
			return "";
		}
		if (this.wholeLines) {
			this.fields.beginIn(bytes);
			this.fields.add(from, to, false);
			return null;
		}
		Arrays.fill(this.from, ABSENT);
		this.fields.beginScratch(2 * (to - from));
		try {
			String problem = members(json, bytes);
			if (problem != null) {
				return problem;
			}
		}
		catch (IllegalArgumentException ex) {
			return "22P05" + ex.getMessage();
		}
		this.recordSeen = true;
		for (int i = 0; i < this.from.length; i++) {
			this.seen[i] |= this.from[i] != ABSENT;
			this.fields.add(this.from[i], this.to[i], this.from[i] < 0);
		}
		return null;
	}

	private @Nullable String members(JsonText json, byte[] bytes) {
		if (!json.take('{')) {
			return NO_JSON + ": a line must hold an object";
		}
		json.skipSpace();
		boolean more = !json.take('}');
		while (more) {
			json.skipSpace();
			int nameStart = json.position();
			if (!json.skipString()) {
				return NO_JSON;
			}
			String name = name(bytes, nameStart, json.position());
			json.skipSpace();
			if (!json.take(':')) {
				return NO_JSON;
			}
			json.skipSpace();
			int start = json.position();
			if (!json.skipValue()) {
				return NO_JSON;
			}
			Integer position = this.positions.get(name);
			if (position == null) {
				return "42703the load has no column \"" + name + '"';
			}
			value(position, bytes, start, json.position());
			json.skipSpace();
			more = json.take(',');
			if (!more && !json.take('}')) {
				return NO_JSON;
			}
		}
		json.skipSpace();
		return json.atEnd() ? null : NO_JSON;
	}

	private String name(byte[] bytes, int from, int to) {
		int start = this.fields.scratchLength;
		unquote(bytes, from, to);
		String name = new String(this.fields.scratch, start, this.fields.scratchLength - start, StandardCharsets.UTF_8);
		this.fields.scratchLength = start;
		return name;
	}

	private void value(int column, byte[] bytes, int from, int to) {
		if (bytes[from] == 'n') {
			this.from[column] = NULL;
			return;
		}
		this.from[column] = this.fields.scratchLength;
		TypeInfo type = this.columns.get(column).info().withoutDomains();
		if (isJson(this.columns.get(column))) {
			copy(bytes, from, to);
		}
		else if (bytes[from] == '[' && type.kind() == Kind.ARRAY) {
			array(bytes, from, to, type);
		}
		else if (bytes[from] == '"') {
			unquote(bytes, from, to);
		}
		else {
			copy(bytes, from, to);
		}
		this.to[column] = this.fields.scratchLength;
	}

	private void copy(byte[] bytes, int from, int to) {
		for (int i = from; i < to; i++) {
			this.fields.put(bytes[i]);
		}
	}

	/**
	 * Write an array as PostgreSQL does.
	 */
	private void array(byte[] bytes, int from, int to, TypeInfo type) {
		JsonText json = new JsonText(bytes, from, to);
		json.take('[');
		this.fields.put('{');
		json.skipSpace();
		boolean first = true;
		while (!json.take(']')) {
			if (!first) {
				json.take(',');
				json.skipSpace();
				this.fields.put(type.delimiter());
			}
			first = false;
			int start = json.position();
			json.skipValue();
			element(bytes, start, json.position(), type);
			json.skipSpace();
		}
		this.fields.put('}');
	}

	private void element(byte[] bytes, int from, int to, TypeInfo type) {
		TypeInfo element = type.element();
		boolean json = element != null && element.name().startsWith("json");
		if (bytes[from] == '[' && !json) {
			array(bytes, from, to, type);
		}
		else if (bytes[from] == '"' || bytes[from] == '{' || json) {
			int start = this.fields.scratchLength;
			if (bytes[from] == '"' && !json) {
				unquote(bytes, from, to);
			}
			else {
				copy(bytes, from, to);
			}
			byte[] text = Arrays.copyOfRange(this.fields.scratch, start, this.fields.scratchLength);
			this.fields.scratchLength = start;
			this.fields.put('"');
			for (byte b : text) {
				if (b == '"' || b == '\\') {
					this.fields.put('\\');
				}
				this.fields.put(b);
			}
			this.fields.put('"');
		}
		else {
			copy(bytes, from, to);
		}
	}

	/**
	 * Write what a valid JSON string stands for.
	 */
	private void unquote(byte[] bytes, int from, int to) {
		for (int i = from + 1; i < to - 1; i++) {
			byte b = bytes[i];
			if (b != '\\') {
				this.fields.put(b);
				continue;
			}
			byte escaped = bytes[++i];
			switch (escaped) {
				case 'b' -> this.fields.put('\b');
				case 'f' -> this.fields.put('\f');
				case 'n' -> this.fields.put('\n');
				case 'r' -> this.fields.put('\r');
				case 't' -> this.fields.put('\t');
				case 'u' -> i = unicode(bytes, i);
				default -> this.fields.put(escaped);
			}
		}
	}

	private int unicode(byte[] bytes, int at) {
		char c = hex(bytes, at + 1);
		int last = at + 4;
		int codePoint = c;
		if (Character.isHighSurrogate(c) && bytes[last + 1] == '\\' && bytes[last + 2] == 'u') {
			char low = hex(bytes, last + 3);
			codePoint = Character.isLowSurrogate(low) ? Character.toCodePoint(c, low) : 0;
			last += 6;
		}
		if (codePoint == 0 || (codePoint < 0x10000 && Character.isSurrogate((char) codePoint))) {
			throw new IllegalArgumentException("unsupported Unicode escape sequence");
		}
		for (byte b : Character.toString(codePoint).getBytes(StandardCharsets.UTF_8)) {
			this.fields.put(b);
		}
		return last;
	}

	private static char hex(byte[] bytes, int from) {
		int value = 0;
		for (int i = 0; i < 4; i++) {
			value = 16 * value + Character.digit(bytes[from + i], 16);
		}
		return (char) value;
	}

	@Override
	void reset() {
	}

	@Override
	void ended() {
		if (this.recordSeen) {
			this.target.absent(IntStream.range(0, this.seen.length)
				.filter((column) -> !this.seen[column])
				.mapToObj((column) -> this.columns.get(column).name())
				.toList());
		}
	}

}
