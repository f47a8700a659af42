package io.trunkline.table;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.micrometer.observation.tck.TestObservationRegistry;
import io.micrometer.observation.tck.TestObservationRegistryAssert;
import io.trunkline.schema.TableNotFoundException;
import io.trunkline.schema.UnknownColumnException;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.dao.IncorrectResultSizeDataAccessException;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.domain.KeysetScrollPosition;
import org.springframework.data.domain.Page;
import org.springframework.data.domain.PageRequest;
import org.springframework.data.domain.ScrollPosition;
import org.springframework.data.domain.Sort;
import org.springframework.data.domain.Window;
import org.springframework.data.relational.core.query.Criteria;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Selects, their conditions and their pages.
 */
class TableSelectIntegrationTests extends TableFixture {

	@BeforeEach
	void insertRows() {
		sql("INSERT INTO items (id, name, price) SELECT i, CASE WHEN i % 5 > 0 THEN 'n' || i % 5 END, i / 10"
				+ " FROM generate_series(1, 100) AS i");
	}

	private List<Long> ids(SelectSpec<Map<String, @Nullable Object>> select) {
		return list(select.columns("id").orderBy("id").all()).stream()
			.map((row) -> (Long) Objects.requireNonNull(row.get("id")))
			.toList();
	}

	private List<Long> ids(Criteria criteria) {
		return ids(this.tables.select("items").where(criteria));
	}

	@Test
	void comparesByCriteria() {
		assertThat(ids(Criteria.where("id").is(3))).containsExactly(3L);
		assertThat(ids(Criteria.where("id").lessThan("3"))).containsExactly(1L, 2L);
		assertThat(ids(Criteria.where("id").greaterThanOrEquals(99))).containsExactly(99L, 100L);
		assertThat(ids(Criteria.where("id").between(4, 5))).containsExactly(4L, 5L);
		assertThat(ids(Criteria.where("id").notBetween(2, 99))).containsExactly(1L, 100L);
		assertThat(ids(Criteria.where("id").in(7, 8))).containsExactly(7L, 8L);
		assertThat(ids(Criteria.where("id").notIn(1, 2).and("id").lessThan(4))).containsExactly(3L);
		assertThat(ids(Criteria.where("name").isNull().and("id").lessThan(11))).containsExactly(5L, 10L);
		assertThat(ids(Criteria.where("name").isNotNull().and("id").not(1).and("id").lessThan(4))).containsExactly(2L,
				3L);
		assertThat(ids(Criteria.where("name").like("N_").ignoreCase(true).and("id").lessThan(3))).containsExactly(1L,
				2L);
		assertThat(ids(Criteria.where("name").is("N1").ignoreCase(true).and("id").lessThan(7))).containsExactly(1L, 6L);
		assertThat(ids(Criteria.where("id").notLike("%0%").and("id").greaterThan(98))).containsExactly(99L);
		assertThat(ids(Criteria.where("id").is(1).or("id").is(2).and("name").is("n2"))).containsExactly(1L, 2L);
		assertThat(ids(Criteria.where("name").is("n2").and(Criteria.where("id").is(1).or("id").is(2))))
			.containsExactly(2L);
		assertThat(ids(Criteria.where("id").lessThan(3).and("name").in(List.of("n1", "x")))).containsExactly(1L);
		assertThat(ids(Criteria.empty())).hasSize(100);
	}

	@Test
	void ordersAndLimits() {
		assertThat(list(this.tables.select("items")
			.columns("id", "name")
			.where(Criteria.where("id").lessThan(7))
			.orderBy(Sort.by(Sort.Order.desc("name").nullsLast(), Sort.Order.asc("id")))
			.offset(2)
			.limit(4)
			.all())).extracting((row) -> row.get("id")).containsExactly(2L, 1L, 6L, 5L);
		assertThat(list(this.tables.select("items").orderBy("name", "id").limit(1).all())).extracting("name")
			.containsExactly("n1");
		assertThat(list(this.tables.select("items").limit(0).all())).isEmpty();
	}

	@Test
	void returnsOneOrTheFirst() {
		SelectSpec<Map<String, @Nullable Object>> items = this.tables.select("items").columns("id").orderBy("id");
		assertThat(get(items.where(Map.of("id", 5)).one())).isEqualTo(Map.of("id", 5L));
		assertThat(items.where(Map.of("id", 500)).one().blockOptional()).isEmpty();
		assertThat(items.where(Map.of("id", 500)).first().blockOptional()).isEmpty();
		failure(IncorrectResultSizeDataAccessException.class, items.one());
		assertThat(get(items.first())).isEqualTo(Map.of("id", 1L));
		assertThat(get(items.limit(3).count())).isEqualTo(100);
		assertThat(get(items.where(Map.of("id", 5)).exists())).isTrue();
		assertThat(get(items.where(Map.of("id", 500)).exists())).isFalse();
	}

	@Test
	void pages() {
		Page<Map<String, @Nullable Object>> page = get(this.tables.select("items")
			.where(Map.of("name", "n1"))
			.page(PageRequest.of(1, 8, Sort.by("id").descending())));
		assertThat(page.getTotalElements()).isEqualTo(20);
		assertThat(page.getContent()).hasSize(8).first().extracting("id").isEqualTo(56L);
		assertThat(
				get(this.tables.select("items").where(Map.of("id", 1)).page(PageRequest.of(0, 8))).getTotalElements())
			.isEqualTo(1);
	}

	@ParameterizedTest
	@ValueSource(strings = { "id", "name", "name desc", "price desc,name", "name nulls first,price" })
	void scrollsForthAndBack(String order) {
		List<Sort.Order> orders = new ArrayList<>();
		for (String part : order.split(",")) {
			Sort.Order by = part.contains("desc") ? Sort.Order.desc(part.replace(" desc", ""))
					: Sort.Order.asc(part.replace(" nulls first", ""));
			orders.add(part.contains("nulls") ? by.nullsFirst() : by);
		}
		SelectSpec<Map<String, @Nullable Object>> items = this.tables.select("items")
			.where(Criteria.where("id").greaterThan(20))
			.columns("id")
			.orderBy(Sort.by(orders))
			.limit(7);
		List<Map<String, @Nullable Object>> seen = new ArrayList<>();
		KeysetScrollPosition position = ScrollPosition.keyset();
		Window<Map<String, @Nullable Object>> window;
		do {
			window = get(items.scroll(position));
			seen.addAll(window.getContent());
			position = (KeysetScrollPosition) window.positionAt(window.size() - 1);
		}
		while (window.hasNext());
		assertThat(seen).hasSize(80)
			.doesNotHaveDuplicates()
			.allSatisfy((row) -> assertThat(row).containsOnlyKeys("id"));
		List<Map<String, @Nullable Object>> back = new ArrayList<>(window.getContent());
		KeysetScrollPosition before = ((KeysetScrollPosition) window.positionAt(0)).backward();
		do {
			window = get(items.scroll(before));
			back.addAll(0, window.getContent());
			before = (KeysetScrollPosition) window.positionAt(0);
		}
		while (window.hasNext());
		assertThat(back).isEqualTo(seen);
	}

	/**
	 * With alternatives alone, an index over both columns would be read from its
	 * beginning.
	 */
	@Test
	void goesOnInTheMiddleOfAnIndex() {
		sql("CREATE TABLE deep (id bigint PRIMARY KEY, at int NOT NULL)",
				"INSERT INTO deep SELECT n, n / 3 FROM generate_series(1, 30000) n", "CREATE INDEX ON deep (at, id)",
				"ANALYZE deep");
		List<String> echo = new ArrayList<>();
		TableManager manager = TableManager.builder(this.pool.connections()).sqlEcho(echo::add).build();
		Window<Map<String, @Nullable Object>> window = get(manager.select("deep")
			.orderBy("at")
			.limit(2)
			.scroll(ScrollPosition.forward(Map.of("at", 9000, "id", 27001L))));
		assertThat(window.getContent()).extracting((row) -> row.get("id")).containsExactly(27002L, 27003L);
		String sql = echo.get(0).replaceAll("[$][123]", "'9000'").replace("$4", "'27001'").replace("$5", "3");
		assertThat(value("EXPLAIN (FORMAT JSON) " + sql)).contains("Index Only Scan",
				"\"Index Cond\": \"(at >= 9000)\"");
	}

	@Test
	void pagesAndScrollsAndStreamsAsRecords() {
		SelectSpec<Named> named = this.tables.select("items").orderBy("id").limit(2).as(Named.class);
		assertThat(list(named.all())).containsExactly(new Named(1, "n1"), new Named(2, "n2"));
		assertThat(get(named.page(PageRequest.of(1, 3))).getContent()).extracting(Named::id)
			.containsExactly(4L, 5L, 6L);
		Window<Named> window = get(named.scroll(ScrollPosition.keyset()));
		assertThat(get(named.scroll((KeysetScrollPosition) window.positionAt(1))).getContent())
			.containsExactly(new Named(3, "n3"), new Named(4, "n4"));
	}

	record Named(long id, String name) {
	}

	@Test
	void refusesToScrollWithoutAnOrder() {
		sql("CREATE TABLE heap (n int)");
		failure(InvalidDataAccessApiUsageException.class, this.tables.select("items").scroll(ScrollPosition.keyset()));
		failure(InvalidDataAccessApiUsageException.class,
				this.tables.select("heap").limit(1).scroll(ScrollPosition.keyset()));
	}

	@Test
	void readsViews() {
		sql("CREATE VIEW cheap AS SELECT id, name FROM items WHERE id < 3");
		assertThat(list(this.tables.select("cheap").orderBy("id").all())).hasSize(2);
		assertThat(get(this.tables.upsert("cheap").onConflict("id").row(row("id", 2, "name", "zwei")).execute()))
			.isEqualTo(new UpsertResult(0, 1));
	}

	@Test
	void namesTheNearest() {
		assertThat(failure(TableNotFoundException.class, this.tables.select("itmes").all()))
			.hasMessageContaining("items");
		assertThat(failure(UnknownColumnException.class, this.tables.select("items").columns("nmae").all()))
			.hasMessageContaining("name");
		failure(UnknownColumnException.class, this.tables.select("items").where(Map.of("nmae", 1)).all());
		failure(UnknownColumnException.class, this.tables.select("items").where(Criteria.where("nmae").is(1)).all());
		failure(UnknownColumnException.class, this.tables.select("items").orderBy("nmae").all());
		failure(UnknownColumnException.class,
				this.tables.update("items").where(Map.of("id", 1)).set(Map.of("nmae", 1)).execute());
		assertThatIllegalArgumentException().isThrownBy(() -> this.tables.select("x".repeat(64)));
		assertThatIllegalArgumentException().isThrownBy(() -> this.tables.select("a\0b"));
	}

	@Test
	void refusesConditionsThatHitEverything() {
		List<Where> always = new ArrayList<>(List.of(Where.NONE, Where.of(Map.of()), Where.of(List.of(Map.of())),
				Where.of(List.of(Map.of("id", 1), Map.of())), Where.of(Criteria.empty()),
				Where.of(Criteria.from(List.of())), Where.of(Criteria.from(Criteria.empty(), Criteria.empty()))));
		for (Criteria criteria : List.of(Criteria.where("id").isNotNull(), Criteria.where("id").notIn(List.of()),
				Criteria.where("id").is(1).or("id").not(1), Criteria.where("id").lessThan(2).or("id").greaterThan(1),
				Criteria.where("id").greaterThanOrEquals(Long.MIN_VALUE).or("id").is(1), Criteria.where("id").like("%"),
				Criteria.where("name").isNull().or("name").isNotNull(),
				Criteria.where("name").is("a").or("name").not("a").or("name").isNull(),
				Criteria.where("id").is(1).or(Criteria.where("id").not(1).and("id").isNotNull()))) {
			always.add(Where.of(criteria));
		}
		for (Where where : always) {
			failure(InvalidDataAccessApiUsageException.class, new DefaultDeleteSpec(delete().where(where)).execute());
			failure(InvalidDataAccessApiUsageException.class,
					new DefaultUpdateSpec(update().where(where)).set(Map.of("name", "x")).returning());
		}
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> this.tables.delete("items").where(List.of()));
		assertThatExceptionOfType(InvalidDataAccessApiUsageException.class)
			.isThrownBy(() -> this.tables.update("items").where(List.of()));
		failure(InvalidDataAccessApiUsageException.class, this.tables.delete("items").execute());
		failure(InvalidDataAccessApiUsageException.class,
				this.tables.update("items").set(Map.of("name", "x")).execute());
		failure(InvalidDataAccessApiUsageException.class, this.tables.update("items").where(Map.of("id", 1)).execute());
		assertThat(count("items")).isEqualTo(100);
		assertThat(
				get(this.tables.delete("items").where(Criteria.where("name").is("n1").or("name").not("n1")).execute()))
			.isEqualTo(80);
	}

	@Test
	@SuppressWarnings({ "NullAway", "DataFlowIssue" })
	void refusesNullForACondition() {
		List<ThrowingCallable> nulls = List.of(() -> this.tables.delete("items").where((Map<String, ?>) null),
				() -> this.tables.delete("items").where((List<Map<String, ?>>) null),
				() -> this.tables.delete("items").where((Criteria) null),
				() -> this.tables.delete("items").where(Collections.<Map<String, ?>>singletonList(null)),
				() -> this.tables.update("items").where((Map<String, ?>) null),
				() -> this.tables.update("items").where((List<Map<String, ?>>) null),
				() -> this.tables.update("items").where((Criteria) null),
				() -> this.tables.update("items").where(Arrays.asList(Map.of("id", 1), null)));
		assertThat(nulls)
			.allSatisfy((call) -> assertThatExceptionOfType(InvalidDataAccessApiUsageException.class).isThrownBy(call)
				.withMessageContaining("where"));
		assertThat(get(this.tables.delete("items").where(Map.of("id", List.of())).execute())).isZero();
		assertThat(count("items")).isEqualTo(100);
	}

	private RowChange delete() {
		return ((DefaultDeleteSpec) this.tables.delete("items")).change();
	}

	private RowChange update() {
		return ((DefaultUpdateSpec) this.tables.update("items")).change();
	}

	@Test
	void observesWithTheTable() {
		TestObservationRegistry observations = TestObservationRegistry.create();
		List<String> echo = new ArrayList<>();
		TableManager observed = TableManager.builder(this.pool.connections())
			.observationRegistry(observations)
			.sqlEcho(echo::add)
			.build();
		list(observed.select("items").where(Map.of("name", "секретно")).all());
		TestObservationRegistryAssert.assertThat(observations)
			.hasObservationWithNameEqualTo("trunkline.table.select")
			.that()
			.hasLowCardinalityKeyValue("table", "items")
			.hasLowCardinalityKeyValue("outcome", "success")
			.hasBeenStopped();
		assertThat(echo).singleElement().asString().startsWith("SELECT \"id\"").doesNotContain("секретно");
		failure(DeletionDeniedException.class, observed.truncate("items", "x"));
		TestObservationRegistryAssert.assertThat(observations)
			.hasObservationWithNameEqualTo("trunkline.table.deletion.denied")
			.that()
			.hasLowCardinalityKeyValue("outcome", "error");
	}

}
