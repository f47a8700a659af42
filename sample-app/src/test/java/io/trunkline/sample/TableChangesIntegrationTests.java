package io.trunkline.sample;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

import com.jayway.jsonpath.JsonPath;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of what is told of changes, by a listener of another driver. The application has
 * one connection only, so it cannot tell on any but the one that has made the change.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "spring.r2dbc.pool.max-size=1", "spring.r2dbc.pool.initial-size=1" })
@DirtiesContext
@Timeout(120)
class TableChangesIntegrationTests {

	private static final SampleDatabase database = new SampleDatabase();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final Deque<PGNotification> notifications = new ArrayDeque<>();

	private Connection listener;

	@LocalServerPort
	private int port;

	@DynamicPropertySource
	static void connect(DynamicPropertyRegistry registry) {
		database.connect(registry);
	}

	@AfterAll
	static void dropDatabase() {
		database.close();
	}

	@BeforeEach
	void listen() throws SQLException {
		database.execute("DROP TABLE IF EXISTS loans", "TRUNCATE books");
		this.listener = database.jdbc();
		try (Statement statement = this.listener.createStatement()) {
			statement.execute("LISTEN " + TableChanges.CHANNEL);
		}
	}

	@AfterEach
	void leave() throws SQLException {
		this.listener.close();
	}

	@Test
	void tellsOncePerRequestWhenItIsCommitted() throws Exception {
		send("POST", "/api/tables/notes", """
				[{"name": "id", "type": "bigint", "options": {"primary_key": true, "autoincrement": true}},
				{"name": "text", "type": "text"}]""", 201);
		assertNext("public.notes", "create", null);
		String rows = "/api/tables/notes/rows";
		send("POST", rows, "[{\"text\": \"one\"}, {\"text\": \"two\"}, {\"text\": \"three\"}]", 200);
		assertNext("public.notes", "insert", 3);
		assertThat(database.count("notes")).isEqualTo(3);
		send("POST", rows + "?mode=upsert", "[{\"id\": 1, \"text\": \"first\"}, {\"id\": 10, \"text\": \"tenth\"}]",
				200);
		assertNext("public.notes", "upsert", 2);
		assertThat(database.count("notes WHERE text IN ('first', 'tenth')")).isEqualTo(2);
		send("PATCH", rows + "?id=gte.3", "{\"text\": \"late\"}", 200);
		assertNext("public.notes", "update", 2);
		send("DELETE", rows + "?id=10", "", 200);
		assertNext("public.notes", "delete", 1);
		send("POST", "/api/import/notes?header=true", "id,text\n11,a\n12,b\n", 200);
		assertNext("public.notes", "import", 2);
		assertThat(database.count("notes")).isEqualTo(5);
		send("DELETE", rows + "?all=true", "", 204);
		assertNext("public.notes", "empty", 5);
		send("DELETE", "/api/tables/notes", "", 204);
		assertNext("public.notes", "drop", null);
		assertThat(this.notifications).isEmpty();
	}

	@Test
	void tellsNothingOfWhatWasRefusedOrFailed() throws Exception {
		database.execute("CREATE TABLE loans (book bigint REFERENCES books DEFERRABLE INITIALLY DEFERRED)");
		String rows = "/api/tables/books/rows";
		send("POST", rows, "{\"id\": 1, \"title\": \"Emma\"}", 200);
		assertNext("public.books", "insert", 1);
		send("POST", rows, "[{\"id\": 2, \"title\": \"Kim\"}, {\"id\": 1, \"title\": \"Emma\"}]", 409);
		send("POST", rows + "?mode=ignore", "{\"id\": 1, \"title\": \"Emma\"}", 200);
		send("POST", "/api/tables/loans/rows", "{\"book\": 7}", 409);
		send("PATCH", rows + "?id=1", "{\"price\": -1}", 400);
		send("PATCH", rows + "?id=2", "{\"price\": 1}", 200);
		send("DELETE", rows, "", 400);
		send("DELETE", rows + "?all=true&title=Emma", "", 400);
		send("POST", "/api/import/books?header=true", "id,title\n3,Walden\nfour,Persuasion\n", 400);
		send("POST", "/api/import/loans", "7\n", 409);
		send("DELETE", "/api/tables/books", "", 409);
		send("POST", "/api/tables/books", "[{\"name\": \"id\", \"type\": \"bigint\"}]", 409);
		send("DELETE", rows + "?id=1", "", 200);
		assertNext("public.books", "delete", 1);
		assertThat(this.notifications).isEmpty();
	}

	private void send(String method, String path, String body, int status) throws Exception {
		HttpResponse<String> response = this.client.send(HttpRequest
			.newBuilder(URI.create("http://127.0.0.1:" + this.port + path))
			.header("Content-Type", path.startsWith("/api/import") ? "application/octet-stream" : "application/json")
			.header("X-Deletion-Password", "open sesame")
			.method(method, BodyPublishers.ofString(body))
			.build(), BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
	}

	private void assertNext(String table, String operation, @Nullable Integer rows) throws SQLException {
		while (this.notifications.isEmpty()) {
			PGNotification[] arrived = this.listener.unwrap(PGConnection.class).getNotifications(1000);
			this.notifications.addAll(List.of((arrived != null) ? arrived : new PGNotification[0]));
		}
		String payload = this.notifications.remove().getParameter();
		assertThat(JsonPath.<String>read(payload, "$.table")).as(payload).isEqualTo(table);
		assertThat(JsonPath.<String>read(payload, "$.operation")).as(payload).isEqualTo(operation);
		assertThat(JsonPath.<Integer>read(payload, "$.rows")).as(payload).isEqualTo(rows);
	}

}
