package io.trunkline.largeobject.web;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.UUID;

import org.springframework.http.ETag;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;

/**
 * What a request gets: all of the response but the bytes.
 *
 * @param status the status
 * @param headers the headers
 * @param size the size of the whole content in bytes
 * @param ranges what to send of it: nothing, one range, or several as a multipart body
 * @param boundary what divides a multipart body
 */
record Answer(HttpStatus status, HttpHeaders headers, long size, List<ByteRange> ranges, String boundary) {

	private static final String CRLF = "\r\n";

	static Answer of(LargeObjectDownload download, long size, HttpMethod method, HttpHeaders request) {
		Preconditions preconditions = new Preconditions(method, request, download.eTag(), download.lastModified());
		HttpStatus status = preconditions.evaluate();
		if (status != null) {
			return withoutBody(status, (status == HttpStatus.NOT_MODIFIED) ? validators(download) : new HttpHeaders(),
					size);
		}
		RangeHeader range = (method.equals(HttpMethod.GET) && preconditions.isRangeWanted())
				? RangeHeader.parse(request.get(HttpHeaders.RANGE)) : null;
		if (range == null) {
			return whole(download, size, method);
		}
		List<ByteRange> ranges = range.resolve(size);
		return switch (ranges.size()) {
			// Empty content satisfies a suffix, but no Content-Range can say so.
			case 0 -> (size == 0 && range.hasSuffix()) ? whole(download, size, method) : unsatisfiable(size);
			case 1 -> part(download, size, ranges.get(0));
			default -> parts(download, size, ranges);
		};
	}

	private static Answer whole(LargeObjectDownload download, long size, HttpMethod method) {
		HttpHeaders headers = representation(download);
		headers.setContentType(download.contentType());
		headers.setContentLength(size);
		return method.equals(HttpMethod.HEAD) ? withoutBody(HttpStatus.OK, headers, size)
				: new Answer(HttpStatus.OK, headers, size, List.of(new ByteRange(0, size)), "");
	}

	private static Answer part(LargeObjectDownload download, long size, ByteRange range) {
		HttpHeaders headers = representation(download);
		headers.setContentType(download.contentType());
		headers.set(HttpHeaders.CONTENT_RANGE, range.contentRange(size));
		headers.setContentLength(range.length());
		return new Answer(HttpStatus.PARTIAL_CONTENT, headers, size, List.of(range), "");
	}

	private static Answer parts(LargeObjectDownload download, long size, List<ByteRange> ranges) {
		HttpHeaders headers = representation(download);
		// Not guessable, so that no content can be made to hold it.
		String boundary = UUID.randomUUID().toString();
		headers.set(HttpHeaders.CONTENT_TYPE, "multipart/byteranges; boundary=" + boundary);
		Answer answer = new Answer(HttpStatus.PARTIAL_CONTENT, headers, size, ranges, boundary);
		long length = answer.closing().length;
		for (ByteRange range : ranges) {
			length += answer.opening(range, download).length + range.length();
		}
		headers.setContentLength(length);
		return answer;
	}

	private static Answer unsatisfiable(long size) {
		HttpHeaders headers = new HttpHeaders();
		headers.set(HttpHeaders.ACCEPT_RANGES, "bytes");
		headers.set(HttpHeaders.CONTENT_RANGE, "bytes */" + size);
		return withoutBody(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers, size);
	}

	private static Answer withoutBody(HttpStatus status, HttpHeaders headers, long size) {
		return new Answer(status, headers, size, List.of(), "");
	}

	private static HttpHeaders representation(LargeObjectDownload download) {
		HttpHeaders headers = validators(download);
		headers.set(HttpHeaders.ACCEPT_RANGES, "bytes");
		headers.set(HttpHeaders.CONTENT_DISPOSITION,
				ContentDispositionHeader.format(download.isInline(), download.fileName()));
		headers.set("X-Content-Type-Options", "nosniff");
		return headers;
	}

	private static HttpHeaders validators(LargeObjectDownload download) {
		HttpHeaders headers = new HttpHeaders();
		ETag eTag = download.eTag();
		if (eTag != null) {
			headers.setETag(eTag.formattedTag());
		}
		if (download.lastModified() != null) {
			headers.setLastModified(download.lastModified());
		}
		return headers;
	}

	boolean hasBody() {
		return !this.ranges.isEmpty();
	}

	boolean isMultipart() {
		return this.ranges.size() > 1;
	}

	/**
	 * Return what stands before a part; the line end before a boundary belongs to it.
	 */
	byte[] opening(ByteRange range, LargeObjectDownload download) {
		return bytes(CRLF + "--" + this.boundary + CRLF + "Content-Type: " + download.contentType() + CRLF
				+ "Content-Range: " + range.contentRange(this.size) + CRLF + CRLF);
	}

	byte[] closing() {
		return bytes(CRLF + "--" + this.boundary + "--" + CRLF);
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

}
