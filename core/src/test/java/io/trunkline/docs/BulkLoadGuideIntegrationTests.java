package io.trunkline.docs;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.CopyFormat;
import io.trunkline.copy.DuplicateKeys;
import io.trunkline.copy.LoadReport;
import io.trunkline.copy.Merge;
import io.trunkline.copy.Rejects;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The code of {@code docs/bulk-load.md}.
 */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BulkLoadGuideIntegrationTests {

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final BulkCopyService copy = BulkCopyService.create(this.server.connectionFactoryFor(this.database));

	@AfterAll
	void dropDatabase() {
		this.server.dropDatabase(this.database);
	}

	@Test
	void loadsAndMerges(@TempDir Path directory) {
		this.server.executeIn(this.database, "CREATE TABLE items (id int PRIMARY KEY, name text NOT NULL)",
				"CREATE TABLE authors (id serial PRIMARY KEY, name text UNIQUE)",
				"CREATE TABLE books (title text, author int REFERENCES authors)");
		assertThat(upsert(content("1,a\n2,b\n")).block()).extracting(LoadReport::inserted).isEqualTo(2L);
		assertThat(reject(content("id,name\n3,c\nx,d\n4,\n"), directory.resolve("rejects.csv")).block())
			.extracting(LoadReport::rejected)
			.isEqualTo(2L);
		assertThat(maps(Flux.just(Map.of("id", 1, "name", "x"))).block()).extracting(LoadReport::updated).isEqualTo(1L);
		assertThat(books(content("{\"title\":\"T\",\"author\":\"A\"}\n")).block()).extracting(LoadReport::inserted)
			.isEqualTo(2L);
		assertThat(script(content("5,e\n"), content("{\"title\":\"U\",\"author\":\"A\"}\n")).block()).hasSize(2);
	}

	private static Flux<DataBuffer> content(String text) {
		return Flux.defer(
				() -> Flux.just(DefaultDataBufferFactory.sharedInstance.wrap(text.getBytes(StandardCharsets.UTF_8))));
	}

	// tag::upsert[]
	Mono<LoadReport> upsert(Publisher<DataBuffer> csv) {
		return this.copy.load("items")
			.merge(Merge.update("id")) // none for the primary key
			.duplicateKeys(DuplicateKeys.LAST)
			.from(csv);
	}
	// end::upsert[]

	// tag::reject[]
	Mono<LoadReport> reject(Publisher<DataBuffer> csv, Path rejects) {
		return this.copy.load("items").columnsFromHeader().reject(Rejects.upTo(1000).toFile(rejects)).from(csv);
	}
	// end::reject[]

	// tag::maps[]
	Mono<LoadReport> maps(Publisher<Map<String, Object>> rows) {
		return this.copy.load("items").merge(Merge.update()).fromMaps(rows);
	}
	// end::maps[]

	// tag::books[]
	Mono<LoadReport> books(Publisher<DataBuffer> jsonLines) {
		return this.copy.load("books")
			.format(CopyFormat.jsonLines())
			.staging("staged")
			.stagingColumn("data", "jsonb")
			.beforeMerge("CREATE INDEX ON staged ((data ->> 'author'))")
			.merge(Merge
				.sql("INSERT INTO authors (name) SELECT DISTINCT data ->> 'author' FROM staged ON CONFLICT DO NOTHING")
				.andSql("INSERT INTO books SELECT s.data ->> 'title', a.id FROM staged s"
						+ " JOIN authors a ON a.name = s.data ->> 'author'"))
			.from(jsonLines);
	}
	// end::books[]

	// tag::script[]
	Mono<List<LoadReport>> script(Publisher<DataBuffer> items, Publisher<DataBuffer> books) {
		return this.copy.script().load(upsert(items)).load(books(books)).run(); // all or
																				// nothing
	}
	// end::script[]

}
