package io.trunkline.copy;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

import com.github.luben.zstd.Zstd;
import io.trunkline.connection.PostgresErrors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/**
 * Every kind of damage: an error that says where, nothing loaded, the connection usable.
 */
class BulkCopyBadInputIntegrationTests extends BulkCopyFixture {

	@AfterEach
	void assertNothingLoaded() {
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@MethodSource("damagedData")
	void namesTheLineAndColumn(CopyFormat format, String data, String sqlState, long line, String column) {
		byte[] bytes = data.getBytes(StandardCharsets.ISO_8859_1);
		for (boolean transaction : new boolean[] { false, true }) {
			Mono<CopyResult> load = this.copy.copyIn("items").format(format).from(content(bytes));
			// The transaction goes on and commits.
			Mono<Throwable> failed = load.then(Mono.<Throwable>empty())
				.onErrorResume((ex) -> this.pool.connections().execute("SELECT 1").thenReturn(ex));
			Throwable failure = get(this.pool.within(transaction, failed));
			assertThat(failure).isInstanceOf(DataIntegrityViolationException.class)
				.hasMessageContaining("line " + line);
			assertThat(CopyLocation.find(failure)).hasValue(new CopyLocation(line, column));
			assertThat(PostgresErrors.sqlState(failure).orElse("")).isEqualTo(sqlState);
			assertThat(count("items")).isZero();
		}
	}

	static Stream<Arguments> damagedData() {
		CopyFormat csv = CopyFormat.csv();
		CopyFormat text = CopyFormat.text();
		return Stream.of(Arguments.of(csv, "1,a,1\n2,b\n", "22P04", 2L, null),
				Arguments.of(csv, "1,a,1\n2,b,2,3\n", "22P04", 2L, null),
				Arguments.of(csv, "1,a,1\n2,\"a\nb\",1\nx,b,2\n", "22P02", 4L, "id"),
				Arguments.of(csv, "1,\"a\n\nb\",1\nx,b,2\n", "22P02", 4L, "id"),
				Arguments.of(csv.header(), "id,name,price\n1,a,1\n2,b,none\n", "22P02", 3L, "price"),
				Arguments.of(csv, "1,a,1\n2,a\0b,2\n", "22021", 2L, null),
				Arguments.of(csv, "1,a,1\n2,a\u00e4b,2\n", "22021", 2L, null),
				Arguments.of(csv, "1,a,1\n2,\"b,2\n3,c,3\n", "22P04", 4L, null),
				Arguments.of(csv, "1,a,1\n\\.\n3,c,3\n", (PostgresErrorsOf18.CSV) ? "22P02" : "", 2L,
						PostgresErrorsOf18.CSV ? "id" : null),
				Arguments.of(text, "1\ta\t1\n\\.\n3\tc\t3\n", "", 3L, null),
				Arguments.of(text, "1\ta\t1\n2\tb\\.\t3\n", "", 2L, null),
				Arguments.of(text, "1\ta\n", "22P04", 1L, null), Arguments.of(csv, "\n", "22P04", 1L, null));
	}

	/**
	 * From 18 on a line of only {@code \.} is data in CSV, and here of a wrong type.
	 */
	private static final class PostgresErrorsOf18 {

		static final boolean CSV = io.trunkline.embedded.testing.PostgresTestServer.get().majorVersion() >= 18;

	}

	@Test
	void keepsTheExceptionThatBelongsToTheSqlState() {
		Throwable duplicate = failure(DuplicateKeyException.class,
				this.copy.copyIn("items").from(content("1,a,1\n2,b,2\n1,c,3\n")));
		assertThat(CopyLocation.find(duplicate)).hasValue(new CopyLocation(3, null));
		assertThat(PostgresErrors.constraint(duplicate)).hasValue("items_pkey");
		Throwable missing = failure(CopyDataException.class, this.copy.copyIn("items").from(content(",a,1\n")));
		assertThat(PostgresErrors.sqlState(missing)).hasValue("23502");
	}

	@ParameterizedTest
	@EnumSource(names = { "GZIP", "ZSTD" })
	void refusesCompressedDataThatIsCutOffOrDamaged(Compression compression) throws IOException {
		byte[] csv = items(1, 2000).getBytes(StandardCharsets.UTF_8);
		byte[] whole = (compression == Compression.GZIP) ? gzip(csv) : zstd(csv);
		CopyInSpec load = this.copy.copyIn("items").compression(compression);
		for (int length : new int[] { 0, 5, whole.length / 2, whole.length - 1 }) {
			assertThat(failure(CopyDataException.class, load.from(content(Arrays.copyOf(whole, length)))))
				.as("cut at %d of %d", length, whole.length)
				.hasMessageContaining("cut off")
				.hasCauseInstanceOf(EOFException.class);
			assertThat(count("items")).isZero();
		}
		byte[] damaged = whole.clone();
		damaged[whole.length / 2] ^= 0x55;
		failure(DataIntegrityViolationException.class, load.from(content(damaged)));
		assertThat(count("items")).isZero();
		damaged = whole.clone();
		damaged[whole.length - 1] ^= 0x55;
		assertThat(failure(CopyDataException.class, load.from(content(damaged)))).hasMessageContaining("damaged");
		assertThat(failure(CopyDataException.class, load.from(content(csv)))).hasMessageContaining("damaged");
	}

	private static byte[] gzip(byte[] bytes) throws IOException {
		ByteArrayOutputStream compressed = new ByteArrayOutputStream();
		try (OutputStream output = new GZIPOutputStream(compressed)) {
			output.write(bytes);
		}
		return compressed.toByteArray();
	}

	private static byte[] zstd(byte[] bytes) throws IOException {
		ByteArrayOutputStream compressed = new ByteArrayOutputStream();
		try (com.github.luben.zstd.ZstdOutputStream output = new com.github.luben.zstd.ZstdOutputStream(compressed)) {
			output.setChecksum(true);
			output.write(bytes);
		}
		assertThat(Zstd.isError(compressed.size())).isFalse();
		return compressed.toByteArray();
	}

	@Test
	void refusesBinaryDataThatIsCutOff() {
		sql("CREATE TABLE source AS SELECT i AS id, 'x' || i AS name, i::numeric AS price FROM generate_series(1, 200) i");
		byte[] whole = bytes(this.copy.copyOut("source").format(CopyFormat.binary()).data());
		CopyInSpec load = this.copy.copyIn("items").format(CopyFormat.binary());
		for (int length : new int[] { 0, 15, 19, whole.length / 2, whole.length - 2, whole.length - 1 }) {
			assertThat(failure(CopyDataException.class, load.from(content(Arrays.copyOf(whole, length)))))
				.as("cut at %d of %d", length, whole.length)
				.hasMessageContaining("cut off")
				.extracting(CopyDataException::getLocation)
				.isNotNull();
			assertThat(count("items")).isZero();
		}
		failure(DataAccessException.class, load.from(content("no binary data at all, but text")));
		failure(DataAccessException.class, load.from(content(Arrays.copyOf(whole, whole.length + 100))));
	}

	@Test
	void refusesBrokenUtf16() {
		byte[] bytes = Arrays.copyOf(items(1, 10).getBytes(StandardCharsets.UTF_16), 333);
		assertThat(failure(CopyDataException.class,
				this.copy.copyIn("items").format(CopyFormat.csv().encoding("UTF-16")).from(content(bytes))))
			.hasMessageContaining("UTF-16");
	}

	@Test
	void namesTheNearestTableAndColumn() {
		assertThat(failure(InvalidDataAccessResourceUsageException.class, this.copy.copyIn("item").from(content("1"))))
			.hasMessageContaining("items");
		assertThat(failure(InvalidDataAccessResourceUsageException.class,
				this.copy.copyIn("items").columns("id", "prize").from(content("1,2\n"))))
			.hasMessageContaining("prize")
			.hasMessageContaining("price");
		failure(InvalidDataAccessResourceUsageException.class, this.copy.copyOut("item").data());
		failure(InvalidDataAccessResourceUsageException.class, this.copy.copyOut("items").columns("x").data());
		assertThatThrownBy(() -> this.copy.copyIn("a.b.c")).isInstanceOf(IllegalArgumentException.class);
	}

	@Test
	void keepsTheErrorOfTheSource(@org.junit.jupiter.api.io.TempDir Path directory) {
		IOException broken = new IOException("the disk is on fire");
		Flux<org.springframework.core.io.buffer.DataBuffer> source = content(items(1, 500))
			.concatWith(Flux.error(broken));
		Throwable failure = get(
				this.copy.copyIn("items").from(source).then(Mono.<Throwable>empty()).onErrorResume(Mono::just));
		assertThat(failure).satisfiesAnyOf((ex) -> assertThat(ex).isSameAs(broken),
				(ex) -> assertThat(ex).hasRootCause(broken));
		Throwable none = get(this.copy.copyIn("items")
			.from(directory.resolve("none.csv"))
			.then(Mono.<Throwable>empty())
			.onErrorResume(Mono::just));
		assertThat(none).isInstanceOf(NoSuchFileException.class);
	}

	@Test
	void refusesOptionsOfTheOtherDirectionOrFormat() {
		assertThatThrownBy(() -> this.copy.copyIn("items").format(CopyFormat.csv().forceQuote("id")))
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("forceQuote");
		assertThatThrownBy(() -> this.copy.copyOut("items").format(CopyFormat.csv().headerMatch()))
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("headerMatch");
		assertThatThrownBy(() -> this.copy.copyIn("items").where("id > 1) --")).hasMessageContaining("condition");
		assertThatThrownBy(() -> this.copy.copyIn("items").where("id > 1; DROP TABLE items"))
			.hasMessageContaining("condition");
	}

	@Test
	void needsThePrivilegeToInsert() {
		String role = this.server.createRole("secret");
		sql("GRANT USAGE ON SCHEMA public TO " + role, "GRANT SELECT ON items TO " + role,
				"CREATE TABLE open_items (LIKE items)", "GRANT INSERT, SELECT ON open_items TO " + role);
		io.trunkline.testing.TestPool limited = io.trunkline.testing.TestPool.ofOne(this.database, role, "secret");
		try {
			BulkCopyService copy = service(limited);
			failure(PermissionDeniedDataAccessException.class, copy.copyIn("items").from(content("1,a,1\n")));
			assertThat(get(copy.copyIn("open_items").from(content("1,a,1\n"))).rows()).isOne();
			assertThat(text(copy.copyOut("open_items").data())).isEqualTo("1,a,1\n");
			assertThat(copy.running().collectList().block()).isEmpty();
			limited.assertUsable();
		}
		finally {
			limited.close();
			sql("DROP OWNED BY " + role + " CASCADE");
			this.server.dropRole(role);
		}
	}

}
