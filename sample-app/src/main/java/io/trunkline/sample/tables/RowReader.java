package io.trunkline.sample.tables;

import java.util.List;
import java.util.Map;

import io.trunkline.schema.ConstraintInfo.UniqueKey;
import io.trunkline.schema.TableInfo;
import io.trunkline.table.SelectSpec;
import io.trunkline.table.TableManager;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.data.domain.KeysetScrollPosition;
import org.springframework.data.domain.Sort;
import org.springframework.data.domain.Window;
import org.springframework.stereotype.Component;
import org.springframework.web.util.UriComponentsBuilder;

import static io.trunkline.sample.tables.RowParameters.AFTER;
import static io.trunkline.sample.tables.RowParameters.COUNT;
import static io.trunkline.sample.tables.RowParameters.LIMIT;
import static io.trunkline.sample.tables.RowParameters.OFFSET;

/**
 * Reads tables page by page: behind the last row of the page before, which costs the same
 * anywhere, or by offset where one is asked for or the table has no primary key.
 */
@Component
class RowReader {

	private static final int DEFAULT_LIMIT = 50;

	private static final int MAX_LIMIT = 1000;

	private final TableManager tables;

	private final Cursors cursors;

	private final JsonMapper json;

	RowReader(TableManager tables, Cursors cursors, JsonMapper json) {
		this.tables = tables;
		this.cursors = cursors;
		this.json = json;
	}

	/**
	 * Read a page.
	 * @param table the table
	 * @param parameters which rows, and how
	 * @param address what was asked for, from which the next page's address is made
	 */
	Mono<RowPage> read(TableInfo table, RowParameters parameters, UriComponentsBuilder address) {
		SelectSpec<Map<String, @Nullable Object>> rows = this.tables.select(table.tableName().toString())
			.columns(parameters.columns())
			.where(parameters.condition());
		int limit = (int) parameters.number(LIMIT, DEFAULT_LIMIT, 1, MAX_LIMIT);
		boolean byOffset = parameters.option(OFFSET) != null || table.primaryKey() == null;
		if (byOffset && parameters.option(AFTER) != null) {
			throw RowParameters.refused("The parameter '" + AFTER + "' goes with tables that have a primary key,"
					+ " and not with '" + OFFSET + "'");
		}
		JsonRows json = new JsonRows(table, this.json);
		Mono<RowPage> page = byOffset
				? byOffset(rows.orderBy(complete(parameters.sort(), table)), parameters, limit, json, address)
				: byKey(rows.orderBy(parameters.sort()), parameters, limit, json, address);
		return parameters.flag(COUNT, true) ? page.flatMap((read) -> rows.count().map(read::withTotal)) : page;
	}

	private Mono<RowPage> byKey(SelectSpec<Map<String, @Nullable Object>> rows, RowParameters parameters, int limit,
			JsonRows json, UriComponentsBuilder address) {
		return rows.limit(limit)
			.scroll(this.cursors.read(parameters.option(AFTER), json))
			.map((window) -> new RowPage(null, window.map(json::fromColumns).getContent(),
					window.hasNext() ? next(address, AFTER, this.cursors.write(last(window), json)) : null));
	}

	@SuppressWarnings("NullAway") // a key may be null, as a column may
	private static Map<String, @Nullable Object> last(Window<?> window) {
		return ((KeysetScrollPosition) window.positionAt(window.size() - 1)).getKeys();
	}

	private static Mono<RowPage> byOffset(SelectSpec<Map<String, @Nullable Object>> rows, RowParameters parameters,
			int limit, JsonRows json, UriComponentsBuilder address) {
		long offset = parameters.number(OFFSET, 0, 0, Long.MAX_VALUE - MAX_LIMIT);
		return rows.offset(offset).limit(limit + 1).all().map(json::fromColumns).collectList().map((read) -> {
			boolean more = read.size() > limit;
			List<Map<String, @Nullable Object>> shown = more ? read.subList(0, limit) : read;
			return new RowPage(null, shown, more ? next(address, OFFSET, String.valueOf(offset + limit)) : null);
		});
	}

	/**
	 * Append the primary key to an order, so that no row is on two pages.
	 */
	private static Sort complete(Sort sort, TableInfo table) {
		UniqueKey key = table.primaryKey();
		return (key != null) ? sort.and(Sort
			.by(key.columns().stream().filter((column) -> sort.getOrderFor(column) == null).toArray(String[]::new)))
				: sort;
	}

	private static String next(UriComponentsBuilder address, String parameter, String value) {
		return address.cloneBuilder().replaceQueryParam(parameter, value).build(true).toUriString();
	}

}
