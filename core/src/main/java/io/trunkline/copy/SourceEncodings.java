package io.trunkline.copy;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * The encodings that the client converts, by the names that PostgreSQL has for them
 * ({@code pg_encname_tbl}). It converts only those of which Java makes the same
 * characters as the server.
 */
final class SourceEncodings {

	private static final Map<String, String> CHARSETS = new HashMap<>();

	static {
		add("UTF-8", "utf8", "unicode");
		add("UTF-16", "utf16");
		add("UTF-16LE", "utf16le");
		add("UTF-16BE", "utf16be");
		add("ISO-8859-1", "latin1", "iso88591");
		add("ISO-8859-2", "latin2", "iso88592");
		add("ISO-8859-3", "latin3", "iso88593");
		add("ISO-8859-4", "latin4", "iso88594");
		add("ISO-8859-5", "iso88595");
		add("ISO-8859-6", "iso88596");
		add("ISO-8859-7", "iso88597");
		add("ISO-8859-8", "iso88598");
		add("ISO-8859-9", "latin5", "iso88599");
		add("ISO-8859-13", "latin7", "iso885913");
		add("ISO-8859-15", "latin9", "iso885915");
		add("ISO-8859-16", "latin10", "iso885916");
		for (int page = 1250; page <= 1258; page++) {
			add("windows-" + page, "win" + page, "windows" + page);
		}
		add("windows-1251", "win");
		add("windows-1258", "tcvn", "tcvn5712", "abc", "vscii");
		add("IBM866", "win866", "windows866", "alt");
		add("x-windows-874", "win874", "windows874");
		add("KOI8-R", "koi8r", "koi8");
		add("KOI8-U", "koi8u");
		add("windows-31j", "sjis", "shiftjis", "mskanji", "win932", "windows932");
		add("EUC-KR", "euckr");
		add("x-windows-949", "uhc", "win949", "windows949");
		add("GB2312", "euccn");
		add("x-mswin-936", "gbk", "win936", "windows936");
	}

	private SourceEncodings() {
	}

	private static void add(String charset, String... names) {
		for (String name : names) {
			CHARSETS.put(name, charset);
		}
	}

	/**
	 * Return a name as the server compares it: without case and punctuation.
	 */
	static String cleaned(String encoding) {
		return encoding.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "");
	}

	/**
	 * Return the charset of an encoding, {@code null} where there is none that is the
	 * same, or where this JVM does not have it.
	 */
	static @Nullable Charset charset(String encoding) {
		String name = CHARSETS.get(cleaned(encoding));
		return (name != null && Charset.isSupported(name)) ? Charset.forName(name) : null;
	}

	/**
	 * Return the charset of an encoding, or refuse it.
	 * @param encoding the encoding, {@code null} for UTF-8
	 */
	static Charset required(@Nullable String encoding) {
		Charset charset = (encoding != null) ? charset(encoding) : StandardCharsets.UTF_8;
		if (charset == null) {
			throw new InvalidDataAccessApiUsageException("A load by way of a staging table does not read the encoding ["
					+ encoding + "]: convert the source to UTF-8, or use copyIn, for which the server converts it");
		}
		return charset;
	}

}
