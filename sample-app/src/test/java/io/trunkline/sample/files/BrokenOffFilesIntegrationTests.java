package io.trunkline.sample.files;

import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;

import io.r2dbc.spi.ConnectionFactories;
import io.r2dbc.spi.ConnectionFactoryOptions;
import io.trunkline.test.DatabasePerTest;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.r2dbc.autoconfigure.R2dbcConnectionDetails;
import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of requests to {@code /api/files} that are broken off. What is left of them is
 * looked at over a connection of its own.
 */
@DatabasePerTest
class BrokenOffFilesIntegrationTests extends FilesOverHttp {

	private DatabaseClient other;

	@BeforeEach
	void connect(@Autowired R2dbcConnectionDetails details) {
		this.other = DatabaseClient.create(ConnectionFactories.get(details.getConnectionFactoryOptions()
			.mutate()
			.option(ConnectionFactoryOptions.DATABASE, currentDatabase())
			.build()));
	}

	@Test
	void tellsOfALostDatabaseAndRecovers() throws Exception {
		upload("x.txt", "hello");
		try (Socket socket = begin("POST /api/files?name=cut.bin")) {
			awaitCopy();
			assertThat(committed("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
					+ " WHERE datname = current_database() AND query LIKE 'COPY %'"))
				.isOne();
			assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
				.isEqualTo("HTTP/1.1 503");
		}
		upload("y.txt", "hello again");
		assertThat(committed("SELECT count(*) FROM pg_largeobject_metadata")).isEqualTo(2);
	}

	@Test
	void keepsNothingOfAnUploadThatIsBrokenOff() throws Exception {
		Socket socket = begin("POST /api/files?name=cut.bin");
		awaitCopy();
		socket.close();
		assertThat(get("/api/files").body()).isEqualTo("[]");
		assertThat(committed("SELECT count(*) FROM files")).isZero();
		assertThat(committed("SELECT count(*) FROM pg_largeobject_metadata")).isZero();
	}

	@Test
	void keepsTheOldContentWhenAReplacementIsBrokenOff() throws Exception {
		String file = upload("x.txt", "old");
		Socket socket = begin("PUT " + file + "/content");
		awaitCopy();
		socket.close();
		assertThat(get(file + "/content").body()).isEqualTo("old");
		assertThat(committed("SELECT count(*) FROM pg_largeobject_metadata")).isOne();
	}

	@Test
	void freesTheConnectionWhenADownloadIsBrokenOff() throws Exception {
		HttpResponse<String> created = send(request("/api/files?name=large").POST(content(new Random(1), 50)));
		String location = created.headers().firstValue("Location").orElseThrow();
		try (Socket socket = new Socket("127.0.0.1", port())) {
			socket.getOutputStream()
				.write(("GET " + location + "/content HTTP/1.1\r\nHost: x\r\n\r\n")
					.getBytes(StandardCharsets.US_ASCII));
			assertThat(socket.getInputStream().readNBytes(100_000)).hasSize(100_000);
		}
		assertThat(send(request(location).timeout(Duration.ofSeconds(5))).body()).isEqualTo(created.body());
	}

	/**
	 * Send the head of a request and a fifth of its body.
	 */
	private Socket begin(String methodAndPath) throws IOException {
		Socket socket = new Socket("127.0.0.1", port());
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
	private void awaitCopy() {
		long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
		while (committed("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
				+ " AND query LIKE 'COPY %'") == 0) {
			assertThat(System.nanoTime()).as("time of the deadline").isLessThan(deadline);
		}
	}

	private long committed(String sql) {
		return this.other.sql(sql).mapValue(Long.class).one().block(Duration.ofSeconds(30));
	}

}
