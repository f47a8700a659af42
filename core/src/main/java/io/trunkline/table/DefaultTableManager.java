package io.trunkline.table;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

import io.trunkline.schema.TableName;
import io.trunkline.table.DeletionRequest.Operation;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.log.LogMessage;

/**
 * Default implementation of {@link TableManager}.
 */
final class DefaultTableManager implements TableManager {

	private static final Log logger = LogFactory.getLog(TableManager.class);

	private final TableSettings settings;

	DefaultTableManager(TableSettings settings) {
		this.settings = settings;
	}

	@Override
	public CreateTableSpec createTable(String table, ColumnDefinition... columns) {
		return DefaultCreateTableSpec.of(this.settings, table, List.of(columns));
	}

	@Override
	public CreateTableSpec createTable(String table, Collection<? extends Map<String, ?>> columns) {
		List<ColumnDefinition> definitions = columns.stream().map(ColumnDefinition::of).toList();
		return DefaultCreateTableSpec.of(this.settings, table, definitions);
	}

	@Override
	public SelectSpec<Map<String, @Nullable Object>> select(String table) {
		return new DefaultSelectSpec<>(this.settings, named(table), Function.identity());
	}

	@Override
	public InsertSpec insert(String table) {
		return new DefaultInsertSpec(this.settings, named(table), WritePlan.INSERT);
	}

	@Override
	public UpsertSpec upsert(String table) {
		return new DefaultUpsertSpec(this.settings, named(table), WritePlan.UPSERT);
	}

	@Override
	public UpdateSpec update(String table) {
		return new DefaultUpdateSpec(RowChange.update(this.settings, named(table)));
	}

	@Override
	public DeleteSpec delete(String table) {
		return new DefaultDeleteSpec(RowChange.delete(this.settings, named(table)));
	}

	private static String named(String table) {
		return TableName.parse(table).toString();
	}

	@Override
	public Mono<Long> deleteAll(String table, @Nullable CharSequence password) {
		return guarded(Operation.DELETE_ALL, table, password, "DELETE FROM ", "");
	}

	@Override
	public Mono<Void> truncate(String table, @Nullable CharSequence password) {
		return guarded(Operation.TRUNCATE, table, password, "TRUNCATE TABLE ", "").then();
	}

	@Override
	public Mono<Void> dropTable(String table, @Nullable CharSequence password) {
		return guarded(Operation.DROP_TABLE, table, password, "DROP TABLE ", " RESTRICT")
			.then(Mono.defer(() -> this.settings.catalog().forget(table)));
	}

	private Mono<Long> guarded(Operation operation, String table, @Nullable CharSequence password, String before,
			String after) {
		String name = named(table);
		DeletionRequest request = new DeletionRequest(operation, name);
		return this.settings.observe(observation(operation), name, (context) -> {
			Mono<Void> allowed = this.settings.guard()
				.check(request, password)
				.onErrorResume(DeletionDeniedException.class, (denied) -> denied(request, denied));
			Flux<Long> work = Flux.defer(() -> this.settings.withTable(name, (target) -> this.settings
				.update(new SqlStatement().append(before).append(target.quotedName()).append(after))));
			return allowed.thenMany(timed(request, work)).doOnNext(context::addItems);
		}).singleOrEmpty();
	}

	/**
	 * Count by an observation of its own, besides the one that ends with an error.
	 */
	private Mono<Void> denied(DeletionRequest request, DeletionDeniedException denied) {
		logger.warn(LogMessage.format("%s", denied.getMessage()));
		return this.settings
			.observe("deletion.denied", request.table(),
					(context) -> Mono.<Void>error(denied).doOnSubscribe((subscription) -> context.addItems(1)))
			.then();
	}

	private static Flux<Long> timed(DeletionRequest request, Flux<Long> work) {
		return Flux.defer(() -> {
			long start = System.nanoTime();
			return work
				.doOnNext((rows) -> logger.info(LogMessage.format("%s of [%s]: %d rows, %d ms", request.operation(),
						request.table(), rows, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start))));
		});
	}

	private static String observation(Operation operation) {
		return switch (operation) {
			case DELETE_ALL -> "delete-all";
			case TRUNCATE -> "truncate";
			case DROP_TABLE -> "drop";
		};
	}

}
