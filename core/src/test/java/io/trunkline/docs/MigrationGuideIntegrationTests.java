package io.trunkline.docs;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;

import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.CopyFormat;
import io.trunkline.copy.CopyResult;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.largeobject.LargeObjectMode;
import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.LargeObjectTransfer;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.postgresql.PGConnection;
import org.postgresql.copy.CopyManager;
import org.postgresql.largeobject.LargeObject;
import org.postgresql.largeobject.LargeObjectManager;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The code of {@code docs/migration.md}: what JDBC does and what takes its place come to
 * the same.
 */
class MigrationGuideIntegrationTests {

	private static final String CSV = "id,title\n1,Emma\n2,\"Kim, a novel\"\n";

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final TestPool pool = TestPool.of(2, this.database);

	private final LargeObjectTemplate largeObjects = LargeObjectTemplate.create(this.pool.connectionFactory());

	private final BulkCopyService copy = BulkCopyService.create(this.pool.connectionFactory());

	@TempDir
	private Path directory;

	@BeforeEach
	void createTable() {
		this.server.executeIn(this.database, "CREATE TABLE book (id integer PRIMARY KEY, title text)");
	}

	@AfterEach
	void close() {
		this.pool.close();
		this.server.dropDatabase(this.database);
	}

	@Test
	void storesAndReadsContent() throws Exception {
		Path source = Files.writeString(this.directory.resolve("source"), "content ".repeat(100_000));
		try (Connection connection = this.server.jdbc(this.database)) {
			long before = store(connection, source);
			long after = store(source).block();
			for (long oid : new long[] { before, after }) {
				Path byJdbc = this.directory.resolve("jdbc" + oid);
				Path byTemplate = this.directory.resolve("template" + oid);
				fetch(connection, oid, byJdbc);
				fetch(oid, byTemplate).block();
				assertThat(byJdbc).hasSameBinaryContentAs(source);
				assertThat(byTemplate).hasSameBinaryContentAs(source);
				assertThat(tail(connection, oid, 8)).isEqualTo("content ");
				assertThat(tail(oid, 8).block()).isEqualTo("content ");
			}
		}
	}

	// tag::jdbc-store[]
	long store(Connection connection, Path source) throws SQLException, IOException {
		connection.setAutoCommit(false);
		LargeObjectManager manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
		long oid = manager.createLO();
		try (LargeObject object = manager.open(oid, LargeObjectManager.WRITE);
				OutputStream out = object.getOutputStream()) {
			Files.copy(source, out);
		}
		connection.commit();
		return oid;
	}
	// end::jdbc-store[]

	// tag::store[]
	Mono<Long> store(Path source) {
		return this.largeObjects.importFrom(source).map(LargeObjectTransfer::oid);
	}
	// end::store[]

	// tag::jdbc-fetch[]
	void fetch(Connection connection, long oid, Path target) throws SQLException, IOException {
		connection.setAutoCommit(false);
		LargeObjectManager manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
		try (LargeObject object = manager.open(oid, LargeObjectManager.READ);
				InputStream in = object.getInputStream()) {
			Files.copy(in, target);
		}
		connection.commit();
	}
	// end::jdbc-fetch[]

	// tag::fetch[]
	Mono<LargeObjectTransfer> fetch(long oid, Path target) {
		return this.largeObjects.exportTo(oid, target);
	}
	// end::fetch[]

	// tag::jdbc-tail[]
	String tail(Connection connection, long oid, int length) throws SQLException {
		connection.setAutoCommit(false);
		LargeObjectManager manager = connection.unwrap(PGConnection.class).getLargeObjectAPI();
		try (LargeObject object = manager.open(oid, LargeObjectManager.READ)) {
			object.seek64(-length, LargeObject.SEEK_END);
			return new String(object.read(length), StandardCharsets.UTF_8);
		}
		finally {
			connection.commit();
		}
	}
	// end::jdbc-tail[]

	// tag::tail[]
	Mono<String> tail(long oid, int length) {
		return this.largeObjects
			.open(oid, LargeObjectMode.READ,
					(session) -> session.seekToEnd(-length).then(session.read(length)).map(this::text))
			.single();
	}
	// end::tail[]

	private String text(DataBuffer buffer) {
		try {
			return buffer.toString(StandardCharsets.UTF_8);
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	@Test
	void loadsAndExportsTables() throws Exception {
		Path source = Files.writeString(this.directory.resolve("books.csv"), CSV);
		Path byJdbc = this.directory.resolve("jdbc.csv");
		Path byService = this.directory.resolve("service.csv");
		try (Connection connection = this.server.jdbc(this.database)) {
			assertThat(load(connection, source)).isEqualTo(2);
			export(connection, byJdbc);
			this.server.executeIn(this.database, "TRUNCATE book");
			assertThat(load(source).block().rows()).isEqualTo(2);
			export(byService).block();
		}
		assertThat(byJdbc).content().contains("\"Kim, a novel\"");
		assertThat(byService).hasSameTextualContentAs(byJdbc);
	}

	// tag::jdbc-load[]
	long load(Connection connection, Path source) throws SQLException, IOException {
		CopyManager manager = connection.unwrap(PGConnection.class).getCopyAPI();
		try (InputStream in = Files.newInputStream(source)) {
			return manager.copyIn("COPY book (id, title) FROM STDIN (FORMAT csv, HEADER)", in);
		}
	}
	// end::jdbc-load[]

	// tag::load[]
	Mono<CopyResult> load(Path source) {
		return this.copy.copyIn("book").columns("id", "title").format(CopyFormat.csv().header()).from(source);
	}
	// end::load[]

	// tag::jdbc-export[]
	void export(Connection connection, Path target) throws SQLException, IOException {
		CopyManager manager = connection.unwrap(PGConnection.class).getCopyAPI();
		try (OutputStream out = Files.newOutputStream(target)) {
			manager.copyOut("COPY (SELECT * FROM book ORDER BY id) TO STDOUT (FORMAT csv, HEADER)", out);
		}
	}
	// end::jdbc-export[]

	// tag::export[]
	Mono<CopyResult> export(Path target) {
		return this.copy.copyOutQuery("SELECT * FROM book ORDER BY id").format(CopyFormat.csv().header()).to(target);
	}
	// end::export[]

}
