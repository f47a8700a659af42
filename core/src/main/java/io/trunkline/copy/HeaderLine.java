package io.trunkline.copy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import io.trunkline.copy.CopyFormat.Kind;
import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * Reads the names of the columns from the first line of a source.
 */
final class HeaderLine {

	private HeaderLine() {
	}

	/**
	 * Read the names.
	 * @param first the first frame, without byte order mark; {@code null} for an empty
	 * source
	 * @param format the format
	 */
	static List<String> read(@Nullable Chunk first, CopyFormat format) {
		if (first == null) {
			throw new CopyDataException("The source is empty, and its first line should name the columns", null, null);
		}
		String text = new String(first.array(), first.offset(), first.length(), charset(format));
		List<String> names = (format.kind() == Kind.CSV) ? csv(text, format) : text(text, format);
		if (names.stream().anyMatch(String::isEmpty)) {
			throw new CopyDataException("The first line should name the columns, and a name in it is empty",
					new CopyLocation(1, null), null);
		}
		return names;
	}

	private static List<String> csv(String text, CopyFormat format) {
		List<String> names = new ArrayList<>();
		StringBuilder name = new StringBuilder();
		boolean quoted = false;
		for (int i = 0; i < text.length(); i++) {
			char c = text.charAt(i);
			char next = (i + 1 < text.length()) ? text.charAt(i + 1) : 0;
			if (quoted && c == format.escape() && (next == format.quote() || next == format.escape())) {
				name.append(next);
				i++;
			}
			else if (c == format.quote()) {
				quoted = !quoted;
			}
			else if (!quoted && (c == '\n' || c == '\r')) {
				break;
			}
			else if (!quoted && c == format.delimiter()) {
				names.add(name.toString());
				name.setLength(0);
			}
			else {
				name.append(c);
			}
		}
		names.add(name.toString());
		return names;
	}

	private static List<String> text(String text, CopyFormat format) {
		List<String> names = new ArrayList<>();
		StringBuilder name = new StringBuilder();
		for (int i = 0; i < text.length(); i++) {
			char c = text.charAt(i);
			if (c == '\\' && i + 1 < text.length()) {
				name.append(unescaped(text.charAt(++i)));
			}
			else if (c == '\n' || c == '\r') {
				break;
			}
			else if (c == format.delimiter()) {
				names.add(name.toString());
				name.setLength(0);
			}
			else {
				name.append(c);
			}
		}
		names.add(name.toString());
		return names;
	}

	private static char unescaped(char c) {
		return switch (c) {
			case 't' -> '\t';
			case 'n' -> '\n';
			case 'r' -> '\r';
			default -> c;
		};
	}

	private static Charset charset(CopyFormat format) {
		String encoding = format.encoding();
		if (encoding == null || format.utf16() != null) {
			return StandardCharsets.UTF_8;
		}
		String name = encoding.replaceFirst("(?i)^win", "windows-").replaceFirst("^windows-dows", "windows");
		try {
			return Charset.forName(name);
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidDataAccessApiUsageException(
					"The header line in the encoding [" + encoding + "] cannot be read: declare the columns", ex);
		}
	}

}
