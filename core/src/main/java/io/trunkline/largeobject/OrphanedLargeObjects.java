package io.trunkline.largeobject;

import java.time.Clock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;

import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * Finds and deletes large objects that nothing refers to any more: deleting a row leaves
 * its object behind.
 * <p>
 * An object counts as referred to when its oid stands in a column of type {@code oid}, of
 * a domain over it (as {@code lo}), or of an array of these, in any table or materialized
 * view of the database, or in a column named by {@link Builder#referencedBy}. The search
 * refuses to run when such a column cannot be read
 * ({@link UnreadableReferencesException}). Columns of other types are not looked at
 * unless they are named.
 * <p>
 * <b>Concurrent uploads</b> are protected by an age, not by a lock: a lock that is safe
 * would have to keep every application from writing to every such table. Deleting takes
 * the report of an earlier search. Only objects whose creation had been committed by then
 * are deleted, only if nothing refers to them now either, and only when the report is
 * older than the grace period. So an application may upload in one transaction and store
 * the oid in another, as long as it does so within the grace period. One that stores the
 * oid of an object which had been an orphan for longer may store it in vain.
 * <p>
 * Deleting needs no superuser: it covers the objects of roles that the current one is a
 * member of.
 *
 * @since 0.1.0
 */
public interface OrphanedLargeObjects {

	/**
	 * Create an instance with the default settings.
	 * @param connectionFactory a connection factory of the PostgreSQL driver
	 * @return a new instance
	 */
	static OrphanedLargeObjects create(ConnectionFactory connectionFactory) {
		return builder(PostgresConnections.create(connectionFactory)).build();
	}

	/**
	 * Return a builder.
	 * @param connections where the connections come from
	 * @return a new builder
	 */
	static Builder builder(PostgresConnections connections) {
		return new Builder(connections);
	}

	/**
	 * Search without changing anything: one statement, and so one snapshot of all tables.
	 * @return what was found
	 */
	Mono<OrphanReport> find();

	/**
	 * Delete what was an orphan at the time of a search and is one still. Each batch is a
	 * transaction of its own, so this refuses to run inside one; what was deleted before
	 * an error or a cancellation stays deleted.
	 * @param report the outcome of {@link #find()}, older than the grace period
	 * @return what was deleted
	 */
	Mono<OrphanSweep> delete(OrphanReport report);

	/**
	 * Builds an {@link OrphanedLargeObjects}.
	 */
	final class Builder {

		private final PostgresConnections connections;

		private final Set<ReferencingColumn> referencing = new LinkedHashSet<>();

		private final Set<ReferencingColumn> ignored = new LinkedHashSet<>();

		private ObservationRegistry observationRegistry = ObservationRegistry.NOOP;

		private Duration gracePeriod = Duration.ofHours(1);

		private int batchSize = 500;

		private Clock clock = Clock.systemUTC();

		Builder(PostgresConnections connections) {
			Assert.notNull(connections, "'connections' must not be null");
			this.connections = connections;
		}

		/**
		 * Name a column of another type, such as {@code bigint} or {@code text}, that
		 * holds oids of large objects.
		 * @param schema the schema, as it is, unquoted
		 * @param table the table
		 * @param column the column
		 */
		public Builder referencedBy(String schema, String table, String column) {
			this.referencing.add(ReferencingColumn.named(schema, table, column));
			return this;
		}

		/**
		 * Name a column of type {@code oid} that does not refer to large objects.
		 * @param schema the schema, as it is, unquoted
		 * @param table the table
		 * @param column the column
		 */
		public Builder ignoring(String schema, String table, String column) {
			this.ignored.add(ReferencingColumn.named(schema, table, column));
			return this;
		}

		/**
		 * Set how old a report must be before what it found may be deleted: longer than
		 * any application takes from an upload to storing its oid.
		 * @param gracePeriod the time, one hour by default
		 */
		public Builder gracePeriod(Duration gracePeriod) {
			Assert.isTrue(!gracePeriod.isNegative(), () -> "'gracePeriod' must not be negative: " + gracePeriod);
			this.gracePeriod = gracePeriod;
			return this;
		}

		/**
		 * Set how many objects a transaction deletes. Each takes a lock, and the server
		 * has room for {@code max_locks_per_transaction × max_connections} in all.
		 * @param batchSize the number of objects, 500 by default
		 */
		public Builder batchSize(int batchSize) {
			Assert.isTrue(batchSize > 0, () -> "'batchSize' must be at least 1: " + batchSize);
			this.batchSize = batchSize;
			return this;
		}

		/**
		 * Set where operations are observed; nowhere by default.
		 * @param observationRegistry the registry
		 */
		public Builder observationRegistry(ObservationRegistry observationRegistry) {
			Assert.notNull(observationRegistry, "'observationRegistry' must not be null");
			this.observationRegistry = observationRegistry;
			return this;
		}

		/**
		 * Set the clock that the age of a report is measured with.
		 * @param clock the clock
		 */
		public Builder clock(Clock clock) {
			Assert.notNull(clock, "'clock' must not be null");
			this.clock = clock;
			return this;
		}

		/**
		 * Build the instance.
		 */
		public OrphanedLargeObjects build() {
			return new DefaultOrphanedLargeObjects(this.connections, this.observationRegistry, this.clock,
					new OrphanSql(this.referencing, this.ignored), this.gracePeriod, this.batchSize);
		}

	}

}
