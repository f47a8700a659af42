package io.trunkline.table;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

import io.r2dbc.spi.Readable;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.table.RowShapes.Shape;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DuplicateKeyException;

/**
 * An insert or an upsert of rows, by the route that fits their number.
 *
 * @param <T> what comes of a row, or of a statement
 */
final class RowWrite<T> {

	private static final String DUPLICATE_IN_COMMAND = "21000";

	private static final RowMaps NO_MAPS = new RowMaps(List.of());

	private final TableSettings settings;

	private final String tableName;

	private final WritePlan plan;

	private final Output<T> output;

	private RowWrite(TableSettings settings, String tableName, WritePlan plan, Output<T> output) {
		this.settings = settings;
		this.tableName = tableName;
		this.plan = plan;
		this.output = output;
	}

	/**
	 * Write rows and count them, by statements.
	 */
	static Flux<UpsertResult> counted(TableSettings settings, String table, WritePlan plan) {
		Output<UpsertResult> counts = new Output<>((target) -> null,
				(row, columns) -> new UpsertResult(Objects.requireNonNull(row.get(0, Long.class)),
						Objects.requireNonNull(row.get(1, Long.class))),
				(row, columns) -> Boolean.TRUE.equals(row.get(0, Boolean.class)) ? new UpsertResult(1, 0)
						: new UpsertResult(0, 1),
				(rows) -> new UpsertResult(rows, 0));
		Flux<UpsertResult> work = new RowWrite<>(settings, table, plan, counts).run();
		return plan.limit().check(settings, table, work, UpsertResult::total);
	}

	/**
	 * Write rows and return them.
	 */
	static Flux<UpsertedRow> returning(TableSettings settings, String table, WritePlan plan, List<String> columns) {
		ReadFunction<UpsertedRow> read = (row, maps) -> new UpsertedRow(
				!plan.isUpdating() || Boolean.TRUE.equals(row.get(maps.size(), Boolean.class)), maps.read(row));
		Output<UpsertedRow> rows = new Output<>((target) -> target.maps(columns), read, read, null);
		return plan.limit().check(settings, table, new RowWrite<>(settings, table, plan, rows).run(), (row) -> 1);
	}

	private Flux<T> run() {
		int threshold = this.settings.stagingThreshold();
		List<Map<String, ?>> few = this.plan.fewRows(threshold);
		if (few != null) {
			return this.settings.withTable(this.tableName, (table) -> few(table, few));
		}
		return this.settings.table(this.tableName)
			.flatMapMany((table) -> this.plan.allRows().buffer(threshold).switchOnFirst((first, batches) -> {
				List<Map<String, ?>> batch = first.get();
				if (batch == null || batch.size() < threshold) {
					return batches.concatMap((rows) -> few(table, rows), 1);
				}
				return staged(table, batches.concatMapIterable(Function.identity(), 1));
			}));
	}

	private InsertSql sql(TableColumns table, @Nullable RowMaps returned) {
		return new InsertSql(table, this.plan, returned);
	}

	private Flux<T> few(TableColumns table, List<Map<String, ?>> rows) {
		RowShapes shapes = new RowShapes(table);
		rows.forEach(shapes::of);
		RowMaps returned = this.output.returned().apply(table);
		InsertSql sql = sql(table, returned);
		if (rows.isEmpty()) {
			return Flux.empty();
		}
		Shape shape = shapes.of(rows.get(0));
		if (rows.size() == 1 && sql.takesValues()) {
			return run(sql, returned, sql.values(shape, rows.get(0)), this.output.single());
		}
		if (shapes.all().size() == 1 && !shape.columns().isEmpty() && !this.plan.isCheckingDuplicates()) {
			return run(sql, returned, sql.arrays(shape, rows), this.output.several());
		}
		return staged(table, Flux.fromIterable(rows));
	}

	private Flux<T> run(InsertSql sql, @Nullable RowMaps returned, SqlStatement statement, ReadFunction<T> read) {
		Flux<T> results = (sql.isReturning() || this.output.count() == null)
				? this.settings.query(statement, 0, (row) -> read.apply(row, (returned != null) ? returned : NO_MAPS))
				: this.settings.update(statement).map(this.output.count()).flux();
		return results.onErrorMap(RowWrite::isDuplicateInCommand, this::duplicateKey);
	}

	private static boolean isDuplicateInCommand(Throwable ex) {
		return PostgresErrors.sqlState(ex).filter(DUPLICATE_IN_COMMAND::equals).isPresent();
	}

	private DuplicateKeyException duplicateKey(Throwable cause) {
		return new DuplicateKeyException("Several of the rows for [" + this.tableName
				+ "] have the same key: leave all but one out, or declare with duplicateKeys(…) which one counts",
				cause);
	}

	/**
	 * Write rows by way of a temporary table.
	 */
	private Flux<T> staged(TableColumns table, Flux<Map<String, ?>> rows) {
		RowMaps returned = this.output.returned().apply(table);
		InsertSql sql = sql(table, returned);
		RowStaging staging = RowStaging.of(table);
		RowShapes shapes = new RowShapes(table);
		AtomicLong number = new AtomicLong();
		Flux<Map<String, ?>> numbered = rows
			.map((row) -> RowStaging.numbered(row, shapes.of(row), number.incrementAndGet()));
		Flux<T> merged = Flux.defer(() -> merge(sql, returned, staging, shapes.all()));
		return this.settings.connections()
			.isTransactionActive()
			.flatMapMany((joined) -> this.settings.connections()
				.inTransaction((connection) -> this.settings.execute(List.of(staging.create()))
					.then(this.settings.copy()
						.copyIn(staging.catalogName())
						.columns(staging.names())
						.fromMaps(numbered))
					.thenMany(Flux.defer(() -> checkDuplicates(sql, staging, shapes.all())))
					.thenMany(merged)
					.concatWith(joined ? this.settings.execute(List.of(staging.drop())).then(Mono.empty())
							: Mono.empty())));
	}

	private Mono<Void> checkDuplicates(InsertSql sql, RowStaging staging, List<Shape> shapes) {
		// One statement alone finds the equal keys that it would update twice.
		boolean needed = this.plan.isCheckingDuplicates()
				|| (this.plan.isUpdating() && !this.plan.isDroppingDuplicates() && shapes.size() > 1);
		if (!needed || shapes.stream().noneMatch((shape) -> sql.conflict().hasKeyIn(shape.columns()))) {
			return Mono.empty();
		}
		return this.settings
			.<String>query(sql.duplicates(staging), 0,
					(row) -> row.get(0, Long.class) + " and " + row.get(1, Long.class))
			.next()
			.flatMap((pair) -> Mono.error(new DuplicateKeyException("The rows " + pair + " for [" + this.tableName
					+ "] have the same key: leave one out, or declare with duplicateKeys(…) which one counts")));
	}

	private Flux<T> merge(InsertSql sql, @Nullable RowMaps returned, RowStaging staging, List<Shape> shapes) {
		return Flux.fromIterable(shapes).concatMap((shape) -> {
			if (shape.columns().isEmpty()) {
				return defaults(sql, returned, staging, shape);
			}
			return run(sql, returned, sql.staged(shape, staging, shapes.size() == 1), this.output.several());
		}, 1);
	}

	/**
	 * Insert the rows that name no column, which no statement does for several at once.
	 */
	private Flux<T> defaults(InsertSql sql, @Nullable RowMaps returned, RowStaging staging, Shape shape) {
		SqlStatement count = new SqlStatement()
			.append("SELECT count(*) FROM " + staging.quoted() + " WHERE " + RowStaging.SHAPE + " = " + shape.number());
		return this.settings.query(count, 0, (row) -> Objects.requireNonNull(row.get(0, Long.class)))
			.concatMap(
					(rows) -> run(sql, returned, sql.values(shape, Map.of()), this.output.single()).repeat(rows - 1));
	}

	/**
	 * Reads a row that a statement returns.
	 *
	 * @param <T> what it becomes
	 */
	@FunctionalInterface
	private interface ReadFunction<T> {

		T apply(Readable row, RowMaps columns);

	}

	/**
	 * What comes of the rows.
	 *
	 * @param returned the columns that are returned, {@code null} for none
	 * @param several reads what a statement for several rows returns
	 * @param single reads what a statement for one row returns
	 * @param count makes a result of a number of rows, {@code null} where rows are wanted
	 * @param <T> what comes of a row, or of a statement
	 */
	private record Output<T>(Function<TableColumns, @Nullable RowMaps> returned, ReadFunction<T> several,
			ReadFunction<T> single, @Nullable Function<Long, T> count) {
	}

}
