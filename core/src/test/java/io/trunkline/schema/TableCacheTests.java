package io.trunkline.schema;

import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.trunkline.schema.TableCache.Moment;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is read while something else happens. The time stands still unless a test moves
 * it.
 */
class TableCacheTests {

	private long now;

	private final TableCache cache = new TableCache(10, () -> this.now);

	@Test
	void takesATableForUnchangedForSomeTime() {
		put("t", 1, this.cache.moment());
		this.now = 9;
		assertThat(entry("t").isFresh()).isTrue();
		this.now = 10;
		assertThat(entry("t").isFresh()).isFalse();
		assertThat(entry("t").isUsable()).isTrue();
		entry("t").verified(this.cache.moment());
		assertThat(entry("t").isFresh()).isTrue();
	}

	@Test
	void countsTheTimeFromBeforeTheRead() {
		Moment before = this.cache.moment();
		this.now = 8;
		put("t", 1, before);
		assertThat(entry("t").isFresh()).isTrue();
		this.now = 10;
		assertThat(entry("t").isFresh()).isFalse();
	}

	@Test
	void doubtsWhatWasReadBeforeItWasForgotten() {
		for (Runnable change : List.<Runnable>of(() -> this.cache.remove("t"), () -> this.cache.remove("s.t"),
				() -> this.cache.remove(1), () -> this.cache.clear(), () -> this.cache.suspect("t"),
				() -> this.cache.putUnverified("s.t", table(1, 1)))) {
			Moment before = this.cache.moment();
			change.run();
			assertThat(this.cache.isFresh(before)).isFalse();
			put("t", 1, before);
			assertThat(entry("t").isUsable()).isFalse();
			assertThat(entry("t").isFresh()).isFalse();
			entry("t").verified(before);
			assertThat(entry("t").isUsable()).as("by a check from before").isFalse();
			entry("t").verified(this.cache.moment());
			assertThat(entry("t").isFresh()).isTrue();
		}
	}

	@Test
	void doesNotDoubtForATableThatIsMissing() {
		Moment before = this.cache.moment();
		this.cache.drop("missing");
		put("t", 1, before);
		assertThat(entry("t").isFresh()).isTrue();
	}

	@Test
	void keepsWhatWasReadLater() {
		Moment before = this.cache.moment();
		this.now = 1;
		put("t", 2, this.cache.moment());
		put("t", 1, before);
		assertThat(entry("t").loaded()).isEqualTo(table(1, 2));
		this.cache.suspect("t");
		this.now = 2;
		put("t", 3, this.cache.moment());
		assertThat(entry("t").loaded()).isEqualTo(table(1, 3));
	}

	@Test
	void forgetsATableByAllOfItsNames() {
		put("t", 1, this.cache.moment());
		put("s.t", 1, this.cache.moment());
		this.cache.put("u", table(2, 1), this.cache.moment());
		this.cache.drop("t");
		assertThat(this.cache.get("s.t")).isNull();
		assertThat(entry("u").isFresh()).isTrue();
	}

	private void put(String name, int version, Moment since) {
		this.cache.put(name, table(1, version), since);
	}

	private TableCache.Entry entry(String name) {
		return Objects.requireNonNull(this.cache.get(name));
	}

	private static LoadedTable table(long oid, int version) {
		TableInfo info = new TableInfo(oid, "s", "t", TableInfo.Kind.TABLE, false, false, List.of(), List.of(),
				List.of(), null);
		return new LoadedTable(info, new TableVersion(oid, "v" + version, Map.of()), true, true);
	}

}
