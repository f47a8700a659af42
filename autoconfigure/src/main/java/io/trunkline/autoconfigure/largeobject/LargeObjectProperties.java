package io.trunkline.autoconfigure.largeobject;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.trunkline.largeobject.LargeObjectTemplate;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.util.unit.DataSize;

/**
 * Properties of large objects.
 *
 * @since 0.1.0
 */
@ConfigurationProperties("trunkline.large-object")
public class LargeObjectProperties {

	/**
	 * Whether to auto-configure large objects.
	 */
	private boolean enabled = true;

	/**
	 * Size of the chunks that content travels in: a multiple of 2KB up to 16MB. A read
	 * that nobody consumes holds a few of them, a write two, which are of 256KB at most.
	 */
	private DataSize chunkSize = DataSize.ofBytes(LargeObjectTemplate.Builder.DEFAULT_CHUNK_SIZE);

	private final OrphanSweep orphanSweep = new OrphanSweep();

	public boolean isEnabled() {
		return this.enabled;
	}

	public void setEnabled(boolean enabled) {
		this.enabled = enabled;
	}

	public DataSize getChunkSize() {
		return this.chunkSize;
	}

	public void setChunkSize(DataSize chunkSize) {
		this.chunkSize = chunkSize;
	}

	public OrphanSweep getOrphanSweep() {
		return this.orphanSweep;
	}

	/**
	 * Properties of the search for objects that nothing refers to.
	 */
	public static class OrphanSweep {

		/**
		 * Time between two sweeps of the schedule. Each deletes what the last search
		 * before the grace period found. Not set, nothing is deleted by itself.
		 */
		private @Nullable Duration interval;

		/**
		 * Time that an upload has before a row must refer to it.
		 */
		private Duration gracePeriod = Duration.ofHours(1);

		/**
		 * Number of objects that one transaction deletes.
		 */
		private int batchSize = 500;

		/**
		 * Columns of types other than oid that hold oids of large objects, as
		 * schema.table.column.
		 */
		private List<String> referencingColumns = new ArrayList<>();

		/**
		 * Columns of type oid that hold something else, as schema.table.column.
		 */
		private List<String> ignoredColumns = new ArrayList<>();

		public @Nullable Duration getInterval() {
			return this.interval;
		}

		public void setInterval(@Nullable Duration interval) {
			this.interval = interval;
		}

		public Duration getGracePeriod() {
			return this.gracePeriod;
		}

		public void setGracePeriod(Duration gracePeriod) {
			this.gracePeriod = gracePeriod;
		}

		public int getBatchSize() {
			return this.batchSize;
		}

		public void setBatchSize(int batchSize) {
			this.batchSize = batchSize;
		}

		public List<String> getReferencingColumns() {
			return this.referencingColumns;
		}

		public void setReferencingColumns(List<String> referencingColumns) {
			this.referencingColumns = referencingColumns;
		}

		public List<String> getIgnoredColumns() {
			return this.ignoredColumns;
		}

		public void setIgnoredColumns(List<String> ignoredColumns) {
			this.ignoredColumns = ignoredColumns;
		}

	}

}
