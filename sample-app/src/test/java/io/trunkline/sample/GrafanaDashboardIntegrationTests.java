package io.trunkline.sample;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

import com.jayway.jsonpath.JsonPath;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The dashboard asks only for what an application exposes that has done a bit of
 * everything.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT, args = "--demo",
		properties = { "management.prometheus.metrics.export.enabled=true",
				"management.defaults.metrics.export.enabled=true" })
@DirtiesContext
@Timeout(180)
class GrafanaDashboardIntegrationTests {

	private static final Path DASHBOARD = Path.of("../docs/grafana-dashboard.json");

	private static final Pattern METER = Pattern.compile("\\b(?:trunkline|r2dbc|http_server|jvm|process)_\\w+");

	private static final Pattern LABEL = Pattern.compile("(?:[{,]|by \\()\\s*(\\w+)\\s*(?==|!=|,|\\))");

	/** Prometheus adds it to what it scrapes. */
	private static final String SCRAPED = "instance";

	private static final SampleDatabase database = new SampleDatabase();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

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

	@Test
	void asksForMetersThatAreThere() throws Exception {
		doABitOfEverything();
		List<String> expressions = JsonPath.read(Files.readString(DASHBOARD), "$.panels[*].targets[*].expr");
		assertThat(expressions).hasSizeGreaterThan(20);
		Set<String> wanted = new TreeSet<>();
		expressions.forEach((expression) -> wanted.addAll(matches(METER, expression, 0)));
		// A timer is counted when its operation is over, which may be behind the answer.
		await().untilAsserted(() -> assertThat(names(exposed())).containsAll(wanted));
		List<String> exposed = exposed();
		for (String expression : expressions) {
			String meter = matches(METER, expression, 0).get(0);
			for (String label : matches(LABEL, expression, 1)) {
				assertThat(exposed).as("label %s of %s", label, meter)
					.anyMatch(
							(line) -> label.equals(SCRAPED) || line.startsWith(meter) && line.contains(label + "=\""));
			}
		}
	}

	private void doABitOfEverything() throws Exception {
		send("POST", "/api/files?name=a.txt", "some text", 201);
		send("GET", "/api/files/1/content", "", 200);
		send("POST", "/api/import/books?onError=reject", "1,Emma,Austen,7.90,1815-12-23\n", 200);
		send("GET", "/api/export/books", "", 200);
		send("DELETE", "/api/tables/books", "", 403, "X-Deletion-Password", "a guess");
		send("POST", "/api/notifications/orders", "4711", 202);
	}

	private String send(String method, String path, String body, int status, String... headers) throws Exception {
		HttpRequest.Builder request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + this.port + path))
			.method(method, BodyPublishers.ofString(body));
		if (headers.length > 0) {
			request.headers(headers);
		}
		HttpResponse<String> response = this.client.send(request.build(), BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(status);
		return response.body();
	}

	private List<String> exposed() throws Exception {
		return send("GET", "/actuator/prometheus", "", 200).lines().filter((line) -> !line.startsWith("#")).toList();
	}

	private static List<String> names(List<String> lines) {
		return lines.stream().map((line) -> line.split("[{ ]", 2)[0]).distinct().toList();
	}

	private static List<String> matches(Pattern pattern, String text, int group) {
		return pattern.matcher(text).results().map((match) -> match.group(group)).toList();
	}

}
