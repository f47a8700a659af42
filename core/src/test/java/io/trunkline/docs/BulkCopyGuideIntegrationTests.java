package io.trunkline.docs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.Compression;
import io.trunkline.copy.CopyFormat;
import io.trunkline.copy.CopyLocation;
import io.trunkline.copy.CopyProgress;
import io.trunkline.copy.CopyResult;
import io.trunkline.copy.PartialCopyException;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

/**
 * The code of {@code docs/bulk-copy.md}.
 */
class BulkCopyGuideIntegrationTests {

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final TestPool pool = TestPool.of(3, this.database);

	private final BulkCopyService copy = BulkCopyService.create(this.pool.connectionFactory());

	@TempDir
	private Path directory;

	@BeforeEach
	void createTable() {
		this.server.executeIn(this.database,
				"CREATE TABLE book (id integer PRIMARY KEY, title text, price numeric, published date)",
				"CREATE TABLE document (id bigint GENERATED ALWAYS AS IDENTITY, data jsonb)");
	}

	@AfterEach
	void close() {
		this.pool.close();
		this.server.dropDatabase(this.database);
	}

	private Path csv() throws IOException {
		return Files.writeString(this.directory.resolve("books.csv"),
				"title,id,price,published\nUlysses,1,9.50,1922-02-02\n=1+1,2,5,2020-01-01\n");
	}

	@Test
	void loadsAndExportsFiles() throws IOException {
		assertThat(load(csv()).block()).extracting(CopyResult::rows).isEqualTo(2L);
		assertThat(export(1921, this.directory.resolve("out.csv.gz")).block()).extracting(CopyResult::rows)
			.isEqualTo(2L);
		String shown = DataBufferUtils.join(download()).map((buffer) -> {
			String text = buffer.toString(java.nio.charset.StandardCharsets.UTF_8);
			DataBufferUtils.release(buffer);
			return text;
		}).block();
		assertThat(shown).startsWith("id,title,price\n").contains("'=1+1");
	}

	// tag::load[]
	Mono<CopyResult> load(Path file) {
		return this.copy.copyIn("book").columnsFromHeader().from(file);
	}
	// end::load[]

	// tag::export[]
	Mono<CopyResult> export(int year, Path file) {
		return this.copy.copyOutQuery("SELECT * FROM book WHERE extract(year FROM published) > :year ORDER BY id")
			.bind("year", year)
			.format(CopyFormat.csv().header())
			.to(file); // compressed, as its name ends in .gz
	}
	// end::export[]

	// tag::download[]
	Flux<DataBuffer> download() {
		return this.copy.copyOut("book")
			.columns("id", "title", "price")
			.format(CopyFormat.csv().header())
			.defuseFormulas()
			.data();
	}
	// end::download[]

	// tag::upload[]
	Mono<CopyResult> upload(Publisher<DataBuffer> body, long contentLength, List<CopyProgress> progress) {
		return this.copy.copyIn("book")
			.format(CopyFormat.csv().delimiter(';').nullString("-").encoding("LATIN1"))
			.compression(Compression.NONE)
			.total(contentLength)
			.onProgress(progress::add)
			.from(body);
	}
	// end::upload[]

	@Test
	void loadsAnUpload() {
		byte[] body = "1;Ulysses;-;1922-02-02\n".getBytes();
		List<CopyProgress> progress = new ArrayList<>();
		upload(Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(body)), body.length, progress).block();
		assertThat(progress).last().satisfies((last) -> {
			assertThat(last.bytes()).isEqualTo(body.length);
			assertThat(last.rows()).isEqualTo(1);
		});
	}

	// tag::rows[]
	Mono<CopyResult> add(Flux<Book> books) {
		return this.copy.copyIn("book").fromObjects(books, Book.class);
	}

	Mono<CopyResult> addTitles(Flux<Map<String, Object>> rows) {
		return this.copy.copyIn("book").columns("id", "title").fromMaps(rows);
	}
	// end::rows[]

	@Test
	void loadsRows() {
		add(Flux.just(new Book(1, "Ulysses"), new Book(2, "Dubliners"))).block();
		addTitles(Flux.just(Map.of("id", 3, "title", "Exiles"))).block();
		assertThat(this.pool.sideNumber("SELECT count(*) FROM book")).isEqualTo(3);
	}

	record Book(int id, String title) {
	}

	// tag::query-rows[]
	Flux<Book> books(LocalDate since) {
		return this.copy.copyOutQuery("SELECT id, title FROM book WHERE published >= :since ORDER BY id")
			.bind("since", since)
			.objects(Book.class);
	}

	Flux<Map<String, Object>> titlesByYear() {
		return this.copy
			.copyOutQuery("SELECT extract(year FROM published)::int AS year, array_agg(title ORDER BY title) AS titles"
					+ " FROM book GROUP BY year ORDER BY year")
			.maps(); // {year=1922, titles=[Ulysses]}
	}
	// end::query-rows[]

	@Test
	void readsRowsOfQueries() throws IOException {
		load(csv()).block();
		assertThat(books(LocalDate.of(2000, 1, 1)).collectList().block()).containsExactly(new Book(2, "=1+1"));
		assertThat(titlesByYear().collectList().block()).containsExactly(
				Map.of("year", 1922, "titles", List.of("Ulysses")), Map.of("year", 2020, "titles", List.of("=1+1")));
	}

	@Test
	void loadsJsonLinesAndCopiesBetweenDatabases() throws IOException {
		Path lines = Files.writeString(this.directory.resolve("lines.jsonl"), "{\"a\": 1}\n{\"a\": 2}\n");
		// tag::json[]
		Mono<CopyResult> documents = this.copy.copyIn("document").format(CopyFormat.jsonLines()).from(lines);
		// end::json[]
		assertThat(documents.block()).extracting(CopyResult::rows).isEqualTo(2L);
		BulkCopyService source = this.copy;
		BulkCopyService target = this.copy;
		this.server.executeIn(this.database, "CREATE TABLE archive (data jsonb)");
		// tag::databases[]
		Mono<CopyResult> copied = source.copyOut("document").columns("data").into(target.copyIn("archive"));
		// end::databases[]
		assertThat(copied.block()).extracting(CopyResult::rows).isEqualTo(2L);
	}

	@Test
	void tellsWhatIsWrong() throws IOException {
		Path file = Files.writeString(this.directory.resolve("bad.csv"),
				"1,Ulysses,9.50,1922-02-02\n2,Dubliners,cheap,\n");
		List<String> problems = new ArrayList<>();
		// tag::error[]
		Mono<CopyResult> load = this.copy.copyIn("book").from(file).doOnError((ex) -> {
			CopyLocation location = CopyLocation.find(ex).orElse(null); // line 2
			problems.add("Not loaded: " + location);
		});
		// end::error[]
		assertThat(catchThrowable(load::block)).isNotNull();
		assertThat(problems).containsExactly("Not loaded: line 2, column price");
		List<PartialCopyException.Chunk> committed = new ArrayList<>();
		// tag::parallel[]
		Mono<CopyResult> parallel = this.copy.copyIn("book")
			.parallel(3)
			.from(file)
			.doOnError(PartialCopyException.class, (ex) -> committed.addAll(ex.getCommitted()));
		// end::parallel[]
		assertThat(catchThrowable(parallel::block)).isNotNull();
		assertThat(committed).isEmpty();
	}

}
