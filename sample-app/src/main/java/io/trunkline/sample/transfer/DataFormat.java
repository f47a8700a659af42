package io.trunkline.sample.transfer;

import io.trunkline.copy.CopyFormat;

import org.springframework.http.MediaType;

/**
 * The formats that the parameter {@code format} names.
 */
enum DataFormat {

	CSV(CopyFormat.csv(), "text/csv;charset=UTF-8", "csv"), TEXT(CopyFormat.text(), "text/plain;charset=UTF-8", "txt"),
	BINARY(CopyFormat.binary(), "application/octet-stream", "bin"),
	JSONL(CopyFormat.jsonLines(), "application/x-ndjson;charset=UTF-8", "jsonl");

	private final CopyFormat format;

	private final MediaType mediaType;

	private final String extension;

	DataFormat(CopyFormat format, String mediaType, String extension) {
		this.format = format;
		this.mediaType = MediaType.parseMediaType(mediaType);
		this.extension = extension;
	}

	CopyFormat toCopyFormat(boolean header) {
		return (header && this == CSV) ? this.format.header() : this.format;
	}

	MediaType mediaType() {
		return this.mediaType;
	}

	String fileName(String table) {
		return table + "." + this.extension;
	}

}
