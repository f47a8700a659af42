package io.trunkline.client;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;

import io.micrometer.observation.tck.TestObservationRegistry;
import io.trunkline.client.PostgresClient.QuerySpec;
import io.trunkline.connection.OperationContext;
import io.trunkline.connection.PostgresNotice;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.IncorrectResultSizeDataAccessException;
import org.springframework.r2dbc.BadSqlGrammarException;

import static io.micrometer.observation.tck.TestObservationRegistryAssert.assertThat;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

class PostgresClientIntegrationTests extends ClientFixture {

	@Test
	void fetchesMapsAndKeepsColumnsOfOneNameApart() {
		List<Map<String, Object>> rows = get(
				this.client.sql("SELECT 1 AS id, 2 AS id, 3 AS id_2, 4 AS id, NULL AS none, 'x' AS \"Upper Case\"")
					.fetch());
		assertThat(rows).hasSize(1);
		assertThat(rows.get(0)).containsExactly(entry("id", 1), entry("id_3", 2), entry("id_2", 3), entry("id_4", 4),
				entry("none", null), entry("Upper Case", "x"));
	}

	@Test
	void fetchesRecordsBeansAndValues() {
		QuerySpec items = this.client.sql("SELECT 7 AS id, 'seven' AS full_name, 7.5 AS price");
		assertThat(get(items.fetch(Item.class))).containsExactly(new Item(7, "seven", new BigDecimal("7.5")));
		assertThat(get(items.fetchOne(ItemBean.class)).getFullName()).isEqualTo("seven");
		Integer eight = get(items.fetchOne((row) -> row.get("id", Integer.class) + 1));
		assertThat(eight).isEqualTo(8);
		UUID id = UUID.randomUUID();
		assertThat(get(this.client.sql("SELECT :id::uuid").bind("id", id).fetchValue(UUID.class))).isEqualTo(id);
		assertThat(get(this.client.sql("SELECT 5").fetchValue(long.class))).isEqualTo(5L);
		assertThat(get(this.client.sql("SELECT g FROM generate_series(1, 3) g").fetch(Integer.class)))
			.containsExactly(1, 2, 3);
	}

	@Test
	void fetchesNullsWhereTheyCanBeHeld() {
		QuerySpec values = this.client.sql("VALUES ('a'), (NULL), ('c')");
		assertThat(get(values.fetch(String.class))).containsExactly("a", null, "c");
		assertThat(this.client.sql("SELECT NULL::text").fetchValue(String.class).block()).isNull();
		assertThat(this.client.sql("SELECT 1 WHERE false").fetchOne().block()).isNull();
	}

	@Test
	void refusesSeveralRowsWhereOneWasAskedFor() {
		QuerySpec two = this.client.sql("SELECT g FROM generate_series(1, 2) g");
		failure(IncorrectResultSizeDataAccessException.class, two.fetchOne());
		failure(IncorrectResultSizeDataAccessException.class, two.fetchValue(Integer.class));
		this.pool.assertUsable();
	}

	@Test
	void bindsByNameAndByNumber() {
		assertThat(get(this.client.sql("SELECT :a || :b || :a").bind("b", "-").bind("a", "x").fetchValue(String.class)))
			.isEqualTo("x-x");
		assertThat(get(this.client.sql("SELECT $2 || $1").bind(1, "one").bind(2, "two").fetchValue(String.class)))
			.isEqualTo("twoone");
		assertThat(get(this.client.sql("SELECT $2 || $1").params("one", "two").fetchValue(String.class)))
			.isEqualTo("twoone");
		assertThat(
				get(this.client.sql("SELECT :a::int + :b::int").bindAll(Map.of("a", 1, "b", 2)).fetchValue(int.class)))
			.isEqualTo(3);
		assertThat(get(this.client.sql("SELECT :a::int IS NULL").bind("a", null).fetchValue(Boolean.class))).isTrue();
	}

	@Test
	void bindsListsAsArrays() {
		String sql = "SELECT count(*) FROM generate_series(1, 10) g WHERE g = ANY(:ids)";
		assertThat(get(this.client.sql(sql).bind("ids", List.of(2, 4, 99)).fetchValue(Long.class))).isEqualTo(2L);
		assertThat(get(this.client.sql(sql).bind("ids", List.of()).fetchValue(Long.class))).isZero();
		List<Integer> nulls = new ArrayList<>();
		nulls.add(null);
		assertThat(get(this.client.sql(sql).bind("ids", nulls).fetchValue(Long.class))).isZero();
		nulls.add(3);
		assertThat(get(this.client.sql(sql).bind("ids", nulls).fetchValue(Long.class))).isEqualTo(1L);
		assertThat(get(
				this.client.sql("SELECT 'b' = ANY(:names)").bind("names", List.of("a", "b")).fetchValue(Boolean.class)))
			.isTrue();
	}

	@Test
	void isImmutable() {
		QuerySpec sum = this.client.sql("SELECT :a::int + :b::int").bind("a", 1);
		QuerySpec two = sum.bind("b", 1);
		QuerySpec three = sum.bind("b", 2);
		assertThat(get(two.fetchValue(Integer.class))).isEqualTo(2);
		assertThat(get(three.fetchValue(Integer.class))).isEqualTo(3);
		assertThat(get(two.fetchValue(Integer.class))).isEqualTo(2);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void countsRows(boolean transaction) {
		Mono<List<Long>> counts = Mono.zip((values) -> List.of((Long) values[0], (Long) values[1], (Long) values[2]),
				this.client.sql("INSERT INTO items SELECT g, 'x', 1 FROM generate_series(1, 5) g").execute(),
				Mono.defer(() -> this.client.sql("UPDATE items SET price = :p WHERE id <= 3").bind("p", 2).execute()),
				Mono.defer(() -> this.client.sql("DELETE FROM items WHERE id = $1").params(1).execute()));
		assertThat(get(this.pool.within(transaction, counts))).containsExactly(5L, 3L, 1L);
		assertThat(count()).isEqualTo(4);
	}

	@Test
	void countsTheRowsOfAMerge() {
		ddl("INSERT INTO items VALUES (1, 'one', 1), (2, 'two', 2)");
		String merge = "MERGE INTO items USING generate_series(1, 5) s(id) ON items.id = s.id"
				+ " WHEN MATCHED THEN UPDATE SET price = 0 WHEN NOT MATCHED AND s.id < 5 THEN INSERT VALUES (s.id, :name)";
		if (this.server.majorVersion() < 15) {
			failure(BadSqlGrammarException.class, this.client.sql(merge).bind("name", "new").execute());
			this.pool.assertUsable();
			return;
		}
		assertThat(get(this.client.sql(merge).bind("name", "new").execute())).isEqualTo(4L);
		assertThat(get(this.client.sql(merge.replace(":name", "'x'")).execute())).isEqualTo(4L);
		assertThat(get(this.pool.connections().update(merge.replace(":name", "$1"), "y"))).isEqualTo(4L);
	}

	@Test
	void runsSeveralStatementsWithoutParameters() {
		assertThat(get(this.client.sql("INSERT INTO items VALUES (1); INSERT INTO items VALUES (2), (3);").execute()))
			.isEqualTo(3L);
		assertThat(get(this.client.sql("CREATE TABLE other (id int)").execute())).isZero();
	}

	@Test
	void readsNoMoreThanWasAskedFor() {
		QuerySpec many = this.client.sql("SELECT g FROM generate_series(1, 1000000) g");
		assertThat(get(many.maxRows(3).fetch(Integer.class))).containsExactly(1, 2, 3);
		assertThat(get(many.maxRows(3).fetchSize(2).stream(Integer.class).collectList())).containsExactly(1, 2, 3);
		assertThat(get(
				this.client.sql("SELECT g FROM generate_series(1, :n) g").bind("n", 2).maxRows(3).fetch(Integer.class)))
			.containsExactly(1, 2);
		assertThat(get(this.client.sql("INSERT INTO items SELECT g FROM generate_series(1, 5) g RETURNING id")
			.maxRows(2)
			.fetch(Integer.class))).containsExactly(1, 2);
		assertThat(count()).isEqualTo(5);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void streamsPageByPage(boolean transaction) {
		for (int fetchSize : new int[] { 0, 1, 7, 100, 1000 }) {
			QuerySpec rows = this.client.sql("SELECT g FROM generate_series(1, :n) g")
				.bind("n", 100)
				.fetchSize(fetchSize);
			Mono<Integer> sum = rows.stream(Integer.class).reduce(0, Integer::sum);
			assertThat(get(this.pool.within(transaction, sum))).as("fetch size %d", fetchSize).isEqualTo(5050);
			Mono<Long> count = this.client.sql("SELECT * FROM generate_series(1, 100)")
				.fetchSize(fetchSize)
				.stream()
				.count();
			assertThat(get(this.pool.within(transaction, count))).as("fetch size %d", fetchSize).isEqualTo(100L);
		}
	}

	@Test
	void tellsNotices() {
		String loud = "DO $$ BEGIN RAISE NOTICE 'first'; RAISE WARNING 'second' USING DETAIL = 'more',"
				+ " HINT = 'a hint', ERRCODE = '01001'; END $$";
		List<PostgresNotice> notices = get(this.client.sql(loud).notices().collectList());
		assertThat(notices).extracting(PostgresNotice::severity).containsExactly("NOTICE", "WARNING");
		assertThat(notices).extracting(PostgresNotice::message).containsExactly("first", "second");
		assertThat(notices.get(1)).extracting(PostgresNotice::sqlState, PostgresNotice::detail, PostgresNotice::hint)
			.containsExactly("01001", "more", "a hint");
		List<PostgresNotice> heard = new ArrayList<>();
		get(this.client.sql(loud).onNotice(heard::add).execute());
		assertThat(heard).isEqualTo(notices);
		ddl("CREATE FUNCTION noisy(n int) RETURNS int LANGUAGE plpgsql AS"
				+ " $$ BEGIN RAISE NOTICE 'n is %', n; RETURN n; END $$");
		heard.clear();
		assertThat(get(this.client.sql("SELECT noisy(:n)").bind("n", 3).onNotice(heard::add).fetchValue(Integer.class)))
			.isEqualTo(3);
		assertThat(heard).extracting(PostgresNotice::message).containsExactly("n is 3");
		assertThat(get(this.client.sql("SELECT noisy(g) FROM generate_series(1, 1000) g").notices().count()))
			.isEqualTo(1000L);
	}

	@Test
	void survivesAConsumerOfNoticesThatFails() {
		assertThat(get(this.client.sql("DO $$ BEGIN RAISE NOTICE 'x'; END $$").onNotice((notice) -> {
			throw new IllegalStateException("on purpose");
		}).execute())).isZero();
		this.pool.assertUsable();
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void tellsTheStatementButNoValue(CapturedOutput output) {
		TestObservationRegistry registry = TestObservationRegistry.create();
		PostgresClient observed = PostgresClient.builder(this.pool.connections()).observationRegistry(registry).build();
		get(observed.sql("SELECT :secret::text FROM generate_series(1, 3)").bind("secret", "top-secret").fetch());
		assertThat(registry).hasObservationWithNameEqualTo("trunkline.query")
			.that()
			.hasBeenStopped()
			.hasLowCardinalityKeyValue("operation", "fetch")
			.hasLowCardinalityKeyValue("outcome", "success")
			.satisfies((context) -> {
				assertThat(((OperationContext) context).getItems()).isEqualTo(3);
				assertThat(context.getAllKeyValues()).noneMatch((pair) -> pair.getValue().contains("secret"));
			});
		assertThat(output.getAll()).doesNotContain("top-secret");
	}

	@Test
	void readsRandomStatementsAsTheServerDoes() {
		long seed = new Random().nextLong();
		Random random = new Random(seed);
		for (int i = 0; i < 400; i++) {
			RandomSelect select = new RandomSelect(random);
			QuerySpec query = this.client.sql(select.sql()).bindAll(select.values());
			assertThat(get(query.fetchValue(String.class))).as("seed %d, statement %d: %s", seed, i, select.sql())
				.isEqualTo(select.result());
		}
	}

	record Item(int id, String fullName, BigDecimal price) {
	}

	static class ItemBean {

		private String fullName = "";

		String getFullName() {
			return this.fullName;
		}

		public void setFullName(String fullName) {
			this.fullName = fullName;
		}

	}

}
