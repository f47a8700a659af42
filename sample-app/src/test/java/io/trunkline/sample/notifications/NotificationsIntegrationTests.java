package io.trunkline.sample.notifications;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

import com.jayway.jsonpath.JsonPath;
import io.trunkline.sample.SampleDatabase;
import io.trunkline.notification.NotificationBus;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Tests of {@code /api/notifications} over HTTP. The application's pool has one
 * connection only, so that streams must not hold it.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "spring.r2dbc.pool.max-size=1", "spring.r2dbc.pool.initial-size=1" })
@DirtiesContext
@Timeout(120)
class NotificationsIntegrationTests {

	private static final SampleDatabase database = new SampleDatabase();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@LocalServerPort
	private int port;

	@Autowired
	private NotificationBus bus;

	@DynamicPropertySource
	static void connect(DynamicPropertyRegistry registry) {
		database.connect(registry);
	}

	@AfterAll
	static void dropDatabase() {
		database.close();
	}

	@Test
	void streamsWhatIsSent() throws Exception {
		try (Feed feed = feed("news"); Feed other = feed("news")) {
			HttpResponse<String> sent = post("news", "\"hello\"\nworld");
			assertThat(sent.statusCode()).as(sent.body()).isEqualTo(202);
			String data = feed.next("message");
			assertThat(JsonPath.<String>read(data, "$.channel")).isEqualTo("news");
			assertThat(JsonPath.<String>read(data, "$.payload")).isEqualTo("\"hello\"\nworld");
			assertThat(JsonPath.<Integer>read(data, "$.pid")).isPositive();
			assertThat(JsonPath.<String>read(data, "$.receivedAt")).startsWith("20").endsWith("Z");
			assertThat(JsonPath.<String>read(other.next("message"), "$.payload")).startsWith("\"hello\"");
		}
		await().until(() -> this.bus.status().subscribers() == 0);
	}

	@Test
	void tellsOfALostConnection() throws Exception {
		try (Feed feed = feed("kept%20up")) {
			database.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
					+ " WHERE datname = current_database() AND query LIKE 'LISTEN%'");
			assertThat(JsonPath.<Number>read(feed.next("reconnected"), "$.downtimeMillis").longValue()).isNotNegative();
			post("kept%20up", "");
			assertThat(JsonPath.<String>read(feed.next("message"), "$.payload")).isEmpty();
		}
	}

	@Test
	void tellsASlowClientWhatItHasMissed() throws Exception {
		int count = 6000;
		try (Feed feed = feed("flood")) {
			database.execute("SELECT count(pg_notify('flood', n || repeat('x', 7900)))" + " FROM generate_series(1, "
					+ count + ") n");
			await().until(() -> this.bus.status().dropped() > 0);
			database.execute("SELECT pg_notify('flood', 'last')");
			List<String> payloads = new ArrayList<>();
			int dropped = 0;
			while (!payloads.contains("last") && payloads.size() + dropped < count + 1) {
				Event event = feed.next();
				if (event.name().equals("overflow")) {
					dropped += JsonPath.<Integer>read(event.data(), "$.dropped");
				}
				else {
					payloads.add(JsonPath.read(event.data(), "$.payload"));
				}
			}
			assertThat(dropped).isPositive();
			assertThat(payloads.size() + dropped).isEqualTo(count + 1);
		}
	}

	@Test
	void refusesWhatCannotBeSent() throws Exception {
		HttpResponse<String> large = post("news", "x".repeat(8000));
		assertThat(large.statusCode()).isEqualTo(400);
		assertThat(large.headers().firstValue("Content-Type")).hasValue("application/problem+json");
		assertThat(JsonPath.<String>read(large.body(), "$.detail")).contains("7999");
		HttpResponse<String> name = post("x".repeat(64), "payload");
		assertThat(name.statusCode()).isEqualTo(400);
		assertThat(JsonPath.<String>read(name.body(), "$.detail")).contains("'channel'");
		HttpResponse<String> listen = this.client.send(
				HttpRequest.newBuilder(uri("x".repeat(64))).header("Accept", "text/event-stream").build(),
				BodyHandlers.ofString());
		assertThat(listen.statusCode()).isEqualTo(400);
	}

	private HttpResponse<String> post(String channel, String payload) throws Exception {
		return this.client.send(HttpRequest.newBuilder(uri(channel))
			.header("Content-Type", "text/plain;charset=UTF-8")
			.POST(BodyPublishers.ofString(payload))
			.build(), BodyHandlers.ofString());
	}

	private URI uri(String channel) {
		return URI.create("http://127.0.0.1:" + this.port + "/api/notifications/" + channel);
	}

	/**
	 * Open a stream, and wait until it listens.
	 */
	private Feed feed(String channel) throws Exception {
		HttpResponse<InputStream> response = this.client.send(
				HttpRequest.newBuilder(uri(channel)).header("Accept", "text/event-stream").build(),
				BodyHandlers.ofInputStream());
		assertThat(response.statusCode()).isEqualTo(200);
		Feed feed = new Feed(response.body());
		feed.awaitComment();
		return feed;
	}

	private record Event(String name, String data) {

	}

	/**
	 * A client that reads hardly more than what is asked of it.
	 */
	private static final class Feed implements AutoCloseable {

		private final BufferedReader reader;

		Feed(InputStream body) {
			this.reader = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
		}

		void awaitComment() throws IOException {
			String line = this.reader.readLine();
			while (line != null && !line.startsWith(":")) {
				line = this.reader.readLine();
			}
			assertThat(line).isEqualTo(":listening");
		}

		String next(String name) throws IOException {
			Event event = next();
			assertThat(event.name()).as(event.data()).isEqualTo(name);
			return event.data();
		}

		Event next() throws IOException {
			String name = "";
			String data = "";
			while (true) {
				String line = this.reader.readLine();
				assertThat(line).as("the stream goes on").isNotNull();
				if (line.startsWith("event:")) {
					name = line.substring(6);
				}
				else if (line.startsWith("data:")) {
					data += line.substring(5);
				}
				else if (line.isEmpty() && !name.isEmpty()) {
					return new Event(name, data);
				}
			}
		}

		@Override
		public void close() throws IOException {
			this.reader.close();
		}

	}

}
