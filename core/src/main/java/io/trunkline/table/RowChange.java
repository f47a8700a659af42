package io.trunkline.table;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.trunkline.connection.OperationContext;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * An update or a deletion.
 *
 * @param settings what operations share
 * @param table the table
 * @param where the condition
 * @param values the new values, {@code null} for a deletion
 * @param limit how many rows may be hit
 */
record RowChange(TableSettings settings, String table, Where where, @Nullable Map<String, @Nullable Object> values,
		AffectedRows limit) {

	static RowChange update(TableSettings settings, String table) {
		return new RowChange(settings, table, Where.NONE, Map.of(), AffectedRows.ANY);
	}

	static RowChange delete(TableSettings settings, String table) {
		return new RowChange(settings, table, Where.NONE, null, AffectedRows.ANY);
	}

	RowChange where(Where where) {
		return new RowChange(this.settings, this.table, where, this.values, this.limit);
	}

	RowChange values(Map<String, ?> values) {
		Map<String, @Nullable Object> copy = Collections.unmodifiableMap(new LinkedHashMap<>(values));
		return new RowChange(this.settings, this.table, this.where, copy, this.limit);
	}

	RowChange atMost(long rows) {
		return new RowChange(this.settings, this.table, this.where, this.values, AffectedRows.atMost(rows));
	}

	private String operation() {
		return (this.values != null) ? "update" : "delete";
	}

	Mono<Long> execute() {
		return this.settings.observe(operation(), this.table, (context) -> {
			Flux<Long> work = this.settings.<Long>withTable(this.table,
					(target) -> this.settings.update(statement(target)));
			return this.limit.check(this.settings, this.table, work, Long::longValue).doOnNext(context::addItems);
		}).singleOrEmpty();
	}

	Flux<Map<String, @Nullable Object>> returning(List<String> columns) {
		return this.settings.observe(operation(), this.table, (context) -> returning(columns, context));
	}

	private Flux<Map<String, @Nullable Object>> returning(List<String> columns, OperationContext context) {
		Flux<Map<String, @Nullable Object>> work = this.settings.<Map<String, @Nullable Object>>withTable(this.table,
				(target) -> {
					RowMaps maps = target.maps(columns);
					SqlStatement sql = statement(target).append(" RETURNING ").append(maps.selected("t."));
					return this.settings.query(sql, 0, maps::read);
				});
		return this.limit.check(this.settings, this.table, work, (row) -> 1).doOnNext((row) -> context.addItems(1));
	}

	private SqlStatement statement(TableColumns target) {
		Condition condition = this.where.restricting(target, operation());
		SqlStatement sql = new SqlStatement();
		if (this.values == null) {
			sql.append("DELETE FROM ").append(target.quotedName()).append(" AS t");
		}
		else {
			set(sql.append("UPDATE ").append(target.quotedName()).append(" AS t"), target, this.values);
		}
		condition.render(sql.append(" WHERE "), target);
		return sql;
	}

	private static void set(SqlStatement sql, TableColumns target, Map<String, @Nullable Object> values) {
		if (values.isEmpty()) {
			throw new InvalidDataAccessApiUsageException("The update of [" + target.info().tableName()
					+ "] sets nothing: call set(…) with at least one column");
		}
		String separator = " SET ";
		for (Map.Entry<String, @Nullable Object> entry : values.entrySet()) {
			TableColumn column = target.column(entry.getKey());
			sql.append(separator).append(column.quoted()).append(" = ").value(column, entry.getValue());
			separator = ", ";
		}
	}

}
