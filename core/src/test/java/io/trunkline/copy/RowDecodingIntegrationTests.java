package io.trunkline.copy;

import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Map;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.test.StepVerifier;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.dao.TypeMismatchDataAccessException;
import org.springframework.data.domain.Range;
import org.springframework.data.relational.core.conversion.MappingRelationalConverter;
import org.springframework.data.relational.core.mapping.Column;
import org.springframework.data.relational.core.mapping.Embedded;
import org.springframework.data.relational.core.mapping.RelationalMappingContext;

import static org.assertj.core.api.Assertions.assertThat;

class RowDecodingIntegrationTests {

	private static final RowMapping mapping = new RowMapping(
			new MappingRelationalConverter(new RelationalMappingContext()), new JacksonValues(new JsonMapper()), 4096);

	private static CopyFixture fixture;

	@BeforeAll
	static void createTables() {
		fixture = new CopyFixture();
		fixture.execute("CREATE TYPE mood AS ENUM ('sad', 'happy')", "CREATE TYPE pair AS (number int, label text)", """
				CREATE TABLE things (id bigint, count int, level float8, flag bool, mood mood, born date,
				made timestamp, seen timestamptz, tags text[], numbers int[], data jsonb, span int4range, pair pair)""",
				"""
						INSERT INTO things VALUES (1, 2, 3.5, true, 'happy', '2026-01-31', '2026-01-31 12:00',
						'2026-01-31 12:00+00', '{a,NULL}', '{1,2}', '{"number": 7, "label": "x"}', '[1,5)', '(8,y)')""",
				"CREATE TABLE people (id int, \"Full Name\" text, home_street text, home_zip int)",
				"INSERT INTO people VALUES (1, 'Ada', 'Elm', 12345), (2, NULL, NULL, NULL)");
	}

	@AfterAll
	static void dropDatabase() {
		fixture.close();
	}

	private static <T> Flux<T> read(Class<T> type, String table) {
		return mapping.decodeObjects(type, fixture.columns(table)).decode(fixture.unload("SELECT * FROM " + table));
	}

	@Test
	void readsRecordsWithTheTypesThatTheyDeclare() {
		Thing thing = read(Thing.class, "things").single().block(TestPool.TIMEOUT);
		assertThat(thing).usingRecursiveComparison()
			.isEqualTo(new Thing(1, 2, 3.5, true, Mood.HAPPY, LocalDate.of(2026, 1, 31),
					LocalDateTime.of(2026, 1, 31, 12, 0), Instant.parse("2026-01-31T12:00:00Z"),
					java.util.Arrays.asList("a", null), new int[] { 1, 2 }, new Pair(7, "x"), Range.rightOpen(1, 5),
					new Pair(8, "y"), null));
	}

	@Test
	void readsBeansThroughSettersFieldsAndEmbeddedObjects() {
		List<Person> people = read(Person.class, "people").collectList().block(TestPool.TIMEOUT);
		assertThat(people).extracting((person) -> person.id).containsExactly(1, 2);
		assertThat(people).extracting((person) -> person.name).containsExactly("Ada!", null);
		assertThat(people).extracting((person) -> person.home).containsExactly(new Address("Elm", 12345), null);
	}

	@Test
	void refusesNullForAPrimitive() {
		fixture.execute("DROP TABLE IF EXISTS nothing", "CREATE TABLE nothing (number int, label text)",
				"INSERT INTO nothing VALUES (NULL, 'secret')");
		StepVerifier.create(read(Pair.class, "nothing"))
			.verifyErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TypeMismatchDataAccessException.class)
				.hasMessageContaining("\"number\" of type int4")
				.hasMessageContaining("NULL"));
	}

	@Test
	void refusesAValueThatDoesNotConvertWithoutTellingIt() {
		fixture.execute("DROP TABLE IF EXISTS wrong", "CREATE TABLE wrong (number text, label text)",
				"INSERT INTO wrong VALUES ('secret', 'x')");
		StepVerifier.create(read(Pair.class, "wrong"))
			.verifyErrorSatisfies((ex) -> assertThat(ex).isInstanceOf(TypeMismatchDataAccessException.class)
				.hasMessageContaining("\"number\" of type text")
				.hasMessageNotContaining("secret")
				.hasNoCause());
	}

	@Test
	void releasesEveryRowWhenCancelled() {
		Flux<? extends Map<String, ?>> rows = mapping.decodeMaps(fixture.columns("people"))
			.decode(fixture.unload("SELECT n, n::text, n::text, n FROM generate_series(1, 100000) n"));
		StepVerifier.create(rows, 5).expectNextCount(5).thenCancel().verify();
		fixture.pool().assertUsable();
	}

	@Test
	void readsNoRows() {
		StepVerifier
			.create(mapping.decodeMaps(fixture.columns("people"))
				.decode(fixture.unload("SELECT * FROM people WHERE false")))
			.verifyComplete();
	}

	@Test
	void refusesWhatIsNoRowAndReleasesIt() {
		RowDecoding<?> decoding = mapping.decodeMaps(fixture.columns("people"));
		ByteBuf text = Unpooled.directBuffer().writeBytes("1\tAda\tElm\t12345\n and more".getBytes());
		StepVerifier.create(decoding.decode(Flux.just(text)))
			.verifyError(InvalidDataAccessResourceUsageException.class);
		assertThat(text.refCnt()).isZero();
		StepVerifier.create(decoding.decode(fixture.unload("SELECT 1, 2")))
			.verifyErrorMatches((ex) -> ex.getMessage().contains("2 fields instead of 4"));
		StepVerifier.create(decoding.decode(fixture.unload("SELECT * FROM people").take(1)))
			.expectNextCount(1)
			.verifyError(DataAccessResourceFailureException.class);
	}

	enum Mood {

		SAD, HAPPY

	}

	record Pair(int number, String label) {

	}

	record Thing(long id, int count, double level, boolean flag, Mood mood, LocalDate born, LocalDateTime made,
			Instant seen, List<String> tags, int[] numbers, Pair data, Range<Integer> span, Pair pair, String absent) {

	}

	record Address(String street, int zip) {

	}

	static class Person {

		private int id;

		@Column("Full Name")
		private String name;

		@Embedded(onEmpty = Embedded.OnEmpty.USE_NULL, prefix = "home_")
		private Address home;

		public void setName(String name) {
			this.name = (name != null) ? name + "!" : null;
		}

	}

}
