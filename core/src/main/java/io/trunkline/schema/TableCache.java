package io.trunkline.schema;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
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

	/** Counts what makes a read that is under way doubtful. */
	private final AtomicLong doubts = new AtomicLong();

	TableCache(long verifyAfterNanos, LongSupplier clock) {
		this.verifyAfterNanos = verifyAfterNanos;
		this.clock = clock;
	}

	/**
	 * Return the current moment, which is to be that before a read.
	 */
	Moment moment() {
		return new Moment(now(), this.doubts.get());
	}

	/**
	 * Whether what was read after a moment may still be taken for unchanged.
	 */
	boolean isFresh(Moment since) {
		return !isDoubtful(since) && isRecent(since.time());
	}

	private boolean isDoubtful(Moment since) {
		return this.doubts.get() != since.doubts();
	}

	private boolean isRecent(long time) {
		return now() - time < this.verifyAfterNanos;
	}

	private long now() {
		return this.clock.getAsLong();
	}

	@Nullable Entry get(String name) {
		return this.entries.get(name);
	}

	/**
	 * Remember a table that was read after a moment, to be checked by the next look-up
	 * where anything was forgotten or suspected since, and unless it was read again
	 * meanwhile. A temporary one belongs to a single session.
	 */
	void put(String name, LoadedTable loaded, Moment since) {
		if (!loaded.table().temporary()) {
			this.entries.compute(name, (key, known) -> (known != null && known.isRightAfter(since)) ? known
					: new Entry(loaded, isDoubtful(since), since.time()));
		}
	}

	/**
	 * Remember a table that was read in a transaction, which may have gone on to change
	 * it.
	 */
	void putUnverified(String name, LoadedTable loaded) {
		if (!loaded.table().temporary()) {
			this.doubts.incrementAndGet();
			this.entries.put(name, new Entry(loaded, true, now()));
		}
	}

	/**
	 * Let the next look-up check this name.
	 */
	void suspect(String name) {
		this.doubts.incrementAndGet();
		Entry entry = this.entries.get(name);
		if (entry != null) {
			entry.suspect();
		}
	}

	/**
	 * Forget a table, also by the other names that it was looked up by.
	 */
	void remove(String name) {
		this.doubts.incrementAndGet();
		drop(name);
	}

	void remove(long oid) {
		this.doubts.incrementAndGet();
		drop(oid);
	}

	/**
	 * Forget a table that could not be read, also by its other names. Others that are
	 * being read are as good as before.
	 */
	void drop(String name) {
		Entry removed = this.entries.remove(name);
		if (removed != null) {
			drop(removed.loaded().table().oid());
		}
	}

	private void drop(long oid) {
		this.entries.values().removeIf((entry) -> entry.loaded().table().oid() == oid);
	}

	void clear() {
		this.doubts.incrementAndGet();
		this.entries.clear();
	}

	/**
	 * A point in time.
	 *
	 * @param time in nanoseconds
	 * @param doubts how often anything had been forgotten or suspected by then
	 */
	record Moment(long time, long doubts) {
	}

	/**
	 * A remembered table.
	 */
	final class Entry {

		private final LoadedTable loaded;

		private volatile boolean unverified;

		private volatile long verifiedAt;

		private Entry(LoadedTable loaded, boolean unverified, long verifiedAt) {
			this.loaded = loaded;
			this.unverified = unverified;
			this.verifiedAt = verifiedAt;
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
			return !this.unverified && isRecent(this.verifiedAt);
		}

		/**
		 * Whether it is known to have been right after a moment.
		 */
		private boolean isRightAfter(Moment moment) {
			return !this.unverified && this.verifiedAt - moment.time() > 0;
		}

		/**
		 * Take note that it was found to be right by a check that began at a moment.
		 */
		synchronized void verified(Moment since) {
			if (!isDoubtful(since)) {
				this.verifiedAt = since.time();
				this.unverified = false;
			}
		}

		private synchronized void suspect() {
			this.unverified = true;
		}

	}

}
