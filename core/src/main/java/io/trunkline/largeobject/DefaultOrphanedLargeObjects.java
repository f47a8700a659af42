package io.trunkline.largeobject;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

import io.micrometer.observation.ObservationRegistry;
import io.r2dbc.spi.Readable;
import io.trunkline.connection.OperationContext;
import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;
import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.util.Assert;

/**
 * Default implementation of {@link OrphanedLargeObjects}.
 */
final class DefaultOrphanedLargeObjects implements OrphanedLargeObjects {

	private static final Log logger = LogFactory.getLog(DefaultOrphanedLargeObjects.class);

	private final PostgresConnections connections;

	private final OperationObservations observations;

	private final Clock clock;

	private final OrphanSql sql;

	private final Duration gracePeriod;

	private final int batchSize;

	DefaultOrphanedLargeObjects(PostgresConnections connections, ObservationRegistry observationRegistry, Clock clock,
			OrphanSql sql, Duration gracePeriod, int batchSize) {
		this.connections = connections;
		this.observations = OperationObservations.create(observationRegistry);
		this.clock = clock;
		this.sql = sql;
		this.gracePeriod = gracePeriod;
		this.batchSize = batchSize;
	}

	@Override
	public Mono<OrphanReport> find() {
		return this.observations.observe("trunkline.largeobject.orphans.find",
				(context) -> columns()
					.flatMap((columns) -> this.connections.query(this.sql.find(columns), this::report).singleOrEmpty())
					.doOnNext((report) -> {
						context.addItems(report.count());
						context.addBytes(report.bytes());
					}))
			.singleOrEmpty();
	}

	private OrphanReport report(Readable row) {
		return new OrphanReport(row.get("count", Long.class), row.get("bytes", Long.class),
				row.get("oldest", Long.class), row.get("not_owned", Long.class), row.get("horizon", Long.class),
				this.clock.instant());
	}

	@Override
	public Mono<OrphanSweep> delete(OrphanReport report) {
		Assert.notNull(report, "'report' must not be null");
		return Mono.defer(() -> {
			Instant earliest = report.takenAt().plus(this.gracePeriod);
			if (this.clock.instant().isBefore(earliest)) {
				return Mono.error(new InvalidDataAccessApiUsageException("The report was taken at " + report.takenAt()
						+ ", and the grace period is " + this.gracePeriod + ": delete at " + earliest + " or later"));
			}
			return this.connections.isTransactionActive()
				.flatMap((active) -> active ? Mono.error(new InvalidDataAccessApiUsageException(
						"Orphans are deleted in batches that" + " each commit; call this outside a transaction"))
						: sweep(report));
		});
	}

	private Mono<OrphanSweep> sweep(OrphanReport report) {
		long start = System.nanoTime();
		return this.observations
			.observe("trunkline.largeobject.orphans.delete", (context) -> columns().flatMap((columns) -> {
				String statement = this.sql.deleteBatch(columns);
				return deleteBatch(statement, report, 0, context)
					.expand((batch) -> (batch.last() != null && batch.count() == this.batchSize)
							? deleteBatch(statement, report, batch.last(), context) : Mono.empty())
					.filter((batch) -> batch.count() > 0)
					.count();
			})
				.map((batches) -> new OrphanSweep(context.getItems(), context.getBytes(), batches.intValue(),
						Duration.ofNanos(System.nanoTime() - start)))
				.doOnNext((sweep) -> logger
					.info(LogMessage.format("Deleted %d orphaned large objects of %d bytes in %d batches in %d ms",
							sweep.deleted(), sweep.bytes(), sweep.batches(), sweep.duration().toMillis()))))
			.singleOrEmpty();
	}

	/**
	 * A statement outside any transaction, and so a transaction of its own.
	 */
	private Mono<Batch> deleteBatch(String statement, OrphanReport report, long after, OperationContext context) {
		return this.connections.query(statement, Batch::from, report.horizon(), after, this.batchSize)
			.singleOrEmpty()
			.doOnNext((batch) -> {
				context.addItems(batch.count());
				context.addBytes(batch.bytes());
			});
	}

	private Mono<List<ReferencingColumn>> columns() {
		return this.connections.query(OrphanSql.COLUMNS, ReferencingColumn::from).collectList().map(this.sql::check);
	}

	/**
	 * One transaction's worth of deleted objects.
	 *
	 * @param count how many
	 * @param bytes their sizes, added up
	 * @param last the highest oid among them
	 */
	private record Batch(long count, long bytes, @Nullable Long last) {

		static Batch from(Readable row) {
			return new Batch(row.get("count", Long.class), row.get("bytes", Long.class), row.get("last", Long.class));
		}

	}

}
