package io.trunkline.sample;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Callable;

import io.micrometer.core.instrument.LongTaskTimer;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.boot.test.web.server.LocalServerPort;
import org.springframework.test.annotation.DirtiesContext;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Clients that leave in the middle of their request, which is no error of the
 * application.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT)
@ExtendWith(OutputCaptureExtension.class)
@DirtiesContext
@Timeout(120)
class AbandonedRequestsIntegrationTests {

	private static final SampleDatabase database = new SampleDatabase();

	@Autowired
	private MeterRegistry meters;

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

	@ParameterizedTest
	@CsvSource({ "POST, /api/tables/books/rows, application/json",
			"PATCH, /api/tables/books/rows?id=1, application/json", "POST, /api/tables/things, application/json",
			"POST, /api/notifications/news, text/plain", "POST, /api/files?name=x, application/octet-stream",
			"POST, /api/import/books, text/csv", "POST, /api/files, multipart/form-data; boundary=x",
			"GET, /api/none, text/plain" })
	void areNotLoggedAsErrors(String method, String path, String type, CapturedOutput output) throws Exception {
		for (boolean reset : new boolean[] { false, true }) {
			long before = ended();
			try (Socket socket = begin(method, path, type)) {
				// A reset, which is sent in the place of an orderly end, takes away what
				// was not read yet.
				await(() -> running() > 0 || ended() > before);
				socket.setSoLinger(reset, 0);
			}
			await(() -> ended() > before);
		}
		assertThat(output).doesNotContain(" ERROR ", "Exception");
		assertThat(database.query("SELECT count(*) FROM files")).containsExactly("0");
	}

	/**
	 * Send the head of a request and a part of its body.
	 */
	private Socket begin(String method, String path, String type) throws IOException {
		Socket socket = new Socket("127.0.0.1", this.port);
		OutputStream out = socket.getOutputStream();
		out.write((method + " " + path + " HTTP/1.1\r\nHost: x\r\nContent-Type: " + type
				+ "\r\nContent-Length: 1000\r\n\r\n[{\"id\": 1")
			.getBytes(StandardCharsets.US_ASCII));
		out.flush();
		return socket;
	}

	private static void await(Callable<Boolean> condition) {
		Awaitility.await().atMost(Duration.ofSeconds(30)).until(condition);
	}

	private long running() {
		return this.meters.find("http.server.requests.active")
			.longTaskTimers()
			.stream()
			.mapToLong(LongTaskTimer::activeTasks)
			.sum();
	}

	private long ended() {
		return this.meters.find("http.server.requests").timers().stream().mapToLong(Timer::count).sum();
	}

}
