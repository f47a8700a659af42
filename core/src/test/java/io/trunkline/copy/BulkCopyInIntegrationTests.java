package io.trunkline.copy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.zip.GZIPOutputStream;

import com.github.luben.zstd.ZstdOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBuffer;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class BulkCopyInIntegrationTests extends BulkCopyFixture {

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void loadsCsvInBuffersOfAnySizes(boolean transaction) {
		int count = 1 + this.random.nextInt(2000);
		String csv = items(1, count);
		CopyResult result = get(this.pool.within(transaction, this.copy.copyIn("items").from(content(csv))));
		assertThat(result.rows()).isEqualTo(count);
		assertThat(result.bytes()).isEqualTo(csv.getBytes(StandardCharsets.UTF_8).length);
		assertThat(result.duration()).isPositive();
		assertItems(count);
	}

	@Test
	void loadsText() {
		get(this.copy.copyIn("items").format(CopyFormat.text()).from(content("1\ta\\tb\\\\\t1.5\n2\t\\N\t\\N\n\\.\n")));
		assertThat(value("SELECT string_agg(items::text, ';' ORDER BY id) FROM items"))
			.isEqualTo("(1,\"a\tb\\\\\",1.5);(2,,)");
	}

	@Test
	void loadsBinary() {
		get(this.copy.copyIn("items").from(content(items(1, 300))));
		byte[] binary = bytes(this.copy.copyOut("items").format(CopyFormat.binary()).data());
		sql("TRUNCATE items");
		assertThat(get(this.copy.copyIn("items").format(CopyFormat.binary()).from(content(binary))).rows())
			.isEqualTo(300);
		assertItems(300);
	}

	@Test
	void loadsJsonLinesAsTheyAre() {
		sql("CREATE TABLE documents (id serial, data jsonb)", "CREATE TABLE raw (data json)");
		String lines = "{\"a\": \"back\\\\slash \\\"quoted\\\" \\u0001, tab\\t\"}\r\n\r\n[1, 2]\r\nnull\r\n";
		assertThat(
				get(this.copy.copyIn("documents").columns("data").format(CopyFormat.jsonLines()).from(content(lines)))
					.rows())
			.isEqualTo(3);
		assertThat(value("SELECT data->>'a' FROM documents WHERE id = (SELECT min(id) FROM documents)"))
			.isEqualTo("back\\slash \"quoted\" \u0001, tab\t");
		assertThat(value("SELECT jsonb_typeof(data) FROM documents ORDER BY id DESC LIMIT 1")).isEqualTo("null");
		assertThat(get(this.copy.copyIn("raw")
			.format(CopyFormat.jsonLines())
			.where("data->>'keep' = 'yes'")
			.from(content("{\"keep\":\"yes\"}\n{\"keep\":\"no\"}\n"))).rows()).isOne();
	}

	@Test
	void loadsCompressedFilesByTheirNames(@TempDir Path directory) throws IOException {
		byte[] csv = items(1, 1000).getBytes(StandardCharsets.UTF_8);
		Path plain = Files.write(directory.resolve("items.csv"), csv);
		Path gzip = directory.resolve("items.csv.gz");
		try (OutputStream output = Files.newOutputStream(gzip)) {
			// Two members, as of files that were appended to one another.
			output.write(gzip(csv, 0, 10_000));
			output.write(gzip(csv, 10_000, csv.length));
		}
		Path zstd = directory.resolve("items.csv.ZST");
		try (OutputStream output = new ZstdOutputStream(Files.newOutputStream(zstd))) {
			output.write(csv);
		}
		for (Path file : List.of(plain, gzip, zstd)) {
			sql("TRUNCATE items");
			CopyResult result = get(this.copy.copyIn("items").from(file));
			assertThat(result.bytes()).isEqualTo(Files.size(file));
			assertItems(1000);
			sql("TRUNCATE items");
			get(this.copy.copyIn("items").from(new FileSystemResource(file)));
			assertItems(1000);
		}
		sql("TRUNCATE items");
		get(this.copy.copyIn("items")
			.compression(Compression.GZIP)
			.from(new ByteArrayResource(gzip(csv, 0, csv.length))));
		assertItems(1000);
	}

	private static byte[] gzip(byte[] bytes, int from, int to) throws IOException {
		ByteArrayOutputStream compressed = new ByteArrayOutputStream();
		try (OutputStream output = new GZIPOutputStream(compressed)) {
			output.write(bytes, from, to - from);
		}
		return compressed.toByteArray();
	}

	@Test
	void takesTheColumnsThatAreDeclaredOrInTheHeaderLine() {
		get(this.copy.copyIn("items").columns("name", "id").from(content("one,1\n")));
		get(this.copy.copyIn("items").columnsFromHeader().from(content("\uFEFF\"price\",id\r\n2.5,2\r\n")));
		get(this.copy.copyIn("items")
			.format(CopyFormat.csv().header().delimiter(';').nullString("-"))
			.from(content("whatever;is;here\n3;-;-\n")));
		assertThat(value("SELECT string_agg(items::text, ';' ORDER BY id) FROM items"))
			.isEqualTo("(1,one,);(2,,2.5);(3,,)");
		assertThat(failure(InvalidDataAccessResourceUsageException.class,
				this.copy.copyIn("items").columnsFromHeader().from(content("id,nmae\n1,x\n"))))
			.hasMessageContaining("nmae")
			.hasMessageContaining("name");
		assertThat(failure(CopyDataException.class, this.copy.copyIn("items").columnsFromHeader().from(content(""))))
			.hasMessageContaining("empty");
	}

	@Test
	void usesEveryOptionOfTheServer() {
		get(this.copy.copyIn("items")
			.format(CopyFormat.csv().quote('\'').escape('\\').forceNotNull("name").forceNull("price"))
			.from(content("1,,''\n2,'it\\'s, \\\\',2\n")));
		assertThat(value("SELECT string_agg(items::text, ';' ORDER BY id) FROM items"))
			.isEqualTo("(1,\"\",);(2,\"it's, \\\\\",2)");
		sql("TRUNCATE items");
		get(this.copy.copyIn("items").where("id % 2 = 0").from(content(items(1, 10))));
		assertThat(count("items")).isEqualTo(5);
		int version = this.server.majorVersion();
		requires(version, 15, CopyFormat.csv().headerMatch(), "id,name,price\n11,a,\n");
		sql("ALTER TABLE items ALTER price SET DEFAULT 5");
		requires(version, 16, CopyFormat.csv().defaultString("\\D"), "12,a,\\D\n");
		requires(version, 17, CopyFormat.csv().forceNull(), "13,\"\",\"\"\n");
		requires(version, 17, CopyFormat.csv().onErrorIgnore().logVerbosity(CopyFormat.LogVerbosity.VERBOSE),
				"x,a,\n14,b,\n");
		requires(version, 18, CopyFormat.csv().rejectLimit(1), "x,a,\n15,b,\n");
	}

	private void requires(int version, int minimum, CopyFormat format, String csv) {
		long before = count("items");
		Mono<CopyResult> load = this.copy.copyIn("items").format(format).from(content(csv));
		if (version >= minimum) {
			assertThat(get(load).rows()).isOne();
			assertThat(count("items")).isEqualTo(before + 1);
		}
		else {
			assertThat(failure(InvalidDataAccessApiUsageException.class, load))
				.hasMessageContaining("PostgreSQL " + minimum);
		}
	}

	@Test
	void loadsAlreadyFrozenIntoATableOfTheTransaction() {
		Mono<CopyResult> load = this.copy.copyIn("items").format(CopyFormat.csv().freeze()).from(content(items(1, 5)));
		get(this.pool.within(true, this.pool.connections().execute("TRUNCATE items").then(load)));
		assertItems(5);
	}

	@ParameterizedTest
	@ValueSource(strings = { "UTF-16", "UTF-16LE", "UTF-16BE" })
	void convertsUtf16(String encoding) {
		byte[] bytes = (items(1, 700) + "701,\uD83D\uDE00,\n").getBytes(Charset.forName(encoding));
		get(this.copy.copyIn("items").format(CopyFormat.csv().encoding(encoding)).from(content(bytes)));
		assertThat(value("SELECT name FROM items WHERE id = 701")).isEqualTo("\uD83D\uDE00");
		sql("DELETE FROM items WHERE id = 701");
		assertItems(700);
		if (encoding.equals("UTF-16")) {
			sql("TRUNCATE items");
			get(this.copy.copyIn("items")
				.columnsFromHeader()
				.from(content("id,name\n1,ä\n".getBytes(StandardCharsets.UTF_16))));
			assertThat(value("SELECT name FROM items")).isEqualTo("ä");
		}
	}

	@Test
	void letsTheServerConvertOtherEncodings() {
		byte[] latin = items(1, 10).getBytes(StandardCharsets.ISO_8859_1);
		get(this.copy.copyIn("items").format(CopyFormat.csv().encoding("LATIN1")).from(content(latin)));
		assertItems(10);
	}

	@Test
	void leavesGeneratedColumnsOut() {
		sql("CREATE TABLE computed (id bigint GENERATED ALWAYS AS IDENTITY, a integer,"
				+ " b integer GENERATED ALWAYS AS (a * 2) STORED, c integer)");
		get(this.copy.copyIn("computed").from(content("1,10\n2,20\n")));
		assertThat(value("SELECT string_agg(computed::text, ';' ORDER BY id) FROM computed"))
			.isEqualTo("(1,1,2,10);(2,2,4,20)");
		assertThat(text(this.copy.copyOut("computed").data())).isEqualTo("1,1,10\n2,2,20\n");
	}

	@Test
	void loadsIntoViewsPartitionsOtherSchemasAndQuotedNames() {
		sql("CREATE SCHEMA \"Other Schema\"", "CREATE TABLE \"Other Schema\".\"T.\"\"x\" (\"a b\" integer, \"C\" text)",
				"CREATE TABLE parts (id integer, at date) PARTITION BY RANGE (at)",
				"CREATE TABLE parts_2025 PARTITION OF parts FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')",
				"CREATE TABLE parts_rest PARTITION OF parts DEFAULT", "CREATE VIEW shown AS SELECT id, name FROM items",
				"CREATE VIEW joined AS SELECT i.id, i.name || '!' AS name FROM items i", """
						CREATE FUNCTION put() RETURNS trigger LANGUAGE plpgsql AS $$
						BEGIN INSERT INTO items VALUES (NEW.id, rtrim(NEW.name, '!')); RETURN NEW; END $$""",
				"CREATE TRIGGER put INSTEAD OF INSERT ON joined FOR EACH ROW EXECUTE FUNCTION put()");
		get(this.copy.copyIn("Other Schema.\"T.\"\"x\"").columns("C", "a b").from(content("x,1\n")));
		get(this.copy.copyIn("parts").from(content("1,2025-05-05\n2,2030-01-01\n")));
		get(this.copy.copyIn("joined").from(content("7,seven!\n")));
		assertThat(value("SELECT \"C\" || \"a b\" FROM \"Other Schema\".\"T.\"\"x\"")).isEqualTo("x1");
		assertThat(count("parts_2025")).isOne();
		assertThat(value("SELECT name FROM items WHERE id = 7")).isEqualTo("seven");
		assertThat(failure(org.springframework.dao.DataAccessException.class,
				this.copy.copyIn("shown").from(content("1,x\n"))))
			.isNotNull();
		assertThat(text(this.copy.copyOut("joined").data())).isEqualTo("7,seven!\n");
		assertThat(text(this.copy.copyOutQuery("SELECT * FROM parts ORDER BY id").data()))
			.isEqualTo("1,2025-05-05\n2,2030-01-01\n");
		assertThat(text(this.copy.copyOut("parts").columns("id").data())).contains("1\n", "2\n");
	}

	@Test
	void takesPartInATransactionThatIsRolledBack() {
		Mono<CopyResult> work = this.copy.copyIn("items").from(content(items(1, 100)));
		get(this.pool.transaction().execute((status) -> {
			status.setRollbackOnly();
			return work;
		}).single());
		assertThat(count("items")).isZero();
	}

	@Test
	void reportsProgressWithRateAndTotal(@TempDir Path directory) throws IOException {
		Path file = Files.writeString(directory.resolve("items.csv"), items(1, 500));
		List<CopyProgress> progress = new ArrayList<>();
		get(this.copy.copyIn("items").onProgress(progress::add).from(file));
		assertThat(progress).hasSizeGreaterThan(3).allMatch((at) -> at.total() == sizeOf(file));
		assertThat(progress).extracting(CopyProgress::bytes).isSorted();
		CopyProgress last = progress.get(progress.size() - 1);
		assertThat(last.bytes()).isEqualTo(sizeOf(file));
		assertThat(last.rows()).isEqualTo(500);
		assertThat(last.bytesPerSecond()).isPositive();
		NettyDataBuffer pooled = this.pooled.allocateBuffer(16);
		pooled.write("1000,x,1\n", StandardCharsets.UTF_8);
		pooled.retain();
		assertThat(failure(IllegalStateException.class, this.copy.copyIn("items").onProgress((at) -> {
			throw new IllegalStateException("enough");
		}).from(Flux.just(pooled)))).hasMessage("enough");
		assertThat(pooled.getNativeBuffer().refCnt()).isOne();
		DataBufferUtils.release(pooled);
		assertItems(500);
	}

	@ParameterizedTest
	@ValueSource(strings = { "csv", "csv with a header", "text", "binary" })
	void tellsWhileItLoadsHowManyRowsWereRead(String name) {
		sql("CREATE TABLE source AS SELECT i AS id, E'two\\nlines ' || i AS name, i::numeric AS price"
				+ " FROM generate_series(1, 20000) i");
		CopyFormat format = switch (name) {
			case "csv" -> CopyFormat.csv();
			case "csv with a header" -> CopyFormat.csv().header();
			case "text" -> CopyFormat.text();
			default -> CopyFormat.binary();
		};
		byte[] data = bytes(this.copy.copyOut("source").format(format).data());
		List<CopyProgress> progress = new ArrayList<>();
		get(this.copy.copyIn("items").format(format).onProgress(progress::add).from(content(data)));
		assertThat(progress).extracting(CopyProgress::rows)
			.filteredOn(Objects::nonNull)
			.isSorted()
			.anyMatch((rows) -> rows > 0 && rows < 20_000)
			.endsWith(20_000L);
		assertThat(count("items")).isEqualTo(20_000);
	}

	private static long sizeOf(Path file) {
		try {
			return Files.size(file);
		}
		catch (IOException ex) {
			throw new AssertionError(ex);
		}
	}

	@Test
	void doesNothingBeforeSubscription() {
		this.copy.copyIn("missing").from(Flux.never());
		assertThat(this.pool.connectionFactory().getMetrics().orElseThrow().allocatedSize()).isZero();
	}

	@Test
	void loadsNothingFromAnEmptySource() {
		assertThat(get(this.copy.copyIn("items").from(Flux.empty())).rows()).isZero();
	}

}
