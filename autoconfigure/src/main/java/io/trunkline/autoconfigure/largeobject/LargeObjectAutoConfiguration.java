package io.trunkline.autoconfigure.largeobject;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.micrometer.observation.ObservationRegistry;
import io.trunkline.autoconfigure.connection.PostgresConnectionsAutoConfiguration;
import io.trunkline.autoconfigure.property.CheckedProperties;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.largeobject.LargeObjectTemplate;
import io.trunkline.largeobject.OrphanedLargeObjects;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBooleanProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.util.Assert;

/**
 * {@link EnableAutoConfiguration Auto-configuration} of {@link LargeObjectTemplate} and
 * {@link OrphanedLargeObjects}.
 *
 * @since 0.1.0
 */
@AutoConfiguration(after = PostgresConnectionsAutoConfiguration.class,
		afterName = "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration")
@ConditionalOnBooleanProperty(name = { "trunkline.enabled", "trunkline.large-object.enabled" }, matchIfMissing = true)
@ConditionalOnBean(PostgresConnections.class)
@EnableConfigurationProperties(LargeObjectProperties.class)
public final class LargeObjectAutoConfiguration {

	private static final CheckedProperties checked = new CheckedProperties("trunkline.large-object.");

	@Bean
	@ConditionalOnMissingBean
	LargeObjectTemplate largeObjectTemplate(PostgresConnections connections, LargeObjectProperties properties,
			ObjectProvider<ObservationRegistry> observationRegistry) {
		LargeObjectTemplate.Builder builder = LargeObjectTemplate.builder(connections)
			.observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP));
		return checked.use("chunk-size", properties.getChunkSize(),
				() -> builder.chunkSize((int) Math.min(properties.getChunkSize().toBytes(), Integer.MAX_VALUE))
					.build());
	}

	@Bean
	@ConditionalOnMissingBean
	OrphanedLargeObjects orphanedLargeObjects(PostgresConnections connections, LargeObjectProperties properties,
			ObjectProvider<ObservationRegistry> observationRegistry) {
		LargeObjectProperties.OrphanSweep sweep = properties.getOrphanSweep();
		OrphanedLargeObjects.Builder builder = OrphanedLargeObjects.builder(connections)
			.observationRegistry(observationRegistry.getIfUnique(() -> ObservationRegistry.NOOP));
		checked.use("orphan-sweep.grace-period", sweep.getGracePeriod(),
				() -> builder.gracePeriod(sweep.getGracePeriod()));
		checked.use("orphan-sweep.batch-size", sweep.getBatchSize(), () -> builder.batchSize(sweep.getBatchSize()));
		forEachColumn("orphan-sweep.referencing-columns", sweep.getReferencingColumns(), builder::referencedBy);
		forEachColumn("orphan-sweep.ignored-columns", sweep.getIgnoredColumns(), builder::ignoring);
		return builder.build();
	}

	@Bean
	@ConditionalOnMissingBean
	@ConditionalOnProperty("trunkline.large-object.orphan-sweep.interval")
	OrphanSweepSchedule orphanSweepSchedule(OrphanedLargeObjects orphanedLargeObjects,
			LargeObjectProperties properties) {
		LargeObjectProperties.OrphanSweep sweep = properties.getOrphanSweep();
		Duration interval = Objects.requireNonNull(sweep.getInterval());
		checked.use("orphan-sweep.interval", interval, () -> {
			Assert.isTrue(!interval.isNegative() && !interval.isZero(), "It must be positive");
			return interval;
		});
		return new OrphanSweepSchedule(orphanedLargeObjects, interval, sweep.getGracePeriod());
	}

	private static void forEachColumn(String property, List<String> columns, ColumnConsumer consumer) {
		for (String column : columns) {
			String[] names = column.split("\\.", -1);
			checked.use(property, column, () -> {
				Assert.isTrue(names.length == 3, "A column is named as schema.table.column");
				return consumer.accept(names[0], names[1], names[2]);
			});
		}
	}

	/**
	 * Takes a column by its names.
	 */
	private interface ColumnConsumer {

		Object accept(String schema, String table, String column);

	}

}
