package io.trunkline.largeobject.web;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

import org.jspecify.annotations.Nullable;

import org.springframework.http.ETag;
import org.springframework.http.MediaType;
import org.springframework.util.Assert;

/**
 * Immutable description of a large object as a representation in the sense of RFC 9110:
 * which object, and what the application knows about it and the server does not.
 * <p>
 * The default is a download ({@code Content-Disposition: attachment}) without a name, of
 * type {@code application/octet-stream}, with no validators.
 *
 * @since 0.1.0
 * @see LargeObjectResponses
 */
public final class LargeObjectDownload {

	private static final long MAX_OID = 0xFFFFFFFFL;

	private final long oid;

	private final boolean inline;

	private final MediaType contentType;

	private final @Nullable String fileName;

	private final @Nullable ETag eTag;

	private final @Nullable Instant lastModified;

	private final @Nullable Long size;

	private LargeObjectDownload(long oid, boolean inline, MediaType contentType, @Nullable String fileName,
			@Nullable ETag eTag, @Nullable Instant lastModified, @Nullable Long size) {
		this.oid = oid;
		this.inline = inline;
		this.contentType = contentType;
		this.fileName = fileName;
		this.eTag = eTag;
		this.lastModified = lastModified;
		this.size = size;
	}

	/**
	 * Describe an object by its oid alone.
	 * @param oid the oid, between 1 and 4,294,967,295
	 * @return a new description
	 */
	public static LargeObjectDownload of(long oid) {
		Assert.isTrue(oid >= 1 && oid <= MAX_OID, () -> "'oid' must be between 1 and " + MAX_OID + ", and is " + oid);
		return new LargeObjectDownload(oid, false, MediaType.APPLICATION_OCTET_STREAM, null, null, null, null);
	}

	/**
	 * Set the name to save the content under. Any name will do: what cannot be in a
	 * header or must not be in a file name (control and bidirectional formatting
	 * characters, path separators) is replaced, a name of more than 255 characters is
	 * shortened before its extension, and characters outside US-ASCII are sent as RFC
	 * 8187 says.
	 * @param fileName the name, without a path
	 */
	public LargeObjectDownload withFileName(String fileName) {
		Assert.notNull(fileName, "'fileName' must not be null");
		return new LargeObjectDownload(this.oid, this.inline, this.contentType, fileName, this.eTag, this.lastModified,
				this.size);
	}

	/**
	 * Let a browser show the content instead of saving it.
	 * <p>
	 * A browser runs the scripts of HTML, SVG and XML that it shows as your site's own.
	 * For content that others uploaded stay with the default, or set a
	 * {@code Content-Security-Policy: sandbox} besides.
	 */
	public LargeObjectDownload inline() {
		return new LargeObjectDownload(this.oid, true, this.contentType, this.fileName, this.eTag, this.lastModified,
				this.size);
	}

	/**
	 * Let a browser save the content; the default.
	 */
	public LargeObjectDownload attachment() {
		return new LargeObjectDownload(this.oid, false, this.contentType, this.fileName, this.eTag, this.lastModified,
				this.size);
	}

	/**
	 * Set the media type of the content.
	 * @param contentType a concrete media type
	 */
	public LargeObjectDownload withContentType(MediaType contentType) {
		Assert.notNull(contentType, "'contentType' must not be null");
		Assert.isTrue(contentType.isConcrete(),
				() -> "'contentType' must be concrete, without '*', and is " + contentType);
		return new LargeObjectDownload(this.oid, this.inline, contentType, this.fileName, this.eTag, this.lastModified,
				this.size);
	}

	/**
	 * Set the entity tag: something that is another one for each other content, such as a
	 * digest or a version number. With it clients can ask conditionally and continue
	 * where a download broke off.
	 * @param eTag the tag; quoted here where it is not. One that begins with {@code W/"}
	 * is weak and never matches in {@code If-Match} and {@code If-Range}
	 */
	public LargeObjectDownload withETag(String eTag) {
		Assert.hasLength(eTag, "'eTag' must not be empty");
		ETag parsed = ETag.create(ETag.quoteETagIfNecessary(eTag));
		Assert.isTrue(!parsed.tag().isEmpty() && parsed.tag().chars().allMatch(LargeObjectDownload::isAllowedInETag),
				"'eTag' must consist of visible US-ASCII characters other than the double quote");
		return new LargeObjectDownload(this.oid, this.inline, this.contentType, this.fileName, parsed,
				this.lastModified, this.size);
	}

	private static boolean isAllowedInETag(int character) {
		return character > ' ' && character < 0x7F && character != '"';
	}

	/**
	 * Set the time of the last change. HTTP knows seconds: what is finer is cut off.
	 * @param lastModified the time
	 */
	public LargeObjectDownload withLastModified(Instant lastModified) {
		Assert.notNull(lastModified, "'lastModified' must not be null");
		return new LargeObjectDownload(this.oid, this.inline, this.contentType, this.fileName, this.eTag,
				lastModified.truncatedTo(ChronoUnit.SECONDS), this.size);
	}

	/**
	 * Set the size, where the application has it at hand. Spares the query for it; HEAD,
	 * 304, 412 and 416 are then answered without the database, and so without a look
	 * whether the object is still there.
	 * @param size the size in bytes
	 */
	public LargeObjectDownload withSize(long size) {
		Assert.isTrue(size >= 0, () -> "'size' must not be negative, and is " + size);
		return new LargeObjectDownload(this.oid, this.inline, this.contentType, this.fileName, this.eTag,
				this.lastModified, size);
	}

	long oid() {
		return this.oid;
	}

	boolean isInline() {
		return this.inline;
	}

	MediaType contentType() {
		return this.contentType;
	}

	@Nullable String fileName() {
		return this.fileName;
	}

	@Nullable ETag eTag() {
		return this.eTag;
	}

	@Nullable Instant lastModified() {
		return this.lastModified;
	}

	@Nullable Long size() {
		return this.size;
	}

}
