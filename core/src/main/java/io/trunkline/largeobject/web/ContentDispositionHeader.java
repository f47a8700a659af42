package io.trunkline.largeobject.web;

import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

/**
 * The value of a {@code Content-Disposition} header (RFC 6266) for any file name.
 * Spring's builder lets control characters through, line ends among them, and sends
 * characters outside US-ASCII in the plain parameter, where clients do not agree on their
 * meaning.
 */
final class ContentDispositionHeader {

	private static final int MAX_LENGTH = 255;

	private static final int MAX_EXTENSION_LENGTH = 20;

	private static final String REPLACEMENT = "_";

	/**
	 * What RFC 8187 calls attr-char, besides letters and digits.
	 */
	private static final String PLAIN = "!#$&+-.^_`|~";

	private ContentDispositionHeader() {
	}

	static String format(boolean inline, @Nullable String fileName) {
		String type = inline ? "inline" : "attachment";
		String name = (fileName != null) ? clean(fileName) : "";
		if (name.isEmpty()) {
			return type;
		}
		String ascii = ascii(name);
		String value = type + "; filename=\"" + ascii + "\"";
		return ascii.equals(name) ? value : value + "; filename*=UTF-8''" + encode(name);
	}

	private static String clean(String fileName) {
		int[] characters = fileName.strip().codePoints().map(ContentDispositionHeader::clean).toArray();
		String name = new String(characters, 0, characters.length);
		if (characters.length > MAX_LENGTH) {
			name = shorten(name, characters);
		}
		// The names of the directory itself and the one above it.
		return (name.equals(".") || name.equals("..")) ? REPLACEMENT : name;
	}

	private static int clean(int character) {
		boolean refused = switch (Character.getType(character)) {
			case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.LINE_SEPARATOR,
					Character.PARAGRAPH_SEPARATOR ->
				true;
			default -> character == '/' || character == '\\';
		};
		return refused ? REPLACEMENT.charAt(0) : character;
	}

	private static String shorten(String name, int[] characters) {
		int dot = name.lastIndexOf('.');
		String extension = (dot > 0 && name.length() - dot <= MAX_EXTENSION_LENGTH) ? name.substring(dot) : "";
		int kept = MAX_LENGTH - extension.codePointCount(0, extension.length());
		return new String(characters, 0, kept) + extension;
	}

	/**
	 * What every client reads the same way; some decode percent signs here, and some do
	 * not understand an escaped quote.
	 */
	private static String ascii(String name) {
		StringBuilder ascii = new StringBuilder(name.length());
		name.codePoints().forEach((character) -> {
			boolean kept = character >= ' ' && character < 0x7F && character != '"' && character != '%';
			ascii.append(kept ? (char) character : REPLACEMENT.charAt(0));
		});
		return ascii.toString();
	}

	private static String encode(String name) {
		StringBuilder encoded = new StringBuilder();
		for (byte each : name.getBytes(StandardCharsets.UTF_8)) {
			char character = (char) (each & 0xFF);
			boolean plain = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z')
					|| (character >= '0' && character <= '9') || PLAIN.indexOf(character) >= 0;
			if (plain) {
				encoded.append(character);
			}
			else {
				encoded.append('%')
					.append(Character.toUpperCase(Character.forDigit(character >> 4, 16)))
					.append(Character.toUpperCase(Character.forDigit(character & 0xF, 16)));
			}
		}
		return encoded.toString();
	}

}
