package io.trunkline.sample.transfer;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPOutputStream;

import com.jayway.jsonpath.JsonPath;
import io.trunkline.sample.SampleDatabase;
import io.trunkline.sample.transfer.OrdersFile.BadLine;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@code /api/import} and {@code /api/export} over HTTP. The application has one
 * connection only, so whatever keeps it makes the next request fail.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "spring.r2dbc.pool.max-size=1", "spring.r2dbc.pool.initial-size=1" })
@DirtiesContext
@Timeout(180)
class TransferIntegrationTests {

	private static final long SEED = 20_261_121;

	private static final String BOOKS = "id,title,author,price,published\n";

	private static final SampleDatabase database = new SampleDatabase();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@LocalServerPort
	private int port;

	@DynamicPropertySource
	static void connect(DynamicPropertyRegistry registry) {
		database.connect(registry);
	}

	@BeforeAll
	static void createTables() {
		database.execute(OrdersFile.TABLES);
	}

	@AfterAll
	static void dropDatabase() {
		database.close();
	}

	@BeforeEach
	void empty() {
		database.execute("TRUNCATE books, orders", "DROP TABLE IF EXISTS orders_rejects");
	}

	@Test
	void importsWhatIsGoodAndTellsEachLineThatIsNot(@TempDir Path directory) throws Exception {
		Path source = directory.resolve("orders.csv");
		OrdersFile orders = OrdersFile.write(source, 20_000, 0.02, SEED);
		HttpResponse<String> response = send(
				request("/api/import/orders?header=true&onError=reject&rejectsTable=orders_rejects")
					.POST(BodyPublishers.ofFile(source)));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		assertThat(JsonPath.<Integer>read(response.body(), "$.inserted")).isEqualTo((int) orders.goodRows());
		assertThat(JsonPath.<Integer>read(response.body(), "$.rejected")).isEqualTo(orders.badLines().size());
		assertThat(database.query("SELECT line || E'\\t' || sql_state || E'\\t' || coalesce(column_name, '')"
				+ " FROM orders_rejects ORDER BY line"))
			.as("seed %d", SEED)
			.containsExactlyElementsOf(orders.badLines().stream().map(TransferIntegrationTests::told).toList());
	}

	private static String told(BadLine bad) {
		String column = bad.kind().column;
		return bad.line() + "\t" + bad.kind().sqlState + "\t" + ((column != null) ? column : "");
	}

	/**
	 * Lines are compared without their order: a scan of a table may begin in its middle.
	 */
	@Test
	void exportsWhatTheServerWouldWriteItselfAndImportsItAgain(@TempDir Path directory) throws Exception {
		Path source = directory.resolve("orders.csv");
		OrdersFile orders = OrdersFile.write(source, 5_000, 0, SEED);
		assertThat(send(request("/api/import/orders?header=true").POST(BodyPublishers.ofFile(source))).statusCode())
			.isEqualTo(200);
		List<String> expected = sortedLines(copiedOut("COPY orders TO STDOUT (FORMAT csv, HEADER)"));
		for (String format : List.of("csv", "text", "binary", "jsonl")) {
			byte[] exported = bytes("/api/export/orders?format=" + format);
			database.execute("TRUNCATE orders");
			HttpResponse<String> imported = send(request("/api/import/orders?header=true&format=" + format)
				.POST(BodyPublishers.ofByteArray(exported)));
			assertThat(imported.statusCode()).as(imported.body()).isEqualTo(200);
			assertThat(JsonPath.<Integer>read(imported.body(), "$.inserted")).isEqualTo((int) orders.goodRows());
			assertThat(sortedLines(bytes("/api/export/orders"))).as(format).isEqualTo(expected);
		}
	}

	private static List<String> sortedLines(byte[] text) {
		return new String(text, StandardCharsets.UTF_8).lines().sorted().toList();
	}

	@Test
	void changesOrLeavesWhatIsThereAlready() throws Exception {
		post("/api/import/books?header=true", BOOKS + "1,a,x,1,2001-01-01\n2,b,x,2,2001-01-01\n");
		String upserted = post("/api/import/books?header=true&mode=upsert&key=id",
				BOOKS + "1,a,x,1,2001-01-01\n2,changed,x,2,2001-01-01\n3,c,x,3,2001-01-01\n");
		assertThat(counts(upserted)).containsExactly(3, 1, 1, 1, 0);
		String ignored = post("/api/import/books?header=true&mode=ignore&key=id",
				BOOKS + "3,other,x,1,2001-01-01\n4,d,x,2,2001-01-01\n");
		assertThat(counts(ignored)).containsExactly(2, 1, 0, 1, 0);
		assertThat(database.query("SELECT id || title FROM books ORDER BY id")).containsExactly("1a", "2changed", "3c",
				"4d");
	}

	@Test
	void importsJsonLines() throws Exception {
		String report = post("/api/import/books?format=jsonl",
				"{\"id\": 1, \"title\": \"a \\\"b\\\"\\nc\"}\n{\"id\": 2, \"title\": \"d\", \"price\": 1.5}\n");
		assertThat(counts(report)).containsExactly(2, 2, 0, 0, 0);
		assertThat(database.query("SELECT title || coalesce(price::text, '-') FROM books ORDER BY id"))
			.containsExactly("a \"b\"\nc-", "d1.50");
	}

	@Test
	void importsWhatIsCompressed() throws Exception {
		ByteArrayOutputStream compressed = new ByteArrayOutputStream();
		try (GZIPOutputStream gzip = new GZIPOutputStream(compressed)) {
			gzip.write((BOOKS + "1,a,x,1,2001-01-01\n").getBytes(StandardCharsets.UTF_8));
		}
		HttpResponse<String> response = send(request("/api/import/books?header=true").header("Content-Encoding", "gzip")
			.POST(BodyPublishers.ofByteArray(compressed.toByteArray())));
		assertThat(counts(response.body())).containsExactly(1, 1, 0, 0, 0);
	}

	@Test
	void stopsAtTheFirstBadRowAndImportsNothing() throws Exception {
		HttpResponse<String> response = send(request("/api/import/books?header=true")
			.POST(BodyPublishers.ofString(BOOKS + "1,a,x,1,2001-01-01\ntwo,b,x,2,2001-01-01\n")));
		assertThat(response.statusCode()).isEqualTo(400);
		assertThat(response.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(JsonPath.<String>read(response.body(), "$.detail")).contains("line 3", "column id");
		assertThat(JsonPath.<String>read(response.body(), "$.sqlState")).isEqualTo("22P02");
		assertThat(database.query("SELECT id::text FROM books")).isEmpty();
	}

	@Test
	void streamsProgressAndEndsWithTheReport() throws Exception {
		String events = send(
				request("/api/import/books?header=true&onError=reject").header("Accept", "text/event-stream")
					.POST(BodyPublishers.ofString(BOOKS + "1,a,x,1,2001-01-01\ntwo,b,x,2,2001-01-01\n")))
			.body();
		String[] parts = events.strip().split("\n\n");
		assertThat(parts[0]).startsWith("event:progress\ndata:{");
		String report = parts[parts.length - 1];
		assertThat(report).startsWith("event:report\ndata:{");
		assertThat(counts(report.substring(report.indexOf('{')))).containsExactly(1, 1, 0, 0, 1);
	}

	@Test
	void keepsTheProblemOfARequestThatHasAName() throws Exception {
		for (String accept : List.of("application/json", "text/event-stream")) {
			String id = "import-" + accept.length();
			send(request("/api/import/boks").headers("Accept", accept, "X-Request-Id", id)
				.POST(BodyPublishers.ofString("1\n")));
			HttpResponse<String> problem = send(request("/api/problems/" + id));
			assertThat(problem.statusCode()).as(accept).isEqualTo(404);
			assertThat(problem.headers().firstValue("Content-Type")).hasValue("application/problem+json");
			assertThat(problem.body()).contains("did you mean [books]");
		}
		send(request("/api/import/books?format=xml").header("X-Request-Id", "format")
			.POST(BodyPublishers.ofString("1\n")));
		assertThat(send(request("/api/problems/format")).body()).contains("'format' must be one of");
		assertThat(send(request("/api/problems/unknown")).statusCode()).isEqualTo(204);
	}

	@Test
	void endsTheEventsWithTheProblem() throws Exception {
		String events = send(
				request("/api/import/boks").header("Accept", "text/event-stream").POST(BodyPublishers.ofString("1\n")))
			.body();
		assertThat(events).startsWith("event:problem\ndata:{").contains("[books]", "404");
	}

	@Test
	void importsNothingOfAClientThatGoesAway() throws Exception {
		try (Socket socket = new Socket("127.0.0.1", this.port)) {
			socket.getOutputStream()
				.write(("POST /api/import/books HTTP/1.1\r\nHost: localhost\r\n" + "Content-Length: 1000000\r\n\r\n"
						+ "1,a,x,1,2001-01-01\n".repeat(1000))
					.getBytes(StandardCharsets.US_ASCII));
			socket.getOutputStream().flush();
			await().until(
					() -> !database
						.query("SELECT query FROM pg_stat_activity WHERE datname = current_database()"
								+ " AND state = 'active' AND query LIKE 'COPY%'")
						.isEmpty());
		}
		HttpResponse<String> next = send(
				request("/api/import/books?header=true").POST(BodyPublishers.ofString(BOOKS + "7,a,x,1,2001-01-01\n")));
		assertThat(next.statusCode()).as(next.body()).isEqualTo(200);
		assertThat(database.query("SELECT id::text FROM books")).containsExactly("7");
	}

	@Test
	void exportsInOtherFormats() throws Exception {
		post("/api/import/books?header=true", BOOKS + "1,=1+1,x,1,2001-01-01\n");
		assertThat(text("/api/export/books?format=jsonl"))
			.isEqualTo("{\"id\":1,\"title\":\"=1+1\",\"author\":\"x\",\"price\":1.00,\"published\":\"2001-01-01\"}\n");
		assertThat(text("/api/export/books?defuse=true")).isEqualTo(BOOKS + "1,'=1+1,x,1.00,2001-01-01\n");
		assertThat(text("/api/export/public.books?header=false")).isEqualTo("1,=1+1,x,1.00,2001-01-01\n");
		HttpResponse<String> response = send(request("/api/export/books").GET());
		assertThat(response.headers().firstValue("Content-Type")).hasValue("text/csv;charset=UTF-8");
		assertThat(response.headers().firstValue("Content-Disposition").orElseThrow())
			.startsWith("attachment; filename=\"books.csv\"");
	}

	@Test
	void refusesWhatItCannotExport() throws Exception {
		HttpResponse<String> unknown = send(request("/api/export/boks").GET());
		assertThat(unknown.statusCode()).isEqualTo(404);
		assertThat(JsonPath.<String>read(unknown.body(), "$.detail")).contains("[boks]", "[books]");
		assertThat(send(request("/api/export/books?query=SELECT%201").GET()).statusCode()).isEqualTo(403);
		HttpResponse<String> format = send(request("/api/export/books?format=xml").GET());
		assertThat(format.statusCode()).isEqualTo(400);
		assertThat(JsonPath.<String>read(format.body(), "$.detail")).contains("csv, text, binary, jsonl");
	}

	@ParameterizedTest
	@ValueSource(strings = { "application/json", "text/event-stream" })
	void refusesAFileInAForm(String accept) throws Exception {
		HttpResponse<String> refused = send(request("/api/import/books")
			.headers("Accept", accept, "Content-Type", "multipart/form-data; boundary=x")
			.POST(BodyPublishers.ofString("--x\r\n\r\n1,a,x,1,2001-01-01\r\n--x--\r\n")));
		assertThat(refused.statusCode()).isEqualTo(415);
		assertThat(refused.body()).contains("curl -T FILE");
	}

	private String post(String path, String body) throws Exception {
		HttpResponse<String> response = send(request(path).POST(BodyPublishers.ofString(body)));
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return response.body();
	}

	private static List<Integer> counts(String report) {
		List<Integer> counts = new ArrayList<>();
		for (String name : List.of("staged", "inserted", "updated", "skipped", "rejected")) {
			counts.add(JsonPath.<Integer>read(report, "$." + name));
		}
		return counts;
	}

	private byte[] bytes(String path) throws Exception {
		return this.client.send(request(path).GET().build(), BodyHandlers.ofByteArray()).body();
	}

	private String text(String path) throws Exception {
		return new String(bytes(path), StandardCharsets.UTF_8);
	}

	private HttpRequest.Builder request(String path) {
		return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.port + path));
	}

	private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
		return this.client.send(request.build(), BodyHandlers.ofString());
	}

	private static byte[] copiedOut(String sql) throws SQLException, IOException {
		try (Connection connection = database.jdbc()) {
			ByteArrayOutputStream target = new ByteArrayOutputStream();
			connection.unwrap(PGConnection.class).getCopyAPI().copyOut(sql, target);
			return target.toByteArray();
		}
	}

}
