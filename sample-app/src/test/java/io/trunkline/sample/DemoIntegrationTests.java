package io.trunkline.sample;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;
import java.util.Map;

import com.jayway.jsonpath.JsonPath;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of the data that {@code --demo} brings, and of {@code /api/status}.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, args = "--demo",
		properties = { "spring.r2dbc.pool.max-size=1", "spring.r2dbc.pool.initial-size=1" })
@DirtiesContext
@Timeout(120)
class DemoIntegrationTests {

	private static final SampleDatabase database = new SampleDatabase();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@LocalServerPort
	private int port;

	@Autowired
	private List<ApplicationRunner> runners;

	@Autowired
	private ApplicationArguments arguments;

	@DynamicPropertySource
	static void connect(DynamicPropertyRegistry registry) {
		database.connect(registry);
	}

	@AfterAll
	static void dropDatabase() {
		database.close();
	}

	@Test
	void bringsTheSameDataOnce() throws Exception {
		for (ApplicationRunner runner : this.runners) {
			runner.run(this.arguments);
		}
		assertThat(total("customers")).isEqualTo(500);
		assertThat(total("products")).isEqualTo(120);
		assertThat(total("orders")).isEqualTo(2500);
		assertThat(total("order_lines")).isBetween(2500, 10_000);
		assertThat(JsonPath.<List<String>>read(get("/api/files"), "$[*].name")).containsExactly("welcome.txt",
				"measurements.csv", "circles.svg");
		assertThat(get("/api/files/3/content")).startsWith("<svg").contains("<circle").endsWith("</svg>\n");
	}

	@Test
	void tellsWhatItIsConnectedTo() throws Exception {
		String status = get("/api/status");
		assertThat(JsonPath.<String>read(status, "$.state")).isEqualTo("ready");
		assertThat(JsonPath.<String>read(status, "$.database")).isEqualTo(database.name());
		assertThat(JsonPath.<String>read(status, "$.serverVersion")).matches("1[4-9]([.][0-9]+)?.*");
		assertThat(JsonPath.<Map<String, Integer>>read(status, "$.pool")).containsEntry("max", 1)
			.containsEntry("waiting", 0);
	}

	private int total(String table) throws Exception {
		return JsonPath.read(get("/api/tables/" + table + "/rows?_limit=1"), "$.total");
	}

	private String get(String path) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.port + path)).build();
		return this.client.send(request, BodyHandlers.ofString()).body();
	}

}
