package io.trunkline.table;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.trunkline.schema.ConstraintInfo.UniqueKey;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.data.domain.KeysetScrollPosition;
import org.springframework.data.domain.ScrollPosition;
import org.springframework.data.domain.ScrollPosition.Direction;
import org.springframework.data.domain.Sort;
import org.springframework.data.domain.Window;

/**
 * Goes through a table by the values of the last row instead of an offset.
 *
 * @param <T> the type of the results
 */
final class Keyset<T> {

	private final TableSettings settings;

	private final Request<T> request;

	private final KeysetScrollPosition position;

	private final TableColumns table;

	private final OrderBy order;

	private Keyset(TableSettings settings, Request<T> request, KeysetScrollPosition position, TableColumns table) {
		this.settings = settings;
		this.request = request;
		this.position = position;
		this.table = table;
		this.order = completeOrder();
	}

	static <T> Mono<Window<T>> scroll(TableSettings settings, Request<T> request, KeysetScrollPosition position) {
		if (request.limit() < 1) {
			return Mono.error(new InvalidDataAccessApiUsageException(
					"'scroll' needs to know how many rows make a window: call limit(…) with 1 or more"));
		}
		return settings.observe("select", request.table(),
				(context) -> settings.<Window<T>>withTable(request.table(),
						(table) -> new Keyset<>(settings, request, position, table).window()
							.doOnNext((window) -> context.addItems(window.size()))))
			.singleOrEmpty();
	}

	/**
	 * Append the primary key, so that no two rows are equal in the order.
	 */
	private OrderBy completeOrder() {
		List<OrderBy.Part> parts = new ArrayList<>(OrderBy.of(this.request.sort(), this.table).parts());
		if (parts.stream().anyMatch(OrderBy.Part::ignoreCase)) {
			throw new InvalidDataAccessApiUsageException("'scroll' does not go with an order that ignores case");
		}
		List<String> names = parts.stream().map((part) -> part.column().name()).toList();
		UniqueKey key = this.table.info().primaryKey();
		boolean complete = this.table.info()
			.uniqueKeys()
			.stream()
			.anyMatch((unique) -> unique.isArbiter() && names.containsAll(unique.columns())
					&& unique.columns().stream().noneMatch((name) -> this.table.column(name).info().nullable()));
		if (!complete && key == null) {
			throw new InvalidDataAccessApiUsageException("The table [" + this.table.info().tableName()
					+ "] has no primary key, and the order tells no two rows apart for sure:"
					+ " order by the columns of a unique constraint that are not null");
		}
		if (!complete && key != null) {
			boolean descending = !parts.isEmpty() && parts.get(parts.size() - 1).descending();
			key.columns()
				.stream()
				.filter((name) -> !names.contains(name))
				.forEach((name) -> parts.add(new OrderBy.Part(this.table.column(name), descending, descending, false)));
		}
		return new OrderBy(parts);
	}

	private Mono<Window<T>> window() {
		List<TableColumn> selected = new ArrayList<>(this.table.columns(this.request.columns()));
		int shown = selected.size();
		this.order.parts()
			.stream()
			.map(OrderBy.Part::column)
			.filter((column) -> !selected.contains(column))
			.forEach(selected::add);
		RowMaps maps = new RowMaps(selected);
		List<String> names = selected.subList(0, shown).stream().map(TableColumn::name).toList();
		return this.settings.query(statement(maps), 0, maps::read).collectList().map((rows) -> window(rows, names));
	}

	private SqlStatement statement(RowMaps maps) {
		SqlStatement sql = new SqlStatement().append("SELECT ")
			.append(maps.selected(""))
			.append(" FROM ")
			.append(this.table.quotedName());
		Condition condition = this.request.where().on(this.table);
		boolean initial = this.position.isInitial();
		if (!condition.equals(Condition.TRUE) || !initial) {
			condition.render(sql.append(" WHERE "), this.table);
		}
		if (!initial) {
			behind(sql.append(" AND "));
		}
		this.order.render(sql, isBackward());
		return sql.append(" LIMIT ").number(this.request.limit() + 1L);
	}

	private boolean isBackward() {
		return this.position.getDirection() == Direction.BACKWARD;
	}

	/**
	 * Append the condition that a row comes behind the position: it does in the first
	 * column in which it differs.
	 */
	private void behind(SqlStatement sql) {
		List<OrderBy.Part> parts = this.order.parts();
		if (parts.size() > 1) {
			begin(sql, parts.get(0));
		}
		for (int i = 0; i < parts.size(); i++) {
			OrderBy.Part part = parts.get(i);
			sql.append((i == 0) ? "(" : " OR (");
			behind(sql, part);
			if (i < parts.size() - 1) {
				sql.append(" OR (");
				equal(sql, part);
				sql.append(" AND (FALSE");
			}
		}
		sql.append(")".repeat(parts.size() + 2 * (parts.size() - 1)));
	}

	/**
	 * Append what follows from the condition for the first column: an index can begin
	 * there, which it cannot with alternatives alone.
	 */
	private void begin(SqlStatement sql, OrderBy.Part part) {
		Object value = key(part);
		boolean nullsBehind = part.nullsFirst() == isBackward() && part.column().info().nullable();
		if (value != null && !nullsBehind) {
			sql.append(part.column().quoted())
				.append((part.descending() == isBackward()) ? " >= " : " <= ")
				.text(part.column().codec().toText(value))
				.append(part.column().cast())
				.append(" AND ");
		}
	}

	private @Nullable Object key(OrderBy.Part part) {
		String name = part.column().name();
		if (!this.position.getKeys().containsKey(name)) {
			throw new InvalidDataAccessApiUsageException("The position has no value for [" + name
					+ "], by which the rows are ordered: take it from a window of the same order");
		}
		return this.position.getKeys().get(name);
	}

	private void behind(SqlStatement sql, OrderBy.Part part) {
		Object value = key(part);
		String column = part.column().quoted();
		boolean nullsBehind = part.nullsFirst() == isBackward();
		if (value == null) {
			sql.append(nullsBehind ? "FALSE" : column + " IS NOT NULL");
			return;
		}
		sql.append(column).append((part.descending() == isBackward()) ? " > " : " < ").value(part.column(), value);
		if (nullsBehind && part.column().info().nullable()) {
			sql.append(" OR ").append(column).append(" IS NULL");
		}
	}

	private void equal(SqlStatement sql, OrderBy.Part part) {
		Object value = key(part);
		sql.append(part.column().quoted());
		if (value == null) {
			sql.append(" IS NULL");
		}
		else {
			sql.append(" = ").value(part.column(), value);
		}
	}

	private Window<T> window(List<Map<String, @Nullable Object>> rows, List<String> names) {
		boolean more = rows.size() > this.request.limit();
		List<Map<String, @Nullable Object>> shown = new ArrayList<>(
				more ? rows.subList(0, this.request.limit()) : rows);
		if (isBackward()) {
			Collections.reverse(shown);
		}
		List<T> results = shown.stream().map((row) -> {
			Map<String, @Nullable Object> values = new LinkedHashMap<>(row);
			values.keySet().retainAll(names);
			return this.request.mapper().apply(values);
		}).toList();
		return Window.from(results, (index) -> position(shown.get(index)), more);
	}

	@SuppressWarnings("NullAway") // a key may be null, as a column may
	private ScrollPosition position(Map<String, @Nullable Object> row) {
		Map<String, Object> keys = new LinkedHashMap<>();
		this.order.parts().forEach((part) -> keys.put(part.column().name(), row.get(part.column().name())));
		return ScrollPosition.of(keys, this.position.getDirection());
	}

	/**
	 * What is asked for.
	 *
	 * @param table the table
	 * @param columns the columns, none for all
	 * @param where the condition
	 * @param sort the order
	 * @param limit how many rows make a window
	 * @param mapper makes results of rows
	 * @param <T> the type of the results
	 */
	record Request<T>(String table, List<String> columns, Where where, Sort sort, int limit,
			Function<Map<String, @Nullable Object>, T> mapper) {
	}

}
