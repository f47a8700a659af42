package io.trunkline.copy;

import java.math.BigDecimal;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.r2dbc.postgresql.codec.Interval;
import io.trunkline.schema.UnknownColumnException;
import io.trunkline.testing.Abandoned;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.relational.core.mapping.Column;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class BulkCopyRowsIntegrationTests extends BulkCopyFixture {

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void loadsRecords(boolean transaction) {
		Flux<Item> rows = Flux.range(1, 3000).map((i) -> new Item(i, "Ärger \"" + i + "\",\nzwei", price(i)));
		CopyResult result = get(this.pool.within(transaction, this.copy.copyIn("items").fromObjects(rows, Item.class)));
		assertThat(result.rows()).isEqualTo(3000);
		assertThat(result.bytes()).isGreaterThan(3000 * 10);
		assertItems(3000);
	}

	private static BigDecimal price(int id) {
		return BigDecimal.valueOf(id).add(new BigDecimal("0.5"));
	}

	@Test
	void takesTheColumnsFromTheKeysOfTheFirstMap() {
		sql("ALTER TABLE items ADD at timestamptz DEFAULT '2026-01-01Z'");
		Map<String, Object> first = new LinkedHashMap<>();
		first.put("name", null);
		first.put("id", 1);
		get(this.copy.copyIn("items").fromMaps(Flux.just(first, Map.of("id", 2, "name", "two"), Map.of("id", 3))));
		assertThat(value(
				"SELECT string_agg(id || coalesce(name, '-'), ' ' ORDER BY id) FROM items WHERE at = '2026-01-01Z'"))
			.isEqualTo("1- 2two 3-");
		assertThat(get(this.copy.copyIn("items").fromMaps(Flux.empty())).rows()).isZero();
		assertThat(failure(UnknownColumnException.class,
				this.copy.copyIn("items").fromMaps(Flux.just(Map.of("id", 9, "nam", "x")))))
			.hasMessageContaining("name");
	}

	@Test
	void leavesOutWhatTheTableGenerates() {
		sql("CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, net integer,"
				+ " gross integer GENERATED ALWAYS AS (net * 2) STORED)");
		get(this.copy.copyIn("orders").fromObjects(Flux.just(new Order(77, 5, 0)), Order.class));
		assertThat(value("SELECT orders::text FROM orders")).isEqualTo("(1,5,10)");
	}

	@Test
	void loadsNothingWhereAValueDoesNotFitOrTheSourceFails() {
		Flux<Map<String, Object>> rows = Flux.range(0, 5000)
			.map((i) -> Map.of("id", (i == 4321) ? "no number" : (Object) i));
		CopyEncodingException misfit = failure(CopyEncodingException.class, this.copy.copyIn("items").fromMaps(rows));
		assertThat(misfit.getRowIndex()).isEqualTo(4321);
		assertThat(misfit.getColumn()).isEqualTo("id");
		IllegalStateException broken = new IllegalStateException("broken off");
		assertThat(failure(IllegalStateException.class,
				this.copy.copyIn("items").fromMaps(rows.take(100).concatWith(Mono.error(broken)))))
			.isSameAs(broken);
		assertThat(count("items")).isZero();
		this.pool.assertUsable();
	}

	@Test
	void readsRowsAsMapsAndRecords() {
		Flux<Item> rows = Flux.range(1, 3000).map((i) -> new Item(i, "item " + i, price(i)));
		get(this.copy.copyIn("items").fromObjects(rows, Item.class));
		assertThat(this.copy.copyOut("items").objects(Item.class).collectList().block(TestPool.TIMEOUT))
			.containsExactlyInAnyOrderElementsOf(rows.collectList().block());
		sql("INSERT INTO items VALUES (0, NULL, NULL)");
		sql("CREATE VIEW first AS SELECT * FROM items WHERE id = 0");
		Map<String, Object> expected = new LinkedHashMap<>();
		expected.put("name", null);
		expected.put("id", 0);
		assertThat(this.copy.copyOut("first").columns("name", "id").maps().collectList().block(TestPool.TIMEOUT))
			.isEqualTo(List.of(expected));
		get(Abandoned.when(this.copy.copyOut("items").objects(Item.class), 5, (item) -> {
		}, (received) -> TestPool.await("rows", () -> received.get() == 5)));
		this.pool.assertUsable();
	}

	@ParameterizedTest
	@ValueSource(strings = { "bigint", "numeric", "smallint" })
	void plansAnewForAColumnWhoseTypeHasChanged(String type) {
		Item first = new Item(1, "first", price(1));
		Item second = new Item(2, "second", price(2));
		get(this.copy.copyIn("items").fromObjects(Flux.just(first), Item.class));
		assertThat(get(this.copy.copyOut("items").objects(Item.class).collectList())).containsExactly(first);
		sql("ALTER TABLE items ALTER COLUMN id TYPE " + type);
		// In a transaction each use of a table asks whether it has changed.
		get(this.pool.within(true, this.copy.copyIn("items").fromObjects(Flux.just(second), Item.class)));
		assertThat(get(this.pool.within(true, this.copy.copyOut("items").objects(Item.class).collectList())))
			.containsExactlyInAnyOrder(first, second);
	}

	@Test
	void refusesWhatIsForBytes() {
		assertThatThrownBy(() -> this.copy.copyOut("items").compression(Compression.GZIP).maps())
			.hasMessageContaining("'compression'");
		assertThat(failure(InvalidDataAccessApiUsageException.class,
				Flux.defer(
						() -> this.copy.copyIn("items").format(CopyFormat.csv()).fromMaps(Flux.just(Map.of("id", 1))))))
			.hasMessageContaining("format");
	}

	@Test
	void loadsTypedRowsOverSeveralConnections() {
		try (TestPool several = TestPool.of(3, this.database)) {
			BulkCopyService parallel = service(several);
			Flux<Item> rows = Flux.range(1, 3000).map((i) -> new Item(i, "Ärger \"" + i + "\",\nzwei", price(i)));
			assertThat(get(parallel.copyIn("items").parallel(3).fromObjects(rows, Item.class)).rows()).isEqualTo(3000);
			assertItems(3000);
			sql("TRUNCATE items");
			Flux<Map<String, Object>> maps = Flux.range(1, 3000).map((i) -> Map.of("id", (i == 2000) ? 1 : i));
			PartialCopyException partial = failure(PartialCopyException.class,
					parallel.copyIn("items").parallel(3).fromMaps(maps));
			assertThat(partial.getCommitted()).isNotEmpty();
			assertThat(count("items"))
				.isEqualTo(partial.getCommitted().stream().mapToLong(PartialCopyException.Chunk::rows).sum())
				.isLessThan(3000);
			sql("TRUNCATE items");
			Flux<Map<String, Object>> misfit = Flux.range(1, 3000)
				.map((i) -> Map.of("id", (i == 2001) ? "no number" : (Object) i));
			assertThat(failure(PartialCopyException.class, parallel.copyIn("items").parallel(2).fromMaps(misfit)))
				.cause()
				.isInstanceOfSatisfying(CopyEncodingException.class,
						(ex) -> assertThat(ex.getRowIndex()).isEqualTo(2000));
			assertThat(failure(InvalidDataAccessApiUsageException.class,
					several.within(true, parallel.copyIn("items").parallel(2).fromMaps(misfit))))
				.hasMessageContaining("transaction");
			several.awaitGivenBack();
		}
	}

	@Test
	void writesIntervalsThatMeanTheSameInAllStyles() {
		// Words have no binary form, so that the rows go as text.
		sql("CREATE TABLE spans (id integer, words tsvector, v interval)");
		List<Interval> values = List.of(Interval.of(0, -1, 2, 3, 4, 5, 6), Interval.of(0, 1, -2, -3, -4, -5, -6),
				Interval.of(0, 0, 0, 0, 0, 0, -1), Interval.of(0, -1, 0, 1_000_000, 0, 0, 0));
		Flux<Map<String, Object>> rows = Flux.range(0, values.size()).map((i) -> Map.of("id", i, "v", values.get(i)));
		for (String style : List.of("postgres", "postgres_verbose", "sql_standard", "iso_8601")) {
			sql("TRUNCATE spans");
			get(this.pool.within(true,
					this.pool.connections()
						.execute("SET LOCAL intervalstyle = " + style)
						.then(this.copy.copyIn("spans").columns("id", "words", "v").fromMaps(rows))));
			assertThat(value("SELECT string_agg(v::text, '; ' ORDER BY id) FROM spans")).as(style)
				.isEqualTo("-1 mons +2 days 03:04:05.000006; 1 mon -2 days -03:04:05.000006; -00:00:00.000001;"
						+ " -1 mons +1000000:00:00");
		}
	}

	record Item(int id, @Column("name") String title, BigDecimal price) {
	}

	record Order(long id, int net, int gross) {
	}

}
