package io.trunkline.copy;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;

import io.trunkline.copy.TypeSamples.Sample;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.data.relational.core.conversion.MappingRelationalConverter;
import org.springframework.data.relational.core.mapping.RelationalMappingContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Values of all types against what the server makes of the same in text.
 */
class TypeRoundTripIntegrationTests {

	private static final long seed = new Random().nextLong();

	private static final Map<String, List<Sample>> samples = TypeSamples.all(new Random(seed));

	private static final RowMapping mapping = new RowMapping(
			new MappingRelationalConverter(new RelationalMappingContext()), new JacksonValues(new JsonMapper()), 4096)
		.forServer(PostgresTestServer.get().majorVersion());

	private static CopyFixture fixture;

	@BeforeAll
	static void createTypes() {
		fixture = new CopyFixture();
		fixture.execute("CREATE EXTENSION hstore", "CREATE EXTENSION citext",
				"CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy', 'it''s \"quoted\"')",
				"CREATE DOMAIN tiny AS int4 CHECK (VALUE < 100)", "CREATE DOMAIN small AS tiny CHECK (VALUE < 10)",
				"CREATE TYPE pair AS (number int4, gone int4, label text)", "ALTER TYPE pair DROP ATTRIBUTE gone",
				"CREATE TYPE textrange AS RANGE (subtype = text)");
	}

	@AfterAll
	static void dropDatabase() {
		fixture.close();
	}

	static Stream<String> types() {
		return samples.keySet().stream();
	}

	@ParameterizedTest
	@MethodSource("types")
	void storesWhatTheServerMakesOfTheText(String type) throws SQLException {
		createTables(type);
		List<RowColumn> columns = fixture.columns("loaded");
		RowEncoding<Map<String, ?>> binary = mapping.encodeMaps(columns.subList(0, 2));
		assertThat(binary.isBinary()).isTrue();
		RowEncoding<Map<String, ?>> text = mapping.encodeMaps(columns);
		assertThat(text.isBinary()).isFalse();
		assertLoads(binary, type, values(type), "binary");
		assertLoads(text, type, values(type), "text");
		assertLoads(binary, type, literals(type), "literals in binary");
		assertLoads(text, type, literals(type), "literals in text");
	}

	@ParameterizedTest
	@MethodSource("types")
	void readsWhatItCanStoreAgain(String type) throws SQLException {
		createTables(type);
		List<RowColumn> columns = fixture.columns("loaded").subList(0, 2);
		RowDecoding<? extends Map<String, ?>> decoding = mapping.decodeMaps(columns);
		assertThat(columns).noneMatch(decoding::needsText);
		List<? extends Map<String, ?>> rows = decoding.decode(fixture.unload("SELECT id, value FROM expected"))
			.collectList()
			.block(TestPool.TIMEOUT);
		assertThat(rows).hasSize(values(type).size() + 1);
		assertThat(rows.get(0).get("value")).isNull();
		assertLoads(mapping.encodeMaps(columns), type,
				rows.stream().<Object>map((row) -> row.get("value")).toList().subList(1, rows.size()), "what was read");
	}

	@Test
	void readsTypesWithoutABinaryFormAsText() {
		fixture.execute("DROP TABLE IF EXISTS prices", "CREATE TABLE prices (id int, words tsvector)",
				"INSERT INTO prices VALUES (1, 'a:1 b:2')");
		RowDecoding<? extends Map<String, ?>> decoding = mapping.decodeMaps(fixture.columns("prices"));
		assertThat(decoding.columns().stream().map(decoding::needsText)).containsExactly(false, true);
		assertThat(decoding.decode(fixture.unload("SELECT id, words::text FROM prices")).blockFirst(TestPool.TIMEOUT))
			.hasToString("{id=1, words='a':1 'b':2}");
	}

	@Test
	void readsWhatConsistsOfTypesWithoutABinaryFormAsText() {
		fixture.execute("DROP TABLE IF EXISTS mixed", "CREATE TYPE worded AS (id int, words tsvector)",
				"CREATE TYPE lsnrange AS RANGE (subtype = pg_lsn)",
				"CREATE TABLE mixed (words tsvector[], part worded, parts worded[], span lsnrange, spans lsnmultirange)",
				"INSERT INTO mixed VALUES ('{a:1,NULL}', '(1,b)', '{\"(2,c)\"}', '[0/1,0/2)', '{[0/3,)}')");
		RowDecoding<? extends Map<String, ?>> decoding = mapping.decodeMaps(fixture.columns("mixed"));
		assertThat(decoding.columns()).allMatch(decoding::needsText);
		assertThat(decoding
			.decode(fixture.unload("SELECT words::text, part::text, parts::text, span::text, spans::text FROM mixed"))
			.blockFirst(TestPool.TIMEOUT))
			.hasToString("{words={'a':1,NULL}, part=(1,'b'), parts={\"(2,'c')\"}, span=[0/1,0/2), spans={[0/3,)}}");
	}

	private static List<Object> values(String type) {
		return samples.get(type).stream().map(Sample::value).toList();
	}

	private static List<Object> literals(String type) {
		return samples.get(type).stream().<Object>map(Sample::literal).toList();
	}

	private static void createTables(String type) throws SQLException {
		fixture.execute("DROP TABLE IF EXISTS expected, loaded", "CREATE TABLE expected (id int, value " + type + ")",
				"CREATE TABLE loaded (id int, value " + type + ", filler tsvector)",
				"INSERT INTO expected (id) VALUES (-1)");
		try (Connection connection = fixture.jdbc();
				PreparedStatement insert = connection
					.prepareStatement("INSERT INTO expected VALUES (?, CAST(CAST(? AS text) AS " + type + "))")) {
			List<Sample> values = samples.get(type);
			for (int i = 0; i < values.size(); i++) {
				insert.setInt(1, i);
				insert.setString(2, values.get(i).literal());
				insert.addBatch();
			}
			insert.executeBatch();
		}
	}

	private static void assertLoads(RowEncoding<Map<String, ?>> encoding, String type, List<Object> values,
			String what) {
		fixture.execute("TRUNCATE loaded");
		List<Map<String, Object>> rows = new ArrayList<>();
		for (int i = 0; i < values.size(); i++) {
			Map<String, Object> row = new HashMap<>();
			row.put("id", i);
			row.put("value", values.get(i));
			rows.add(row);
		}
		Map<String, Object> nothing = new HashMap<>();
		nothing.put("id", -1);
		rows.add(nothing);
		assertThat(fixture.load("loaded", encoding, encoding.encode(Flux.fromIterable(rows)))).as(what)
			.isEqualTo(rows.size());
		assertThat(fixture.query("""
				SELECT string_agg(format('row %s holds %s instead of %s', id, left(l.value::text, 200),
					left(e.value::text, 200)), '; ' ORDER BY id)
				FROM loaded l FULL JOIN expected e USING (id) WHERE l.value::text IS DISTINCT FROM e.value::text"""))
			.as("%s of %s, seed %d", what, type, seed)
			.isNull();
	}

}
