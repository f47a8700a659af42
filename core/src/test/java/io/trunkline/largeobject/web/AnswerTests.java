package io.trunkline.largeobject.web;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link Answer}, and of {@link Preconditions} by it.
 */
class AnswerTests {

	private static final Instant MODIFIED = Instant.parse("2026-01-02T03:04:05.678Z");

	private static final String SAME = "Fri, 02 Jan 2026 03:04:05 GMT";

	private static final String EARLIER = "Fri, 02 Jan 2026 03:04:04 GMT";

	private static final String LATER = "Fri, 02 Jan 2026 03:04:06 GMT";

	private static final LargeObjectDownload DOWNLOAD = LargeObjectDownload.of(7)
		.withETag("v1")
		.withLastModified(MODIFIED)
		.withContentType(MediaType.TEXT_PLAIN)
		.withFileName("x.txt");

	@Test
	void describesTheWholeContent() {
		Answer answer = get();
		assertThat(answer.status()).isEqualTo(HttpStatus.OK);
		assertThat(answer.ranges()).containsExactly(new ByteRange(0, 100_000));
		HttpHeaders headers = answer.headers();
		assertThat(headers.getContentLength()).isEqualTo(100_000);
		assertThat(headers.getContentType()).isEqualTo(MediaType.TEXT_PLAIN);
		assertThat(headers.getETag()).isEqualTo("\"v1\"");
		assertThat(headers.getFirst(HttpHeaders.LAST_MODIFIED)).isEqualTo(SAME);
		assertThat(headers.getFirst(HttpHeaders.ACCEPT_RANGES)).isEqualTo("bytes");
		assertThat(headers.getFirst(HttpHeaders.CONTENT_DISPOSITION)).isEqualTo("attachment; filename=\"x.txt\"");
		assertThat(headers.getFirst("X-Content-Type-Options")).isEqualTo("nosniff");
	}

	@Test
	void answersHeadWithTheHeadersOfGetAndNoBody() {
		Answer answer = answer(DOWNLOAD, 100_000, HttpMethod.HEAD, "Range", "bytes=0-1");
		assertThat(answer.status()).isEqualTo(HttpStatus.OK);
		assertThat(answer.hasBody()).isFalse();
		assertThat(answer.headers()).isEqualTo(get().headers());
	}

	@Test
	void sendsOneRange() {
		Answer answer = get("Range", "bytes=10-19");
		assertThat(answer.status()).isEqualTo(HttpStatus.PARTIAL_CONTENT);
		assertThat(answer.headers().getFirst(HttpHeaders.CONTENT_RANGE)).isEqualTo("bytes 10-19/100000");
		assertThat(answer.headers().getContentLength()).isEqualTo(10);
		assertThat(answer.headers().getETag()).isEqualTo("\"v1\"");
		assertThat(answer.isMultipart()).isFalse();
	}

	@Test
	void sendsSeveralRangesAsParts() {
		Answer answer = get("Range", "bytes=10-19,50000-50004");
		assertThat(answer.status()).isEqualTo(HttpStatus.PARTIAL_CONTENT);
		assertThat(answer.headers().getFirst(HttpHeaders.CONTENT_TYPE))
			.isEqualTo("multipart/byteranges; boundary=" + answer.boundary());
		assertThat(answer.headers().containsHeader(HttpHeaders.CONTENT_RANGE)).isFalse();
		assertThat(answer.ranges()).containsExactly(new ByteRange(10, 10), new ByteRange(50_000, 5));
		assertThat(get("Range", "bytes=10-19,50000-50004").boundary()).isNotEqualTo(answer.boundary());
	}

	@Test
	void sendsNoPartsWhereOnlyOneRangeIsLeft() {
		assertThat(get("Range", "bytes=10-19,15-24").headers().getFirst(HttpHeaders.CONTENT_RANGE))
			.isEqualTo("bytes 10-24/100000");
		assertThat(get("Range", "bytes=10-19,200000-").headers().getFirst(HttpHeaders.CONTENT_RANGE))
			.isEqualTo("bytes 10-19/100000");
	}

	@Test
	void tellsTheSizeWhereNoRangeIsSatisfiable() {
		Answer answer = get("Range", "bytes=100000-");
		assertThat(answer.status()).isEqualTo(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE);
		assertThat(answer.headers().getFirst(HttpHeaders.CONTENT_RANGE)).isEqualTo("bytes */100000");
		assertThat(answer.hasBody()).isFalse();
	}

	@Test
	void answersASuffixOfEmptyContentWithAllOfIt() {
		assertThat(answer(DOWNLOAD, 0, HttpMethod.GET, "Range", "bytes=-5").status()).isEqualTo(HttpStatus.OK);
		assertThat(answer(DOWNLOAD, 0, HttpMethod.GET, "Range", "bytes=0-").status())
			.isEqualTo(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE);
	}

	@ParameterizedTest
	@ValueSource(strings = { "bytes=5-4", "items=0-1", "bytes=x" })
	void ignoresARangeThatIsNone(String range) {
		assertThat(get("Range", range).status()).isEqualTo(HttpStatus.OK);
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
			If-None-Match | "v1"                | 304
			If-None-Match | W/"v1"              | 304
			If-None-Match | "v0" , W/"v1","v2"  | 304
			If-None-Match | *                   | 304
			If-None-Match | "v2"                | 200
			If-None-Match | v1                  | 200
			If-None-Match | "v1                 | 200
			If-Match      | "v1"                | 200
			If-Match      | "v0", "v1"          | 200
			If-Match      | *                   | 200
			If-Match      | W/"v1"              | 412
			If-Match      | "v2"                | 412
			If-Match      | nonsense            | 412
			""")
	void evaluatesEntityTags(String header, String value, int status) {
		assertThat(get(header, value).status().value()).isEqualTo(status);
		assertThat(get(header, value, "Range", "bytes=0-1").status().value()).isEqualTo((status == 200) ? 206 : status);
	}

	@Test
	void readsEntityTagsFromAllLines() {
		assertThat(get("If-None-Match", "\"v0\"", "If-None-Match", "\"v1\"").status())
			.isEqualTo(HttpStatus.NOT_MODIFIED);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			If-Modified-Since   | EARLIER  | 200
			If-Modified-Since   | SAME     | 304
			If-Modified-Since   | LATER    | 304
			If-Modified-Since   | nonsense | 200
			If-Unmodified-Since | EARLIER  | 412
			If-Unmodified-Since | SAME     | 200
			If-Unmodified-Since | LATER    | 200
			If-Unmodified-Since | nonsense | 200
			""")
	void evaluatesDates(String header, String date, int status) {
		String value = date.replace("EARLIER", EARLIER).replace("SAME", SAME).replace("LATER", LATER);
		assertThat(get(header, value).status().value()).isEqualTo(status);
	}

	@Test
	void prefersEntityTagsToDates() {
		assertThat(get("If-None-Match", "\"v2\"", "If-Modified-Since", SAME).status()).isEqualTo(HttpStatus.OK);
		assertThat(get("If-Match", "\"v1\"", "If-Unmodified-Since", EARLIER).status()).isEqualTo(HttpStatus.OK);
	}

	@Test
	void evaluatesIfMatchBeforeIfNoneMatch() {
		assertThat(get("If-None-Match", "\"v1\"", "If-Match", "\"v2\"").status())
			.isEqualTo(HttpStatus.PRECONDITION_FAILED);
		assertThat(get("If-None-Match", "\"v1\"", "If-Match", "\"v1\"").status()).isEqualTo(HttpStatus.NOT_MODIFIED);
	}

	@Test
	void keepsTheValidatorsAndNoContentHeadersInNotModified() {
		HttpHeaders headers = get("If-None-Match", "\"v1\"").headers();
		assertThat(headers.headerNames()).containsExactlyInAnyOrder(HttpHeaders.ETAG, HttpHeaders.LAST_MODIFIED);
	}

	@ParameterizedTest
	@CsvSource(quoteCharacter = '`', delimiter = '|', textBlock = """
			"v1"          | 206
			W/"v1"        | 200
			"v2"          | 200
			"v1", "v2"    | 200
			v1            | 200
			SAME          | 206
			EARLIER       | 200
			LATER         | 200
			""")
	void sendsARangeOfExactlyWhatTheClientHas(String value, int status) {
		String ifRange = value.replace("EARLIER", EARLIER).replace("SAME", SAME).replace("LATER", LATER);
		assertThat(get("Range", "bytes=0-1", "If-Range", ifRange).status().value()).isEqualTo(status);
	}

	@Test
	void answersAFailedIfRangeWithAllEvenIfTheRangeIsUnsatisfiable() {
		assertThat(get("Range", "bytes=100000-", "If-Range", "\"v2\"").status()).isEqualTo(HttpStatus.OK);
	}

	@Test
	void matchesOnlyTheWildcardWithoutValidators() {
		LargeObjectDownload bare = LargeObjectDownload.of(7);
		assertThat(answer(bare, 5, HttpMethod.GET, "If-Match", "\"v1\"").status())
			.isEqualTo(HttpStatus.PRECONDITION_FAILED);
		assertThat(answer(bare, 5, HttpMethod.GET, "If-None-Match", "\"v1\"").status()).isEqualTo(HttpStatus.OK);
		assertThat(answer(bare, 5, HttpMethod.GET, "If-None-Match", "*").status()).isEqualTo(HttpStatus.NOT_MODIFIED);
		assertThat(answer(bare, 5, HttpMethod.GET, "If-Modified-Since", SAME).status()).isEqualTo(HttpStatus.OK);
		assertThat(answer(bare, 5, HttpMethod.GET, "Range", "bytes=0-0", "If-Range", SAME).status())
			.isEqualTo(HttpStatus.OK);
	}

	@Test
	void neverMatchesAWeakTagStrongly() {
		LargeObjectDownload weak = LargeObjectDownload.of(7).withETag("W/\"v1\"");
		assertThat(answer(weak, 5, HttpMethod.GET, "If-Match", "W/\"v1\"").status())
			.isEqualTo(HttpStatus.PRECONDITION_FAILED);
		assertThat(answer(weak, 5, HttpMethod.GET, "If-None-Match", "\"v1\"").status())
			.isEqualTo(HttpStatus.NOT_MODIFIED);
		assertThat(answer(weak, 5, HttpMethod.GET, "Range", "bytes=0-0", "If-Range", "W/\"v1\"").status())
			.isEqualTo(HttpStatus.OK);
	}

	@Test
	void refusesOtherMethodsWhereSafeOnesGetNotModified() {
		assertThat(answer(DOWNLOAD, 5, HttpMethod.POST, "If-None-Match", "\"v1\"").status())
			.isEqualTo(HttpStatus.PRECONDITION_FAILED);
		assertThat(answer(DOWNLOAD, 5, HttpMethod.POST, "If-Modified-Since", LATER).status()).isEqualTo(HttpStatus.OK);
	}

	@Test
	void comparesInSecondsAsHttpDoes() {
		LargeObjectDownload download = LargeObjectDownload.of(7).withLastModified(MODIFIED.plus(Duration.ofMillis(1)));
		assertThat(answer(download, 5, HttpMethod.GET, "If-Modified-Since", SAME).status())
			.isEqualTo(HttpStatus.NOT_MODIFIED);
	}

	private static Answer get(String... headers) {
		return answer(DOWNLOAD, 100_000, HttpMethod.GET, headers);
	}

	private static Answer answer(LargeObjectDownload download, long size, HttpMethod method, String... headers) {
		HttpHeaders request = new HttpHeaders();
		for (int i = 0; i < headers.length; i += 2) {
			request.addAll(headers[i], List.of(headers[i + 1]));
		}
		return Answer.of(download, size, method, request);
	}

}
