package io.trunkline.copy;

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * How the bytes of a source or sink are compressed.
 *
 * @since 0.1.0
 */
public enum Compression {

	/** Not at all. */
	NONE,

	/** Gzip (RFC 1952). A source may have any number of members. */
	GZIP,

	/**
	 * Zstandard (RFC 8878), which needs {@code com.github.luben:zstd-jni} on the class
	 * path. A source may have any number of frames.
	 */
	ZSTD;

	/**
	 * Return what the name of a file says: {@code .gz} and {@code .gzip}, {@code .zst}
	 * and {@code .zstd}, in any case.
	 * @param fileName the name, {@code null} for none
	 * @return the compression, {@link #NONE} for any other name
	 */
	public static Compression ofFileName(@Nullable String fileName) {
		String name = (fileName != null) ? fileName.toLowerCase(Locale.ROOT) : "";
		if (name.endsWith(".gz") || name.endsWith(".gzip")) {
			return GZIP;
		}
		return (name.endsWith(".zst") || name.endsWith(".zstd")) ? ZSTD : NONE;
	}

}
