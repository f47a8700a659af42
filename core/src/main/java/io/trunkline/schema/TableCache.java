package io.trunkline.schema;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

import org.jspecify.annotations.Nullable;

/**
 * The tables that were read outside of transactions, or in ones that have committed, by
 * the name they were asked for.
 */
final class TableCache {

	private final Map<String, Entry> entries = new ConcurrentHashMap<>();

	private final long verifyAfterNanos;

	private final LongSupplier clock;

	TableCache(long verifyAfterNanos, LongSupplier clock) {
		this.verifyAfterNanos = verifyAfterNanos;
		this.clock = clock;
	}

	long now() {
		return this.clock.getAsLong();
	}

	@Nullable Entry get(String name) {
		return this.entries.get(name);
	}

	/**
	 * Remember a table that was read after a time. A temporary one belongs to a single
	 * session.
	 */
	void put(String name, LoadedTable loaded, long now) {
		if (!loaded.table().temporary()) {
			this.entries.put(name, new Entry(loaded, false, now));
		}
	}

	/**
	 * Remember a table that was read in a transaction, which may have gone on to change
	 * it.
	 */
	void putUnverified(String name, LoadedTable loaded) {
		if (!loaded.table().temporary()) {
			this.entries.put(name, new Entry(loaded, true, now()));
		}
	}

	/**
	 * Let the next look-up check this name.
	 */
	void suspect(String name) {
		Entry entry = this.entries.get(name);
		if (entry != null) {
			entry.unverified = true;
		}
	}

	/**
	 * Forget a table, also by the other names that it was looked up by.
	 */
	void remove(String name) {
		Entry removed = this.entries.remove(name);
		if (removed != null) {
			remove(removed.loaded().table().oid());
		}
	}

	void remove(long oid) {
		this.entries.values().removeIf((entry) -> entry.loaded().table().oid() == oid);
	}

	void clear() {
		this.entries.clear();
	}

	/**
	 * A remembered table.
	 */
	final class Entry {

		private final LoadedTable loaded;

		private volatile boolean unverified;

		private volatile long verifiedAt;

		private Entry(LoadedTable loaded, boolean unverified, long now) {
			this.loaded = loaded;
			this.unverified = unverified;
			this.verifiedAt = now;
		}

		LoadedTable loaded() {
			return this.loaded;
		}

		/**
		 * Whether it may be used until an error shows that it is stale.
		 */
		boolean isUsable() {
			return !this.unverified;
		}

		/**
		 * Whether it was found to be right a short time ago.
		 */
		boolean isFresh() {
			return !this.unverified && now() - this.verifiedAt < TableCache.this.verifyAfterNanos;
		}

		/**
		 * Take note that it was right at a time, which is that before the check.
		 */
		void verified(long at) {
			this.verifiedAt = at;
			this.unverified = false;
		}

	}

}
