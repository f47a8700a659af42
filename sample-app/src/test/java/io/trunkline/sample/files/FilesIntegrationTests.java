package io.trunkline.sample.files;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

import com.jayway.jsonpath.JsonPath;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@code /api/files} over HTTP. The application has one connection only, so
 * whatever keeps it makes the next request fail.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "spring.r2dbc.pool.max-size=1", "spring.r2dbc.pool.initial-size=1" })
@DirtiesContext
@Timeout(120)
class FilesIntegrationTests {

	private static final PostgresTestServer postgres = PostgresTestServer.get();

	private static final String database = postgres.createDatabase();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@LocalServerPort
	private int port;

	@DynamicPropertySource
	static void connect(DynamicPropertyRegistry registry) {
		registry.add("spring.r2dbc.url", () -> postgres.r2dbcUrl(database));
		registry.add("spring.r2dbc.username", postgres::user);
		registry.add("spring.r2dbc.password", postgres::password);
	}

	@AfterAll
	static void dropDatabase() {
		postgres.dropDatabase(database);
	}

	@BeforeEach
	void deleteAll() {
		postgres.executeIn(database, "SELECT lo_unlink(oid) FROM pg_largeobject_metadata", "DELETE FROM files");
	}

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
		postgres.executeIn(database, "SELECT lo_unlink(oid) FROM files");
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
				400, "rubbish");
	}

	@Test
	void tellsWhatTheServerSaid() throws Exception {
		postgres.executeIn(database, "ALTER TABLE files ADD CONSTRAINT no_tar CHECK (name NOT LIKE '%.tar')",
				"CREATE UNIQUE INDEX one_name ON files (name)");
		try {
			HttpResponse<String> refused = send(
					request("/api/files?name=x.tar").POST(BodyPublishers.ofString("secret")));
			assertProblem(refused, 400, "no_tar");
			assertThat(JsonPath.<String>read(refused.body(), "$.sqlState")).isEqualTo("23514");
			assertThat(JsonPath.<String>read(refused.body(), "$.constraint")).isEqualTo("no_tar");
			assertThat(JsonPath.<String>read(refused.body(), "$.table")).isEqualTo("files");
			upload("x.txt", "first");
			HttpResponse<String> taken = send(request("/api/files?name=x.txt").POST(BodyPublishers.ofString("second")));
			assertProblem(taken, 409, "one_name");
			assertThat(countObjects()).isOne();
		}
		finally {
			postgres.executeIn(database, "ALTER TABLE files DROP CONSTRAINT no_tar", "DROP INDEX one_name");
		}
	}

	@Test
	void tellsOfALostDatabaseAndRecovers() throws Exception {
		upload("x.txt", "hello");
		try (Socket socket = begin("POST /api/files?name=cut.bin")) {
			awaitCopy();
			postgres.executeIn(database, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
					+ " WHERE datname = current_database() AND query LIKE 'COPY %'");
			assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
				.isEqualTo("HTTP/1.1 503");
		}
		upload("y.txt", "hello again");
		assertThat(countObjects()).isEqualTo(2);
	}

	@Test
	void keepsNothingOfAnUploadThatIsBrokenOff() throws Exception {
		Socket socket = begin("POST /api/files?name=cut.bin");
		awaitCopy();
		socket.close();
		assertThat(get("/api/files").body()).isEqualTo("[]");
		assertThat(count("SELECT count(*) FROM files")).isZero();
		assertThat(countObjects()).isZero();
	}

	@Test
	void keepsTheOldContentWhenAReplacementIsBrokenOff() throws Exception {
		String file = upload("x.txt", "old");
		Socket socket = begin("PUT " + file + "/content");
		awaitCopy();
		socket.close();
		assertThat(get(file + "/content").body()).isEqualTo("old");
		assertThat(countObjects()).isOne();
	}

	@Test
	void freesTheConnectionWhenADownloadIsBrokenOff() throws Exception {
		HttpResponse<String> created = send(request("/api/files?name=large").POST(content(new Random(1), 50)));
		String location = created.headers().firstValue("Location").orElseThrow();
		try (Socket socket = new Socket("127.0.0.1", this.port)) {
			socket.getOutputStream()
				.write(("GET " + location + "/content HTTP/1.1\r\nHost: x\r\n\r\n")
					.getBytes(StandardCharsets.US_ASCII));
			assertThat(socket.getInputStream().readNBytes(100_000)).hasSize(100_000);
		}
		assertThat(send(request(location).timeout(Duration.ofSeconds(5))).body()).isEqualTo(created.body());
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
		HttpResponse<InputStream> download = this.client.send(
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

	private String upload(String name, String content) throws Exception {
		HttpResponse<String> response = send(request("/api/files?name=" + name).header("Content-Type", "text/plain")
			.POST(BodyPublishers.ofString(content)));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
		return response.headers().firstValue("Location").orElseThrow();
	}

	/**
	 * Send the head of a request and a fifth of its body.
	 */
	private Socket begin(String methodAndPath) throws IOException {
		Socket socket = new Socket("127.0.0.1", this.port);
		OutputStream out = socket.getOutputStream();
		out.write((methodAndPath + " HTTP/1.1\r\nHost: x\r\nContent-Length: 50000000\r\n\r\n")
			.getBytes(StandardCharsets.US_ASCII));
		out.write(new byte[10_000_000]);
		out.flush();
		return socket;
	}

	/**
	 * Wait until the body is on its way to the database.
	 */
	private static void awaitCopy() {
		long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
		while (count("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
				+ " AND query LIKE 'COPY %'") == 0) {
			assertThat(System.nanoTime()).as("time of the deadline").isLessThan(deadline);
		}
	}

	private static BodyPublisher content(Random random, int mebibytes) {
		return BodyPublishers
			.ofInputStream(() -> new SequenceInputStream(Collections.enumeration(IntStream.range(0, mebibytes)
				.<InputStream>mapToObj((i) -> new ByteArrayInputStream(mebibyte(random)))
				.toList())));
	}

	private static byte[] mebibyte(Random random) {
		byte[] bytes = new byte[1024 * 1024];
		random.nextBytes(bytes);
		return bytes;
	}

	private static long countObjects() {
		return count("SELECT count(*) FROM pg_largeobject_metadata");
	}

	private static long count(String sql) {
		try (Connection connection = postgres.jdbc(database); Statement statement = connection.createStatement()) {
			ResultSet result = statement.executeQuery(sql);
			result.next();
			return result.getLong(1);
		}
		catch (SQLException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private HttpResponse<String> get(String path, String... headers) throws Exception {
		return send((headers.length > 0) ? request(path).headers(headers) : request(path));
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
		return this.client.send(request.build(), BodyHandlers.ofString());
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.port + path))
			.timeout(Duration.ofSeconds(60));
	}

}
