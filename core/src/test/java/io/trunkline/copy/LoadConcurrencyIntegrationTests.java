package io.trunkline.copy;

import java.sql.SQLException;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.util.function.Tuple2;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two loads of the same keys at once, and how often a load merges to find a bad row.
 */
class LoadConcurrencyIntegrationTests extends BulkCopyFixture {

	private static final int ROWS = 1000;

	private TestPool two;

	@BeforeEach
	void createPoolOfTwo() {
		this.two = TestPool.of(2, this.database);
	}

	@AfterEach
	void closePoolOfTwo() {
		this.two.close();
	}

	private static String csv(boolean reversed, int price) {
		List<Integer> ids = IntStream.rangeClosed(1, ROWS).boxed().collect(Collectors.toList());
		if (reversed) {
			Collections.reverse(ids);
		}
		return ids.stream().map((id) -> id + ",n" + id + "," + price + "\n").collect(Collectors.joining());
	}

	/**
	 * Load the same keys in opposite orders. Both loads wait, with some keys each, until
	 * somebody else lets go of one in the middle.
	 */
	private List<LoadReport> loadBoth(Merge merge, String middle) throws SQLException {
		LoadSpec spec = service(this.two).load("items").merge(merge);
		Mono<Tuple2<LoadReport, LoadReport>> both = Mono.zip(spec.from(content(csv(false, 1))),
				spec.from(content(csv(true, 2))));
		TestPool.Lock lock = this.pool.lock(middle);
		Mono<LoadReport> unlock = Mono.fromCallable(() -> {
			try (lock) {
				TestPool.await("both loads wait", () -> count(
						"pg_stat_activity WHERE datname = current_database()" + " AND wait_event_type = 'Lock'") == 2);
			}
			return null;
		});
		return get(Mono
			.zip(both.subscribeOn(Schedulers.boundedElastic()),
					unlock.subscribeOn(Schedulers.boundedElastic()).thenReturn(true))
			.map((done) -> List.of(done.getT1().getT1(), done.getT1().getT2())));
	}

	private void assertSums(List<LoadReport> reports) {
		assertThat(reports).allSatisfy(
				(report) -> assertThat(report.inserted() + report.updated() + report.unchanged() + report.skipped())
					.isEqualTo(report.staged())
					.isEqualTo(ROWS));
		assertThat(reports.stream().mapToLong(LoadReport::inserted).sum()).isEqualTo(ROWS);
		assertThat(count("items")).isEqualTo(ROWS);
		assertThat(this.pool.sideNumber("SELECT count(DISTINCT price) FROM items")).as("loads that count").isOne();
	}

	@Test
	void updatesTheSameKeysAtOnce() throws SQLException {
		List<LoadReport> reports = loadBoth(Merge.update(), "INSERT INTO items VALUES (500)");
		assertSums(reports);
		assertThat(reports.stream().mapToLong(LoadReport::updated).sum()).isEqualTo(ROWS);
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void ignoresTheSameKeysAtOnce(boolean anyKey) throws SQLException {
		List<LoadReport> reports = loadBoth(anyKey ? Merge.ignore() : Merge.ignore("id"),
				"INSERT INTO items VALUES (500)");
		assertSums(reports);
		assertThat(reports.stream().mapToLong(LoadReport::skipped).sum()).isEqualTo(ROWS);
	}

	@Test
	void updatesRowsThatAreThereAtOnce() throws SQLException {
		sql("INSERT INTO items SELECT i, 'n' || i, 0 FROM generate_series(1, " + ROWS + ") i");
		List<LoadReport> reports = loadBoth(Merge.update(), "UPDATE items SET price = 7 WHERE id = 500");
		assertThat(reports).allSatisfy((report) -> assertThat(report.updated()).isEqualTo(ROWS));
		assertThat(this.pool.sideNumber("SELECT count(DISTINCT price) FROM items")).isOne();
	}

	@Test
	void updatesTheSameKeysOfAPartitionedTableAtOnce() throws SQLException {
		sql("DROP TABLE items",
				"CREATE TABLE items (id int PRIMARY KEY, name text, price numeric) PARTITION BY HASH (id)",
				"CREATE TABLE items_0 PARTITION OF items FOR VALUES WITH (MODULUS 2, REMAINDER 0)",
				"CREATE TABLE items_1 PARTITION OF items FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
		List<LoadReport> reports = loadBoth(Merge.update(), "INSERT INTO items VALUES (500)");
		assertThat(reports).allSatisfy((report) -> assertThat(report.inserted() + report.updated()).isEqualTo(ROWS));
		assertThat(count("items")).isEqualTo(ROWS);
		assertThat(this.pool.sideNumber("SELECT count(DISTINCT price) FROM items")).isOne();
	}

	@ParameterizedTest
	@ValueSource(ints = { 1, 4, 25 })
	void mergesAtMostTwiceForEachHalving(int bad) {
		int depth = 10;
		sql("CREATE SEQUENCE merges", """
				CREATE FUNCTION count_merge() RETURNS trigger LANGUAGE plpgsql AS
				 $$ BEGIN PERFORM nextval('merges'); RETURN NULL; END $$""", """
				CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
				 $$ BEGIN IF NEW.price < 0 THEN RAISE 'no'; END IF; RETURN NULL; END $$""",
				"CREATE TRIGGER counting BEFORE INSERT ON items EXECUTE FUNCTION count_merge()",
				"CREATE TRIGGER refusing AFTER INSERT ON items FOR EACH ROW EXECUTE FUNCTION refuse()");
		List<Integer> lines = IntStream.rangeClosed(1, 1 << depth).boxed().collect(Collectors.toList());
		Collections.shuffle(lines, this.random);
		List<Integer> badLines = lines.subList(0, bad);
		String csv = IntStream.rangeClosed(1, 1 << depth)
			.mapToObj((i) -> i + ",n," + (badLines.contains(i) ? -1 : 1) + "\n")
			.collect(Collectors.joining());
		LoadReport report = get(
				this.copy.load("items").merge(Merge.update()).reject(Rejects.upTo(bad)).from(content(csv)));
		assertThat(report.rejects()).extracting(RejectedRow::line)
			.containsExactlyElementsOf(badLines.stream().sorted().map(Integer::longValue).toList());
		// Once at first, once without the rows that break constraints, then by halves.
		long merges = this.pool.sideNumber("SELECT last_value FROM merges");
		assertThat(merges).as("merges, seed %d", this.seed).isLessThanOrEqualTo(2 + 2L * depth * bad);
		if (bad == 1) {
			assertThat(merges).isEqualTo(2 + 2 * depth);
		}
		sql("DELETE FROM items", "ALTER SEQUENCE merges RESTART");
		assertThat(CopyLocation
			.find(failure(CopyDataException.class, this.copy.load("items").merge(Merge.update()).from(content(csv)))))
			.map(CopyLocation::line)
			.hasValue(Collections.min(badLines).longValue());
		assertThat(this.pool.sideNumber("SELECT last_value FROM merges")).as("merges, seed %d", this.seed)
			.isLessThanOrEqualTo(1 + 2 * depth);
	}

}
