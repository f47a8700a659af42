package io.trunkline.sample.files;

import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Collections;
import java.util.Objects;
import java.util.Random;
import java.util.stream.IntStream;

import io.trunkline.client.PostgresClient;
import org.junit.jupiter.api.Timeout;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What tests of {@code /api/files} ask with. The application has one connection only.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "spring.r2dbc.pool.max-size=1", "spring.r2dbc.pool.initial-size=1" })
@Timeout(120)
abstract class FilesOverHttp {

	private static final Duration LONG = Duration.ofSeconds(30);

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@LocalServerPort
	private int port;

	@Autowired
	private PostgresClient database;

	int port() {
		return this.port;
	}

	HttpClient client() {
		return this.client;
	}

	String upload(String name, String content) throws Exception {
		HttpResponse<String> response = send(request("/api/files?name=" + name).header("Content-Type", "text/plain")
			.POST(BodyPublishers.ofString(content)));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(201);
		return response.headers().firstValue("Location").orElseThrow();
	}

	static BodyPublisher content(Random random, int mebibytes) {
		return BodyPublishers
			.ofInputStream(() -> new SequenceInputStream(Collections.enumeration(IntStream.range(0, mebibytes)
				.<InputStream>mapToObj((i) -> new ByteArrayInputStream(mebibyte(random)))
				.toList())));
	}

	static byte[] mebibyte(Random random) {
		byte[] bytes = new byte[1024 * 1024];
		random.nextBytes(bytes);
		return bytes;
	}

	/**
	 * Run a statement where the application runs its own.
	 */
	void execute(String sql) {
		this.database.sql(sql).execute().block(LONG);
	}

	long countObjects() {
		return count("SELECT count(*) FROM pg_largeobject_metadata");
	}

	long count(String sql) {
		return Objects.requireNonNull(this.database.sql(sql).fetchValue(Long.class).block(LONG));
	}

	String currentDatabase() {
		return Objects
			.requireNonNull(this.database.sql("SELECT current_database()::text").fetchValue(String.class).block(LONG));
	}

	HttpResponse<String> get(String path, String... headers) throws Exception {
		return send((headers.length > 0) ? request(path).headers(headers) : request(path));
	}

	HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
		return this.client.send(request.build(), BodyHandlers.ofString());
	}

	HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.port + path))
			.timeout(Duration.ofSeconds(60));
	}

}
