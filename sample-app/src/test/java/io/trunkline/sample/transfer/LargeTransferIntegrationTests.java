package io.trunkline.sample.transfer;

import java.io.IOException;
import java.io.OutputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Iterator;

import com.jayway.jsonpath.JsonPath;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.sample.transfer.OrdersFile.BadLine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A large file with bad lines goes into one database and out of it into another, through
 * an application with little heap. {@code -Dsample.orders.rows=10000000} makes it as
 * large as it is meant, and {@code -Dsample.orders.heap=64m} the heap smaller.
 */
class LargeTransferIntegrationTests {

	private static final long ROWS = Long.getLong("sample.orders.rows", 30_000);

	private static final String HEAP = System.getProperty("sample.orders.heap", "256m");

	private static final long SEED = 20_261_121;

	private static final String IN_ORDER = "SELECT * FROM orders ORDER BY id";

	private final PostgresTestServer postgres = PostgresTestServer.get();

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private String first = "";

	private String second = "";

	@BeforeEach
	void createDatabases() {
		this.first = createDatabase();
		this.second = createDatabase();
	}

	private String createDatabase() {
		String database = this.postgres.createDatabase();
		// Otherwise a scan of a large table may begin in its middle.
		this.postgres.execute("ALTER DATABASE " + database + " SET synchronize_seqscans = off");
		this.postgres.executeIn(database, OrdersFile.TABLES);
		return database;
	}

	@AfterEach
	void dropDatabases() {
		this.postgres.dropDatabase(this.first);
		this.postgres.dropDatabase(this.second);
	}

	@Test
	void goesFromAFileWithBadLinesIntoOneDatabaseAndOnIntoAnother(@TempDir Path directory) throws Exception {
		Path source = directory.resolve("source.csv");
		Path exported = directory.resolve("exported.csv");
		OrdersFile orders = OrdersFile.write(source, ROWS, 0.01, SEED);
		try (ApplicationProcess application = ApplicationProcess.start(this.postgres, this.first, HEAP)) {
			String report = load(application, source, "&onError=reject&rejectsTable=rejects");
			assertThat(number(report, "$.inserted")).isEqualTo(orders.goodRows());
			assertThat(number(report, "$.rejected")).isEqualTo(orders.badLines().size());
			assertRejected(orders);
			export(application, exported);
			assertSame(exported, copiedOut(this.first, "orders", directory.resolve("expected.csv")));
		}
		Files.delete(source);
		try (ApplicationProcess application = ApplicationProcess.start(this.postgres, this.second, HEAP)) {
			String report = load(application, exported, "");
			assertThat(number(report, "$.inserted")).isEqualTo(orders.goodRows());
		}
		assertSame(copiedOut(this.first, "(" + IN_ORDER + ")", directory.resolve("first.csv")),
				copiedOut(this.second, "(" + IN_ORDER + ")", directory.resolve("second.csv")));
	}

	private String load(ApplicationProcess application, Path source, String parameters) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(application.resolve("/api/import/orders?header=true" + parameters))
			.POST(BodyPublishers.ofFile(source))
			.build();
		HttpResponse<String> response = this.client.send(request, BodyHandlers.ofString());
		assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
		return response.body();
	}

	private void export(ApplicationProcess application, Path target) throws Exception {
		HttpRequest request = HttpRequest.newBuilder(application.resolve("/api/export/orders")).build();
		assertThat(this.client.send(request, BodyHandlers.ofFile(target)).statusCode()).isEqualTo(200);
	}

	private static long number(String report, String path) {
		return JsonPath.<Number>read(report, path).longValue();
	}

	private void assertRejected(OrdersFile orders) throws SQLException {
		Iterator<BadLine> expected = orders.badLines().iterator();
		try (Connection connection = this.postgres.jdbc(this.first);
				Statement statement = connection.createStatement();
				ResultSet rejected = statement
					.executeQuery("SELECT line, sql_state, column_name FROM rejects ORDER BY line")) {
			while (rejected.next() && expected.hasNext()) {
				BadLine bad = expected.next();
				assertThat(rejected.getLong(1)).as("%s, seed %d", bad, SEED).isEqualTo(bad.line());
				assertThat(rejected.getString(2)).as("%s, seed %d", bad, SEED).isEqualTo(bad.kind().sqlState);
				assertThat(rejected.getString(3)).as("%s, seed %d", bad, SEED).isEqualTo(bad.kind().column);
			}
			assertThat(rejected.isAfterLast() && !expected.hasNext()).as("as many rejects as bad lines").isTrue();
		}
	}

	private Path copiedOut(String database, String what, Path target) throws SQLException, IOException {
		try (Connection connection = this.postgres.jdbc(database);
				OutputStream output = Files.newOutputStream(target)) {
			connection.unwrap(PGConnection.class)
				.getCopyAPI()
				.copyOut("COPY " + what + " TO STDOUT (FORMAT csv, HEADER)", output);
			return target;
		}
	}

	private static void assertSame(Path actual, Path expected) throws IOException {
		assertThat(Files.mismatch(actual, expected)).as("where %s differs from %s", actual, expected).isEqualTo(-1);
		assertThat(Files.size(actual)).isGreaterThan(ROWS);
	}

}
