package io.trunkline.sample.tables;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.trunkline.sample.SampleDatabase;
import io.trunkline.table.DeletionDeniedException;
import io.trunkline.table.DeletionGuard;
import io.trunkline.table.DeletionRequest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.context.TestConfiguration;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.context.annotation.Bean;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An application with one connection, and a guard that takes its time.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "spring.r2dbc.pool.max-size=1", "spring.r2dbc.pool.initial-size=1" })
@DirtiesContext
@Timeout(120)
class SlowGuardIntegrationTests {

	private static final SampleDatabase database = new SampleDatabase();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	@Autowired
	private SlowGuard guard;

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

	private CompletableFuture<HttpResponse<String>> send(String method, String path) {
		return this.client.sendAsync(HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + path))
			.method(method, HttpRequest.BodyPublishers.noBody())
			.build(), BodyHandlers.ofString());
	}

	@ParameterizedTest
	@ValueSource(strings = { "/api/tables/books", "/api/tables/books/rows?all=true" })
	void whoeverWaitsForTheGuardIsInNobodysWay(String path) throws Exception {
		this.guard.reset();
		CompletableFuture<HttpResponse<String>> deletion = send("DELETE", path);
		assertThat(this.guard.asked.await(60, TimeUnit.SECONDS)).isTrue();
		assertThat(send("GET", "/api/tables/books/rows").get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(200);
		assertThat(deletion).isNotDone();
		this.guard.answer.tryEmitEmpty();
		assertThat(deletion.get(60, TimeUnit.SECONDS).statusCode()).isEqualTo(403);
	}

	@TestConfiguration(proxyBeanMethods = false)
	static class Configuration {

		@Bean
		SlowGuard slowGuard() {
			return new SlowGuard();
		}

	}

	/**
	 * Denies when the test says so.
	 */
	static final class SlowGuard implements DeletionGuard {

		private CountDownLatch asked;

		private Sinks.Empty<Void> answer;

		void reset() {
			this.asked = new CountDownLatch(1);
			this.answer = Sinks.empty();
		}

		@Override
		public Mono<Void> check(DeletionRequest request, CharSequence password) {
			this.asked.countDown();
			return this.answer.asMono().then(Mono.error(() -> new DeletionDeniedException(request, "not today")));
		}

	}

}
