package io.trunkline.table;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Function;

import io.micrometer.common.KeyValues;
import io.r2dbc.spi.Readable;
import io.trunkline.connection.OperationContext;
import io.trunkline.connection.OperationObservations;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.StatementRequest;
import io.trunkline.copy.BulkCopyService;
import io.trunkline.copy.ColumnValues;
import io.trunkline.schema.SchemaCatalog;
import io.trunkline.schema.TableInfo;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * What all operations of a manager share.
 *
 * @param connections where the connections come from
 * @param catalog tells the columns of tables
 * @param copy brings large numbers of rows into staging tables
 * @param values converts values
 * @param observations where operations are observed
 * @param guard says who may empty and drop tables
 * @param echo takes the SQL of statements
 * @param fetchSize how many rows of a select the server makes at once
 * @param stagingThreshold from how many rows on a staging table is used
 * @param known the tables that have been met
 */
record TableSettings(PostgresConnections connections, SchemaCatalog catalog, BulkCopyService copy, ColumnValues values,
		OperationObservations observations, DeletionGuard guard, Consumer<? super String> echo, int fetchSize,
		int stagingThreshold, Map<Long, TableColumns> known) {

	TableSettings(PostgresConnections connections, SchemaCatalog catalog, BulkCopyService copy, ColumnValues values,
			OperationObservations observations, DeletionGuard guard, Consumer<? super String> echo, int fetchSize,
			int stagingThreshold) {
		this(connections, catalog, copy, values, observations, guard, echo, fetchSize, stagingThreshold,
				new ConcurrentHashMap<>());
	}

	/**
	 * Observe an operation on a table.
	 */
	<T> Flux<T> observe(String operation, String table, Function<OperationContext, ? extends Publisher<T>> work) {
		return this.observations.observe("trunkline.table." + operation, KeyValues.of("table", table), work);
	}

	/**
	 * Run one statement on what is known of a table, and once more where the table has
	 * changed.
	 */
	<T> Flux<T> withTable(String table, Function<TableColumns, ? extends Publisher<? extends T>> work) {
		return this.catalog.withTable(table, (info) -> work.apply(columns(info)));
	}

	/**
	 * Look a table up for work that must not run twice.
	 */
	Mono<TableColumns> table(String table) {
		return this.catalog.table(table).map(this::columns);
	}

	/**
	 * A table's columns are the same as long as the catalogue returns the same object.
	 */
	private TableColumns columns(TableInfo info) {
		TableColumns columns = this.known.get(info.oid());
		if (columns == null || columns.info() != info) {
			columns = new TableColumns(info, this.values);
			this.known.put(info.oid(), columns);
		}
		return columns;
	}

	<T> Flux<T> query(SqlStatement statement, int fetchSize, Function<? super Readable, ? extends T> mapper) {
		String sql = statement.sql();
		return Flux.defer(() -> {
			this.echo.accept(sql);
			return this.connections.<T>query(StatementRequest.of(sql, statement.parameters()).fetchSize(fetchSize),
					mapper);
		});
	}

	Mono<Long> update(SqlStatement statement) {
		String sql = statement.sql();
		return Mono.defer(() -> {
			this.echo.accept(sql);
			return this.connections.update(sql, statement.parameters());
		});
	}

	Mono<Void> execute(List<String> statements) {
		return Flux.fromIterable(statements).concatMap((sql) -> {
			this.echo.accept(sql);
			return this.connections.execute(sql);
		}).then();
	}

}
