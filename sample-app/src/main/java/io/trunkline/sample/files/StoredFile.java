package io.trunkline.sample.files;

import java.time.OffsetDateTime;

import io.r2dbc.spi.Readable;
import io.trunkline.largeobject.web.LargeObjectDownload;

import org.springframework.http.MediaType;

/**
 * What is known of a file besides its bytes.
 *
 * @param id its number
 * @param oid the large object that holds its content; another one for each new content
 * @param name its name
 * @param contentType its media type
 * @param size its size in bytes
 * @param sha256 the SHA-256 of its content in hexadecimal
 * @param createdAt when it was uploaded
 * @param updatedAt when its content last changed
 */
record StoredFile(long id, long oid, String name, String contentType, long size, String sha256,
		OffsetDateTime createdAt, OffsetDateTime updatedAt) {

	static StoredFile from(Readable row) {
		return new StoredFile(row.get("id", Long.class), row.get("oid", Long.class), row.get("name", String.class),
				row.get("content_type", String.class), row.get("size", Long.class), row.get("sha256", String.class),
				row.get("created_at", OffsetDateTime.class), row.get("updated_at", OffsetDateTime.class));
	}

	LargeObjectDownload toDownload() {
		return LargeObjectDownload.of(this.oid)
			.withFileName(this.name)
			.withContentType(MediaType.parseMediaType(this.contentType))
			.withSize(this.size)
			.withETag(this.sha256)
			.withLastModified(this.updatedAt.toInstant());
	}

}
