package io.trunkline.copy;

import java.math.BigDecimal;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.trunkline.schema.UnknownColumnException;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import tools.jackson.databind.PropertyNamingStrategies;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.InvalidDataAccessApiUsageException;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Lines of JSON that are taken apart by their keys, and values of JSON.
 */
class JsonLinesIntegrationTests extends BulkCopyFixture {

	private Mono<CopyResult> load(String lines, String... columns) {
		CopyInSpec load = this.copy.copyIn("items").format(CopyFormat.jsonLines());
		return ((columns.length > 0) ? load.columns(columns) : load).from(content(lines));
	}

	@ParameterizedTest
	@ValueSource(strings = { "\n", "\r\n", "\n\n \r\n" })
	void loadsKeysIntoColumns(String lineEnd) {
		String lines = IntStream.rangeClosed(1, 500)
			.mapToObj(
					(i) -> "{\"name\": \"Ärger \\\"%d\\\",\\nzwei\", \"id\": %d, \"price\": %d.50}".formatted(i, i, i))
			.collect(Collectors.joining(lineEnd));
		assertThat(get(load("\uFEFF" + lines)).rows()).isEqualTo(500);
		assertItems(500);
		assertThat(value("SELECT price FROM items WHERE id = 7")).isEqualTo("7.50");
	}

	@Test
	void takesValuesAsTheServerPrintsThem() {
		sql("CREATE TYPE mood AS ENUM ('sad', 'happy')", "CREATE TYPE pair AS (a integer, b text)",
				"CREATE TABLE wide (id bigint, n numeric, f float8, b boolean, t timestamptz, d date, u uuid, y bytea,"
						+ " m mood, a text[], r int4range, p pair, v interval, j jsonb, k json, i inet, x text)",
				"CREATE TABLE again (LIKE wide)",
				"INSERT INTO wide VALUES (9007199254740993, 1.2345678901234567890123, 0.1, true, '2026-01-02 03:04:05.678901Z',"
						+ " '-infinity', '00000000-0000-0000-0000-00000000002a', '\\xcafe', 'happy',"
						+ " ARRAY['a',NULL,'b\"'], '[1,5)', (1,'x y'), '1 day 02:00', '\"text\"', '{\"a\":[1,null]}',"
						+ " '10.0.0.1/8', E'tab\\tand\\\\'), (NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,"
						+ "NULL,NULL,NULL,NULL)");
		String lines = text(this.copy.copyOut("wide").format(CopyFormat.jsonLines()).data());
		assertThat(get(this.copy.copyIn("again").format(CopyFormat.jsonLines()).from(content(lines))).rows())
			.isEqualTo(2);
		assertThat(value("SELECT count(*) FROM wide JOIN again ON wide::text = again::text")).isEqualTo("2");
	}

	@Test
	void leavesWhatALineDoesNotHaveNull() {
		get(load("{\"id\":1,\"name\":\"one\"}\n{\"id\":2}\n{\"name\":null,\"id\":3}"));
		assertThat(value("SELECT string_agg(id || coalesce(name, '-'), ' ' ORDER BY id) FROM items"))
			.isEqualTo("1one 2- 3-");
		get(load("{\"id\":4}\n{\"id\":5,\"name\":\"five\"}", "id", "name"));
		assertThat(value("SELECT name FROM items WHERE id = 5")).isEqualTo("five");
		assertThat(get(load("\n\n")).rows()).isZero();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '\0',
			value = { "{\"id\":3,\"nam\":\"x\"}|nam", "{\"id\":\"x\",\"name\":\"three\"}|id", "{\"id\":3|JSON",
					"[3]|JSON", "null|JSON", "{\"id\":3} {\"id\":4}|JSON", "{\"id\":3,\"name\":{\"a\":1}}|name" })
	void namesTheLineThatCannotBeLoaded(String line, String named) {
		CopyDataException failure = failure(CopyDataException.class,
				load("{\"id\":1,\"name\":\"one\"}\n\n{\"id\":2}\n" + line + "\n"));
		assertThat(failure).hasMessageContaining("line 4").hasMessageContaining(named);
		assertThat(failure.getLocation()).extracting(CopyLocation::line).isEqualTo(4L);
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@Test
	void namesTheLineOfAnErrorOfTheServer() {
		DuplicateKeyException failure = failure(DuplicateKeyException.class,
				load("\n{\"id\":1}\n\n\n{\"id\":2}\n{\"id\":1}\n"));
		assertThat(CopyLocation.find(failure)).map(CopyLocation::line).contains(6L);
		try (TestPool several = TestPool.of(2, this.database)) {
			String lines = IntStream.rangeClosed(1, 500)
				.mapToObj((i) -> "{\"id\":%d}\n\n".formatted((i == 400) ? 399 : i))
				.collect(Collectors.joining());
			PartialCopyException partial = failure(PartialCopyException.class,
					service(several).copyIn("items").format(CopyFormat.jsonLines()).parallel(2).from(content(lines)));
			assertThat(CopyLocation.find(partial)).map(CopyLocation::line).contains(799L);
			several.awaitGivenBack();
		}
	}

	@Test
	void offersTheColumnForAKeyOfTheFirstLine() {
		CopyDataException failure = failure(CopyDataException.class, load("\n{\"id\":1,\"nmae\":\"one\"}"));
		assertThat(failure).hasMessageContaining("[name]")
			.hasMessageContaining("line 2")
			.hasCauseInstanceOf(UnknownColumnException.class);
		assertThat(failure(CopyDataException.class, load("{}"))).hasMessageContaining("columns");
	}

	@Test
	void refusesWhatOnlyTheServerCouldDo() {
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				this.copy.copyIn("items").format(CopyFormat.jsonLines().freeze()).from(content("{\"id\":1}"))))
			.hasMessageContaining("options");
	}

	@Test
	void namesTheDependencyWhereNothingReadsJson() {
		RowMapping without = new RowMapping(PlainConverter.create(), null, FRAME_SIZE);
		assertThat(failure(InvalidDataAccessApiUsageException.class, Mono.fromRunnable(without::requireJson)))
			.hasMessageContaining("tools.jackson.core:jackson-databind");
	}

	@Test
	void writesAndReadsValuesOfJsonByTheMapper() {
		sql("CREATE TABLE notes (id integer, data jsonb)");
		Note note = new Note(1, new Body("one", BigDecimal.TEN));
		get(this.copy.copyIn("notes").fromMaps(Mono.just(Map.of("id", 1, "data", note.data()))));
		assertThat(value("SELECT data ->> 'someText' FROM notes")).isEqualTo("one");
		sql("TRUNCATE notes");
		BulkCopyService snake = BulkCopyService.builder(this.pool.connections())
			.jsonMapper(JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build())
			.build();
		get(snake.copyIn("notes").fromMaps(Mono.just(Map.of("id", 1, "data", note.data()))));
		assertThat(value("SELECT data ->> 'some_text' FROM notes")).isEqualTo("one");
	}

	@Test
	void asksForInfiniteIntervalsByTheServersVersion() {
		int version = get(CopyTable.serverVersion(this.pool.connections()));
		sql("CREATE TABLE spans (v interval)");
		Mono<CopyResult> load = this.copy.copyIn("spans").fromMaps(Mono.just(Map.of("v", "infinity")));
		if (version >= 17) {
			get(load);
			assertThat(value("SELECT v FROM spans WHERE NOT isfinite(v)")).isNotNull();
		}
		else {
			failure(CopyEncodingException.class, load);
		}
	}

	@Test
	void readsTypesWithoutABinaryFormAsText() {
		sql("CREATE TABLE searched (id integer, words tsvector)", "INSERT INTO searched VALUES (1, 'b a')");
		assertThat(this.copy.copyOut("searched").maps().collectList().block(TestPool.TIMEOUT)).singleElement()
			.isEqualTo(Map.of("id", 1, "words", "'a' 'b'"));
	}

	record Body(String someText, BigDecimal amount) {
	}

	record Note(int id, Body data) {
	}

}
