package io.trunkline.copy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;

import com.github.luben.zstd.ZstdInputStream;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.dao.DataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class BulkCopyOutIntegrationTests extends BulkCopyFixture {

	private static final String SERIES = "SELECT i, repeat('x', i % 300) FROM generate_series(1, 5000) i";

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void packsRowsOfAllSizesIntoFrames(boolean transaction) {
		String query = "SELECT i, repeat('ä', 1 + (i * i) % 900 + CASE WHEN i % 100 = 0 THEN 5000 ELSE 0 END)"
				+ " FROM generate_series(1, 3000) i";
		List<Integer> sizes = new ArrayList<>();
		String data = get(this.pool.within(transaction, this.copy.copyOutQuery(query).data().map((buffer) -> {
			sizes.add(buffer.readableByteCount());
			byte[] bytes = new byte[buffer.readableByteCount()];
			buffer.read(bytes);
			return bytes;
		}).reduceWith(ByteArrayOutputStream::new, (all, bytes) -> {
			all.writeBytes(bytes);
			return all;
		}))).toString(StandardCharsets.UTF_8);
		assertThat(sizes.subList(0, sizes.size() - 1)).allMatch((size) -> size == FRAME_SIZE);
		assertThat(data).isEqualTo(
				value("SELECT string_agg(i || ',' || t || E'\\n', '' ORDER BY i) FROM (" + query + ") AS q (i, t)"));
	}

	@Test
	void countsRowsInEveryFormat() {
		get(this.copy.copyIn("items").from(content(items(1, 321))));
		for (CopyFormat format : List.of(CopyFormat.csv(), CopyFormat.csv().header(), CopyFormat.text(),
				CopyFormat.binary(), CopyFormat.jsonLines())) {
			ByteArrayOutputStream target = new ByteArrayOutputStream();
			CopyResult result = get(this.copy.copyOut("items").format(format).to(target));
			assertThat(result.rows()).as("rows as %s", format).isEqualTo(321);
			assertThat(result.bytes()).isEqualTo(target.size());
			assertThat(get(this.copy.copyOutQuery("SELECT * FROM items WHERE id < 0")
				.format(format)
				.to(new ByteArrayOutputStream())).rows()).as("no rows as %s", format).isZero();
		}
	}

	@Test
	void writesWithEveryOption() {
		sql("INSERT INTO items VALUES (1, 'a;b', 1), (2, NULL, 2)");
		assertThat(text(this.copy.copyOut("items")
			.columns("name", "id")
			.format(CopyFormat.csv().header().delimiter(';').quote('\'').nullString("-").forceQuote("name"))
			.data())).isEqualTo("name;id\n'a;b';1\n-;2\n");
		assertThat(text(this.copy.copyOut("items").format(CopyFormat.csv().forceQuote().escape('\\')).data()))
			.isEqualTo("\"1\",\"a;b\",\"1\"\n\"2\",,\"2\"\n");
		assertThat(text(this.copy.copyOut("items").format(CopyFormat.text()).data()))
			.isEqualTo("1\ta;b\t1\n2\t\\N\t2\n");
	}

	@Test
	void writesJsonLinesThatAreNotMangled() {
		sql("CREATE TABLE documents (id integer, t text, j json, b jsonb)",
				"INSERT INTO documents VALUES (1, E'back\\\\slash \"q\" tab\\t line\\n \\x01', E'{\"a\" :\\n 1}', '[\"\\\\\\\\\"]')");
		String lines = text(this.copy.copyOut("documents").format(CopyFormat.jsonLines()).data());
		assertThat(lines).isEqualTo(
				"{\"id\":1,\"t\":\"back\\\\slash \\\"q\\\" tab\\t line\\n \\u0001\",\"j\":{\"a\" :  1},\"b\":[\"\\\\\\\\\"]}\n");
		sql("CREATE TABLE loaded (data jsonb)");
		get(this.copy.copyIn("loaded").format(CopyFormat.jsonLines()).from(content(lines)));
		assertThat(value("SELECT count(*) FROM loaded, documents WHERE data = to_jsonb(documents)")).isEqualTo("1");
	}

	@Test
	void bindsParametersAsLiteralsOfTheServersMaking() {
		sql("INSERT INTO items VALUES (1, 'it''s \\ one', 1.5), (2, 'two', 2)");
		CopyOutSpec query = this.copy
			.copyOutQuery("SELECT id FROM items WHERE name = :name AND id = $1 AND price >= :price -- :comment $9 '\n"
					+ "AND ':no' <> E'\\':no' AND $t$ :no $2 $t$ <> '' AND \":no\" IS NULL AND (ARRAY[1, 2])[1:1] <> '{}';");
		sql("ALTER TABLE items ADD \":no\" text");
		assertThat(text(query.bind("name", "it's \\ one").bind("$1", 1).bind(":price", 1.5).data())).isEqualTo("1\n");
		assertThat(text(query.bind("name", "' OR true --").bind("$1", 1).bind("price", "0").data())).isEmpty();
		assertThat(text(this.copy.copyOutQuery("SELECT $1::date + 1, $2, $3, $4, pg_typeof($1), pg_typeof($5)")
			.bind("$1", LocalDate.of(2026, 2, 28))
			.bind("$2", new Integer[] { 1, 2 })
			.bindNull("$3")
			.bind("$4", "-5")
			.bind("$5", 5L)
			.data())).isEqualTo("2026-03-01,\"{1,2}\",,-5,date,bigint\n");
		assertThatThrownBy(() -> text(query.bind("$1", 1).data()))
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("[name]");
		assertThatThrownBy(() -> text(query.bind("$1", 1).bind("name", "x").bind("price", 1).bind("nmae", "").data()))
			.hasMessageContaining("[nmae]");
	}

	@Test
	void keepsLiteralsSafeWithoutStandardConformingStrings() {
		sql("ALTER DATABASE " + this.database + " SET standard_conforming_strings = off",
				"INSERT INTO items VALUES (1, E'\\\\''; x', 1)");
		TestPool pool = TestPool.ofOne(this.database);
		try {
			String value = "\\'; x";
			assertThat(text(service(pool).copyOutQuery("SELECT id, name = :name, :name FROM items WHERE name = :name")
				.bind("name", value)
				.data())).isEqualTo("1,t,\\'; x\n");
			assertThat(text(service(pool).copyOut("items").format(CopyFormat.csv().nullString("\\N")).data()))
				.isEqualTo("1,\\'; x,1\n");
		}
		finally {
			pool.close();
			sql("ALTER DATABASE " + this.database + " RESET standard_conforming_strings");
		}
	}

	@Test
	void defusesFormulasAndLeavesNumbers() {
		sql("INSERT INTO items VALUES (-1, '=1+1', -5), (2, '@x,y', 2), (3, '+49 30', NULL), (4, '-', 1e3), (5, '=\"q\"', 0)");
		assertThat(text(this.copy.copyOut("items").format(CopyFormat.csv().header()).defuseFormulas().data()))
			.isEqualTo("id,name,price\n-1,'=1+1,-5\n2,\"'@x,y\",2\n3,'+49 30,\n4,'-,1000\n5,\"'=\"\"q\"\"\",0\n");
		assertThatThrownBy(() -> this.copy.copyOut("items").format(CopyFormat.text()).defuseFormulas().data())
			.isInstanceOf(InvalidDataAccessApiUsageException.class)
			.hasMessageContaining("csv");
	}

	@Test
	void writesFilesCompressedByTheirNames(@TempDir Path directory) throws IOException {
		String expected = text(this.copy.copyOutQuery(SERIES).data());
		Path plain = directory.resolve("data.csv");
		Path gzip = directory.resolve("data.csv.gz");
		Path zstd = directory.resolve("data.csv.zst");
		Files.writeString(plain, "old");
		for (Path file : List.of(plain, gzip, zstd)) {
			CopyResult result = get(this.copy.copyOutQuery(SERIES).to(file));
			assertThat(result.rows()).isEqualTo(5000);
			assertThat(result.bytes()).isEqualTo(Files.size(file));
		}
		assertThat(plain).hasContent(expected);
		try (GZIPInputStream input = new GZIPInputStream(Files.newInputStream(gzip))) {
			assertThat(input.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo(expected);
		}
		try (ZstdInputStream input = new ZstdInputStream(Files.newInputStream(zstd))) {
			assertThat(input.readAllBytes()).asString(StandardCharsets.UTF_8).isEqualTo(expected);
		}
		assertThat(names(directory)).containsExactlyInAnyOrder("data.csv", "data.csv.gz", "data.csv.zst");
	}

	@Test
	void leavesNoFileBehindWhenItFails(@TempDir Path directory) {
		failure(DataAccessException.class,
				this.copy.copyOutQuery("SELECT 1 / (4000 - i) FROM generate_series(1, 5000) i")
					.to(directory.resolve("data.csv")));
		assertThat(names(directory)).isEmpty();
		this.pool.assertUsable();
		assertThat(failure(Exception.class, this.copy.copyOutQuery(SERIES).to(new OutputStream() {

			@Override
			public void write(int b) throws IOException {
				throw new IOException("full");
			}

		}))).hasRootCauseMessage("full");
		this.pool.assertUsable();
	}

	private static List<String> names(Path directory) {
		try (Stream<Path> files = Files.list(directory)) {
			return files.map((file) -> file.getFileName().toString()).toList();
		}
		catch (IOException ex) {
			throw new AssertionError(ex);
		}
	}

	@Test
	void copiesFromDatabaseToDatabaseAsItIs() {
		String other = this.server.createDatabase();
		this.server.executeIn(other,
				"CREATE TABLE items (price numeric, name text, id integer, extra boolean DEFAULT true)");
		TestPool target = TestPool.ofOne(other);
		try {
			get(this.copy.copyIn("items").from(content(items(1, 800))));
			BulkCopyService there = service(target);
			assertThat(get(this.copy.copyOut("items").into(there.copyIn("items"))).rows()).isEqualTo(800);
			assertThat(get(this.copy.copyOut("items").format(CopyFormat.binary()).into(there.copyIn("items"))).rows())
				.isEqualTo(800);
			CopyFormat header = (this.server.majorVersion() >= 15) ? CopyFormat.csv().headerMatch()
					: CopyFormat.csv().header();
			assertThat(get(this.copy.copyOutQuery("SELECT id FROM items")
				.into(there.copyIn("items").columns("id").format(header))).rows()).isEqualTo(800);
			assertThat(
					target.sideNumber("SELECT count(*) FROM items WHERE extra AND name LIKE 'Ä%' AND price = id + 0.5"))
				.isEqualTo(1600);
			failure(DataAccessException.class, this.copy.copyOutQuery("SELECT 1 / (400 - id), 'x', 1, true FROM items")
				.into(there.copyIn("items")));
			assertThat(target.sideNumber("SELECT count(*) FROM items")).isEqualTo(2400);
			target.assertUsable();
		}
		finally {
			target.close();
			this.server.dropDatabase(other);
		}
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.pool.within(true, this.copy.copyOut("items").into(this.copy.copyIn("items")))))
			.hasMessageContaining("transaction");
	}

	@Test
	void refusesQueriesThatAreNotOne() {
		for (String sql : List.of("SELECT 1; SELECT 2", "SELECT 1) TO PROGRAM 'x' --", "SELECT (1", "SELECT 'x",
				"SELECT $1 || 'a\\' || 'b'")) {
			assertThatThrownBy(() -> this.copy.copyOutQuery(sql)).as(sql)
				.isInstanceOf(InvalidDataAccessApiUsageException.class)
				.hasMessageContaining("'sql'");
		}
		assertThat(text(this.copy.copyOutQuery("SELECT 1 -- one;").data())).isEqualTo("1\n");
	}

	@Test
	void reportsProgressAndShowsWhatRuns() {
		List<CopyProgress> progress = new ArrayList<>();
		Flux<DataBuffer> data = this.copy.copyOutQuery(SERIES).onProgress(progress::add).data();
		assertThat(bytes(data).length).isEqualTo(progress.get(progress.size() - 1).bytes());
		assertThat(progress.get(progress.size() - 1).rows()).isEqualTo(5000);
		TestPool other = TestPool.ofOne(this.database);
		try {
			List<RunningCopy> running = this.copy
				.copyOutQuery("SELECT repeat('x', 1000) FROM generate_series(1, 100000)")
				.data()
				.limitRate(1)
				.concatMap((buffer) -> service(other).running().collectList(), 1)
				.filter((seen) -> !seen.isEmpty())
				.blockFirst(TestPool.TIMEOUT);
			assertThat(running).singleElement().satisfies((seen) -> {
				assertThat(seen.command()).isEqualTo("COPY TO");
				assertThat(seen.table()).isNull();
				assertThat(seen.rows()).isPositive();
			});
		}
		finally {
			other.close();
		}
		this.pool.assertUsable();
	}

}
