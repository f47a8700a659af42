package io.trunkline.largeobject.web;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

import io.r2dbc.pool.ConnectionPool;
import io.r2dbc.pool.ConnectionPoolConfiguration;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.largeobject.LargeObjectNotFoundException;
import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.LargeObjectTransfer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.netty.DisposableServer;
import reactor.netty.http.server.HttpServer;

import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.dao.ConcurrencyFailureException;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.HttpHandler;
import org.springframework.http.server.reactive.ReactorHttpHandlerAdapter;
import org.springframework.web.reactive.function.server.HandlerStrategies;
import org.springframework.web.reactive.function.server.RequestPredicates;
import org.springframework.web.reactive.function.server.RouterFunction;
import org.springframework.web.reactive.function.server.RouterFunctions;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.adapter.WebHttpHandlerBuilder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests of {@link LargeObjectResponses} behind a real HTTP server.
 */
@Timeout(60)
class LargeObjectResponsesIntegrationTests {

	private static final int CHUNK_SIZE = 64 * 1024;

	private static final int SIZE = 3 * CHUNK_SIZE + 123;

	private static final long SEED = System.nanoTime();

	private static final Random random = new Random(SEED);

	private static final ConnectionPool pool = new ConnectionPool(
			ConnectionPoolConfiguration.builder(PostgresTestServer.get().connectionFactory())
				.initialSize(0)
				.maxSize(1)
				.maxAcquireTime(Duration.ofSeconds(20))
				.build());

	private static final LargeObjectTemplate largeObjects = LargeObjectTemplate.builder(pool)
		.chunkSize(CHUNK_SIZE)
		.build();

	private static final LargeObjectResponses responses = LargeObjectResponses.create(largeObjects);

	private static volatile LargeObjectDownload download = LargeObjectDownload.of(1);

	private static final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

	private static DisposableServer server;

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final byte[] content = new byte[SIZE];

	private long oid;

	@BeforeAll
	static void start() {
		RouterFunction<ServerResponse> router = RouterFunctions.route(RequestPredicates.path("/respond"),
				(request) -> responses.respond(download, request));
		HttpHandler functional = RouterFunctions.toHttpHandler(router,
				HandlerStrategies.builder().exceptionHandler(LargeObjectResponsesIntegrationTests::fail).build());
		HttpHandler annotated = WebHttpHandlerBuilder.webHandler((exchange) -> {
			exchange.getResponse().getHeaders().setCacheControl("private");
			return responses.write(download, exchange);
		}).exceptionHandler(LargeObjectResponsesIntegrationTests::fail).build();
		HttpHandler both = (request,
				response) -> (request.getPath().value().equals("/respond") ? functional : annotated).handle(request,
						response);
		server = HttpServer.create().host("127.0.0.1").port(0).handle(new ReactorHttpHandlerAdapter(both)).bindNow();
	}

	/**
	 * What an application's exception handler finds: a response that it can still make
	 * its own.
	 */
	private static Mono<Void> fail(ServerWebExchange exchange, Throwable ex) {
		failure.set(ex);
		if (exchange.getResponse().isCommitted()) {
			return Mono.error(ex);
		}
		assertThat(exchange.getResponse().getStatusCode()).isNotEqualTo(HttpStatus.PARTIAL_CONTENT);
		exchange.getResponse()
			.setStatusCode((ex instanceof LargeObjectNotFoundException) ? HttpStatus.NOT_FOUND
					: HttpStatus.INTERNAL_SERVER_ERROR);
		return exchange.getResponse().setComplete();
	}

	@AfterAll
	static void stop() {
		server.disposeNow();
		pool.dispose();
	}

	@BeforeEach
	void write() {
		failure.set(null);
		random.nextBytes(this.content);
		this.oid = write(this.content);
		download = LargeObjectDownload.of(this.oid).withETag("v1").withContentType(MediaType.IMAGE_PNG);
	}

	@AfterEach
	void delete() {
		largeObjects.deleteIfExists(this.oid).block();
	}

	private static long write(byte[] bytes) {
		return largeObjects.write(Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(bytes)))
			.map(LargeObjectTransfer::oid)
			.blockOptional()
			.orElseThrow();
	}

	@Test
	void sendsTheWholeContent() throws Exception {
		for (String path : List.of("/write", "/respond")) {
			HttpResponse<byte[]> response = get(path);
			assertThat(response.statusCode()).isEqualTo(200);
			assertThat(response.body()).isEqualTo(this.content);
			assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(SIZE);
			assertThat(response.headers().firstValue("Content-Type")).hasValue("image/png");
			assertThat(response.headers().firstValue("ETag")).hasValue("\"v1\"");
			assertThat(response.headers().firstValue("Accept-Ranges")).hasValue("bytes");
		}
	}

	@Test
	void keepsTheHeadersThatWereThere() throws Exception {
		assertThat(get("/write").headers().firstValue("Cache-Control")).hasValue("private");
	}

	@Test
	void answersHeadWithoutReading() throws Exception {
		for (String path : List.of("/write", "/respond")) {
			HttpResponse<byte[]> response = send(request(path).method("HEAD", BodyPublishers.noBody()));
			assertThat(response.statusCode()).isEqualTo(200);
			assertThat(response.body()).isEmpty();
			assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(SIZE);
		}
	}

	@Test
	void sendsEmptyContent() throws Exception {
		largeObjects.truncate(this.oid, 0).block();
		HttpResponse<byte[]> response = get("/write");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(0);
		assertThat(get("/write", "Range", "bytes=0-").headers().firstValue("Content-Range")).hasValue("bytes */0");
		assertThat(get("/write", "Range", "bytes=-7").statusCode()).isEqualTo(200);
	}

	@Test
	void sendsExactlyTheRangeAroundEachBorder() throws Exception {
		for (int[] range : borders()) {
			HttpResponse<byte[]> response = get("/write", "Range", "bytes=" + range[0] + "-" + range[1]);
			String description = "bytes " + range[0] + "-" + range[1] + "/" + SIZE;
			assertThat(response.statusCode()).as(description).isEqualTo(206);
			assertThat(response.headers().firstValue("Content-Range")).hasValue(description);
			assertThat(response.headers().firstValueAsLong("Content-Length")).hasValue(range[1] - range[0] + 1);
			assertThat(Arrays.equals(response.body(), Arrays.copyOfRange(this.content, range[0], range[1] + 1)))
				.as("%s, seed %d", description, SEED)
				.isTrue();
		}
	}

	private static List<int[]> borders() {
		List<int[]> ranges = new ArrayList<>();
		for (int border : new int[] { 0, 2048, CHUNK_SIZE, 2 * CHUNK_SIZE, 3 * CHUNK_SIZE, SIZE - 1 }) {
			for (int first = Math.max(0, border - 1); first <= Math.min(SIZE - 1, border + 1); first++) {
				ranges.add(new int[] { first, first });
				ranges.add(new int[] { first, first + random.nextInt(SIZE - first) });
				ranges.add(new int[] { random.nextInt(first + 1), first });
			}
		}
		ranges.add(new int[] { 0, SIZE - 1 });
		return ranges;
	}

	@Test
	void sendsSuffixesAndOpenRanges() throws Exception {
		int length = 1 + random.nextInt(SIZE);
		assertThat(get("/respond", "Range", "bytes=-" + length).body()).as("suffix of %d, seed %d", length, SEED)
			.isEqualTo(Arrays.copyOfRange(this.content, SIZE - length, SIZE));
		assertThat(get("/respond", "Range", "bytes=" + (SIZE - length) + "-").body())
			.isEqualTo(Arrays.copyOfRange(this.content, SIZE - length, SIZE));
	}

	@Test
	void sendsSeveralRangesInTheOrderAskedFor() throws Exception {
		HttpResponse<byte[]> response = get("/write", "Range", "bytes=150000-190000,-5,0-0");
		assertThat(response.statusCode()).isEqualTo(206);
		String type = response.headers().firstValue("Content-Type").orElseThrow();
		assertThat(type).startsWith("multipart/byteranges; boundary=");
		String boundary = type.substring(type.indexOf('=') + 1);
		ByteArrayOutputStream expected = new ByteArrayOutputStream();
		for (int[] range : new int[][] { { 150_000, 190_000 }, { SIZE - 5, SIZE - 1 }, { 0, 0 } }) {
			expected.writeBytes(("\r\n--" + boundary + "\r\nContent-Type: image/png\r\nContent-Range: bytes " + range[0]
					+ "-" + range[1] + "/" + SIZE + "\r\n\r\n")
				.getBytes(StandardCharsets.US_ASCII));
			expected.write(this.content, range[0], range[1] - range[0] + 1);
		}
		expected.writeBytes(("\r\n--" + boundary + "--\r\n").getBytes(StandardCharsets.US_ASCII));
		assertThat(response.body()).isEqualTo(expected.toByteArray());
	}

	@Test
	void sendsPartsThatTakeSeveralReads() throws Exception {
		byte[] large = new byte[1_000_000];
		random.nextBytes(large);
		long other = write(large);
		download = LargeObjectDownload.of(other);
		byte[] body = get("/write", "Range", "bytes=999999-,1000-900999").body();
		String text = new String(body, StandardCharsets.ISO_8859_1);
		int start = text.lastIndexOf("\r\n\r\n") + 4;
		assertThat(Arrays.equals(Arrays.copyOfRange(body, start, start + 900_000),
				Arrays.copyOfRange(large, 1000, 901_000)))
			.as("seed %d", SEED)
			.isTrue();
		largeObjects.delete(other).block();
	}

	@Test
	void refusesARangePastTheEnd() throws Exception {
		for (String path : List.of("/write", "/respond")) {
			HttpResponse<byte[]> response = get(path, "Range", "bytes=" + SIZE + "-");
			assertThat(response.statusCode()).isEqualTo(416);
			assertThat(response.headers().firstValue("Content-Range")).hasValue("bytes */" + SIZE);
			assertThat(response.body()).isEmpty();
		}
	}

	@Test
	void sendsNothingThatTheClientHas() throws Exception {
		for (String path : List.of("/write", "/respond")) {
			HttpResponse<byte[]> response = get(path, "If-None-Match", "\"v1\"");
			assertThat(response.statusCode()).isEqualTo(304);
			assertThat(response.headers().firstValue("ETag")).hasValue("\"v1\"");
			assertThat(get(path, "If-Match", "\"v2\"").statusCode()).isEqualTo(412);
		}
	}

	@Test
	void leavesTheStatusOfAMissingObjectToTheApplication() throws Exception {
		largeObjects.delete(this.oid).block();
		List<LargeObjectDownload> downloads = List.of(download, download.withSize(SIZE));
		for (LargeObjectDownload missing : downloads) {
			download = missing;
			for (String path : List.of("/write", "/respond")) {
				for (String range : List.of("bytes=0-", "bytes=0-1,5000-5001")) {
					HttpResponse<byte[]> response = get(path, "Range", range);
					assertThat(response.statusCode()).isEqualTo(404);
					assertThat(response.headers().map()).doesNotContainKeys("ETag", "Content-Range", "Accept-Ranges");
					assertThat(failure.get()).isInstanceOf(LargeObjectNotFoundException.class);
				}
			}
		}
	}

	@Test
	void breaksOffWhereTheObjectHasShrunk() {
		download = download.withSize(SIZE + 1);
		assertBrokenOff((get) -> get);
		assertBrokenOff((get) -> get.header("Range", "bytes=1-"));
	}

	@Test
	void breaksOffWhereTheObjectHasGrown() {
		download = download.withSize(SIZE - 1);
		assertBrokenOff((get) -> get);
		assertBrokenOff((get) -> get.header("Range", "bytes=-150000"));
	}

	private void assertBrokenOff(UnaryOperator<HttpRequest.Builder> customizer) {
		failure.set(null);
		assertThatExceptionOfType(IOException.class).isThrownBy(() -> send(customizer.apply(request("/write"))));
		assertThat(failure.get()).isInstanceOf(ConcurrencyFailureException.class);
	}

	@Test
	void failsBeforeTheFirstByteWhereOneChunkTellsTheChange() throws Exception {
		download = download.withSize(SIZE + 1);
		assertThat(get("/write", "Range", "bytes=-10").statusCode()).isEqualTo(500);
		assertThat(get("/write", "Range", "bytes=0-1,5000-5001").statusCode()).isEqualTo(500);
		assertThat(failure.get()).isInstanceOf(ConcurrencyFailureException.class);
	}

	@Test
	void freesTheConnectionOfAClientThatGoesAway() throws Exception {
		byte[] large = new byte[32 * 1024 * 1024];
		random.nextBytes(large);
		long other = write(large);
		download = LargeObjectDownload.of(other);
		for (String range : List.of("bytes=0-", "bytes=0-20000000,20001000-")) {
			try (Socket socket = new Socket("127.0.0.1", server.port())) {
				socket.getOutputStream()
					.write(("GET /write HTTP/1.1\r\nHost: x\r\nRange: " + range + "\r\n\r\n")
						.getBytes(StandardCharsets.US_ASCII));
				InputStream in = socket.getInputStream();
				assertThat(in.readNBytes(100_000)).hasSize(100_000);
			}
			assertThat(largeObjects.exists(other).block(Duration.ofSeconds(10))).isTrue();
		}
		largeObjects.delete(other).block();
	}

	private HttpResponse<byte[]> get(String path, String... headers) throws Exception {
		HttpRequest.Builder request = request(path);
		return send((headers.length > 0) ? request.headers(headers) : request);
	}

	private HttpResponse<byte[]> send(HttpRequest.Builder request) throws Exception {
		return this.client.send(request.build(), BodyHandlers.ofByteArray());
	}

	private static HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + server.port() + path));
	}

}
