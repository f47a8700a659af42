package io.trunkline.sample.files;

import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;

import com.jayway.jsonpath.JsonPath;
import io.trunkline.test.RollbackPerTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@code /api/files} over HTTP. Requests share the transaction of the test, so
 * whatever keeps its connection makes the next request fail.
 */
@RollbackPerTest
class FilesIntegrationTests extends FilesOverHttp {

	@Test
	void storesAFileAndTellsAboutIt() throws Exception {
		HttpResponse<String> created = send(request("/api/files?name=a%20%22b%22%20%E2%82%AC.txt")
			.header("Content-Type", "text/plain;charset=UTF-8")
			.POST(BodyPublishers.ofString("hello")));
		assertThat(created.statusCode()).isEqualTo(201);
		String location = created.headers().firstValue("Location").orElseThrow();
		String json = created.body();
		assertThat(JsonPath.<String>read(json, "$.name")).isEqualTo("a \"b\" €.txt");
		assertThat(JsonPath.<String>read(json, "$.contentType")).isEqualTo("text/plain;charset=UTF-8");
		assertThat(JsonPath.<Integer>read(json, "$.size")).isEqualTo(5);
		assertThat(JsonPath.<String>read(json, "$.sha256"))
			.isEqualTo("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824");
		assertThat(location).isEqualTo("/api/files/" + JsonPath.<Integer>read(json, "$.id"));
		assertThat(get(location).body()).isEqualTo(json);
		assertThat(get("/api/files").body()).isEqualTo("[" + json + "]");
		assertThat(countObjects()).isOne();
	}

	@Test
	void sendsTheContentBack() throws Exception {
		String content = upload("x.txt", "hello") + "/content";
		HttpResponse<String> response = get(content);
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("hello");
		assertThat(response.headers().firstValue("Content-Type")).hasValue("text/plain");
		assertThat(response.headers().firstValue("Content-Disposition")).hasValue("attachment; filename=\"x.txt\"");
		assertThat(response.headers().firstValue("Accept-Ranges")).hasValue("bytes");
		HttpResponse<String> head = send(request(content).method("HEAD", BodyPublishers.noBody()));
		assertThat(head.body()).isEmpty();
		assertThat(head.headers().firstValueAsLong("Content-Length")).hasValue(5);
		assertThat(head.headers().firstValue("ETag")).isEqualTo(response.headers().firstValue("ETag"));
	}

	@Test
	void honoursRangesAndConditions() throws Exception {
		String content = upload("x.txt", "0123456789") + "/content";
		String eTag = get(content).headers().firstValue("ETag").orElseThrow();
		HttpResponse<String> part = get(content, "Range", "bytes=2-4");
		assertThat(part.statusCode()).isEqualTo(206);
		assertThat(part.body()).isEqualTo("234");
		assertThat(part.headers().firstValue("Content-Range")).hasValue("bytes 2-4/10");
		assertThat(get(content, "Range", "bytes=-3", "If-Range", eTag).body()).isEqualTo("789");
		assertThat(get(content, "Range", "bytes=-3", "If-Range", "\"other\"").body()).isEqualTo("0123456789");
		assertThat(get(content, "Range", "bytes=10-").statusCode()).isEqualTo(416);
		assertThat(get(content, "If-None-Match", eTag).statusCode()).isEqualTo(304);
		assertThat(get(content, "If-Match", "\"other\"").statusCode()).isEqualTo(412);
	}

	@Test
	void storesAnEmptyFile() throws Exception {
		String file = upload("empty", "");
		HttpResponse<String> response = get(file + "/content");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(0);
	}

	@Test
	void replacesTheContent() throws Exception {
		String file = upload("x.txt", "old");
		String eTag = get(file + "/content").headers().firstValue("ETag").orElseThrow();
		HttpResponse<String> replaced = send(request(file + "/content").header("Content-Type", "text/html")
			.PUT(BodyPublishers.ofString("<b>new</b>")));
		assertThat(replaced.statusCode()).isEqualTo(200);
		assertThat(JsonPath.<String>read(replaced.body(), "$.contentType")).isEqualTo("text/html");
		HttpResponse<String> response = get(file + "/content", "If-None-Match", eTag);
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("<b>new</b>");
		assertThat(get(file).body()).isEqualTo(replaced.body());
		assertThat(countObjects()).isOne();
	}

	@Test
	void deletesTheRowAndTheObject() throws Exception {
		String file = upload("x.txt", "hello");
		assertThat(send(request(file).DELETE()).statusCode()).isEqualTo(204);
		assertThat(count("SELECT count(*) FROM files")).isZero();
		assertThat(countObjects()).isZero();
		assertThat(send(request(file).DELETE()).statusCode()).isEqualTo(404);
	}

	@Test
	void answersForAMissingFile() throws Exception {
		for (HttpRequest.Builder request : List.of(request("/api/files/4711"), request("/api/files/4711/content"),
				request("/api/files/4711").DELETE(),
				request("/api/files/4711/content").PUT(BodyPublishers.ofString("x")))) {
			assertProblem(send(request), 404, "There is no file 4711");
		}
		assertThat(countObjects()).isZero();
	}

	@Test
	void answersForARowWhoseObjectIsGone() throws Exception {
		String file = upload("x.txt", "hello");
		execute("SELECT lo_unlink(oid) FROM files");
		HttpResponse<String> response = get(file + "/content");
		assertProblem(response, 404, "does not exist");
		assertThat(response.headers().firstValue("ETag")).isEmpty();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/api/files/x", "/api/files/1.5", "/api/files/99999999999999999999/content" })
	void refusesAnIdThatIsNone(String path) throws Exception {
		assertProblem(get(path), 400, "'id' must be of type long");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "?name=", "?name=%20%20", "?name=a%00b", "?name=a%0D%0Ab" })
	void refusesAnUploadWithoutAProperName(String query) throws Exception {
		assertProblem(send(request("/api/files" + query).POST(BodyPublishers.ofString("x"))), 400, "name");
		assertThat(countObjects()).isZero();
	}

	@Test
	void refusesANameThatIsTooLongAndAContentTypeThatIsNone() throws Exception {
		assertProblem(send(request("/api/files?name=" + "x".repeat(256)).POST(BodyPublishers.ofString("x"))), 400,
				"255");
		assertProblem(
				send(request("/api/files?name=x").header("Content-Type", "rubbish").POST(BodyPublishers.ofString("x"))),
				415, "rubbish");
	}

	@ParameterizedTest
	@CsvSource({ "POST,/api/files", "POST,/api/files?name=x", "PUT,/api/files/1/content" })
	void refusesAFileInAForm(String method, String path) throws Exception {
		assertProblem(send(request(path).header("Content-Type", "multipart/form-data; boundary=x")
			.method(method, BodyPublishers.ofString("--x\r\n\r\ncontent\r\n--x--\r\n"))), 415, "curl -T FILE");
		assertThat(countObjects()).isZero();
	}

	@Test
	void tellsWhatTheServerSaid() throws Exception {
		execute("ALTER TABLE files ADD CONSTRAINT no_tar CHECK (name NOT LIKE '%.tar')");
		execute("CREATE UNIQUE INDEX one_name ON files (name)");
		HttpResponse<String> refused = send(request("/api/files?name=x.tar").POST(BodyPublishers.ofString("secret")));
		assertProblem(refused, 400, "no_tar");
		assertThat(JsonPath.<String>read(refused.body(), "$.sqlState")).isEqualTo("23514");
		assertThat(JsonPath.<String>read(refused.body(), "$.constraint")).isEqualTo("no_tar");
		assertThat(JsonPath.<String>read(refused.body(), "$.table")).isEqualTo("files");
		upload("x.txt", "first");
		HttpResponse<String> taken = send(request("/api/files?name=x.txt").POST(BodyPublishers.ofString("second")));
		assertProblem(taken, 409, "one_name");
		assertThat(countObjects()).isOne();
	}

	@Test
	void carriesALargeFileThereAndBack() throws Exception {
		long seed = System.nanoTime();
		MessageDigest sent = MessageDigest.getInstance("SHA-256");
		Random random = new Random(seed);
		for (int i = 0; i < 50; i++) {
			sent.update(mebibyte(random));
		}
		String sha256 = HexFormat.of().formatHex(sent.digest());
		HttpResponse<String> created = send(request("/api/files?name=large.bin").POST(content(new Random(seed), 50)));
		assertThat(created.statusCode()).isEqualTo(201);
		assertThat(JsonPath.<String>read(created.body(), "$.sha256")).as("seed %d", seed).isEqualTo(sha256);
		HttpResponse<InputStream> download = client().send(
				request(created.headers().firstValue("Location").orElseThrow() + "/content").build(),
				BodyHandlers.ofInputStream());
		MessageDigest received = MessageDigest.getInstance("SHA-256");
		try (InputStream in = new DigestInputStream(download.body(), received)) {
			in.transferTo(OutputStream.nullOutputStream());
		}
		assertThat(HexFormat.of().formatHex(received.digest())).as("seed %d", seed).isEqualTo(sha256);
	}

	@Test
	void servesThePageAndTheEndpoints() throws Exception {
		assertThat(get("/").body()).contains("<title>Trunkline");
		for (String path : List.of("/files.js", "/style.css", "/actuator/health", "/actuator/metrics",
				"/actuator/prometheus")) {
			assertThat(get(path).statusCode()).as(path).isEqualTo(200);
		}
		assertProblem(get("/nothing"), 404, "nothing");
	}

	private static void assertProblem(HttpResponse<String> response, int status, String detail) {
		assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(JsonPath.<Integer>read(response.body(), "$.status")).isEqualTo(status);
		assertThat(JsonPath.<String>read(response.body(), "$.detail")).contains(detail);
		assertThat(response.body()).doesNotContain("trace", "Exception", "INSERT", "\tat ");
	}

}
