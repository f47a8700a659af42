package io.trunkline.sample.tables;

import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

import io.trunkline.sample.TableAccess;
import io.trunkline.sample.TableChanges;
import io.trunkline.sample.TableChanges.Change;
import io.trunkline.schema.TableInfo;
import io.trunkline.table.TableManager;
import io.trunkline.table.UpsertResult;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.data.relational.core.query.Criteria;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PatchMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * Rows of tables as JSON objects.
 */
@RestController
@RequestMapping("/api/tables/{table}/rows")
class RowController {

	private final TableManager tables;

	private final TableAccess access;

	private final TableChanges changes;

	private final RowReader reader;

	private final JsonMapper json;

	RowController(TableManager tables, TableAccess access, TableChanges changes, RowReader reader, JsonMapper json) {
		this.tables = tables;
		this.access = access;
		this.changes = changes;
		this.reader = reader;
		this.json = json;
	}

	@GetMapping
	Mono<RowPage> read(@PathVariable String table, ServerHttpRequest request) {
		RowParameters parameters = RowParameters.of(request.getQueryParams());
		UriComponentsBuilder address = UriComponentsBuilder.fromPath(request.getURI().getRawPath())
			.query(request.getURI().getRawQuery());
		return this.access.toRead(table).flatMap((info) -> this.reader.read(info, parameters, address));
	}

	@PostMapping
	Mono<Written> write(@PathVariable String table, @RequestParam(defaultValue = "insert") WriteMode mode,
			@RequestParam(defaultValue = "") String key, @RequestBody(required = false) Flux<Map<String, Object>> rows,
			@RequestParam MultiValueMap<String, String> parameters) {
		parameters.keySet().stream().filter((name) -> !name.equals("mode") && !name.equals("key")).forEach((name) -> {
			throw RowParameters.refused("There is no parameter '" + name + "': new rows take mode and key only, and"
					+ " PATCH changes those that meet a condition");
		});
		AtomicLong given = new AtomicLong();
		return this.access.toChange(table)
			.flatMap(
					(info) -> this.changes.tell(
							mode.write(this.tables, info.tableName().toString(), NameList.names(key, "key"),
									rows.doOnNext((row) -> given.incrementAndGet())
										.map(new JsonRows(info, this.json)::toColumns)),
							(result) -> written(info, result)))
			.map((result) -> new Written(result.inserted(), result.updated(), given.get() - result.total()));
	}

	private static Change written(TableInfo table, UpsertResult result) {
		return Change.of(table, (result.updated() > 0) ? "upsert" : "insert", result.total());
	}

	@PatchMapping
	Mono<Updated> update(@PathVariable String table, @RequestBody Map<String, Object> values,
			@RequestParam MultiValueMap<String, String> parameters) {
		Criteria condition = RowParameters.conditionOf(parameters);
		return this.access.toChange(table)
			.flatMap((info) -> this.changes.tell(this.tables.update(info.tableName().toString())
				.where(condition)
				.set(new JsonRows(info, this.json).toColumns(values))
				.execute(), (rows) -> Change.of(info, "update", rows)))
			.map(Updated::new);
	}

	@DeleteMapping
	Mono<Deleted> delete(@PathVariable String table, @RequestParam MultiValueMap<String, String> parameters) {
		Criteria condition = RowParameters.conditionOf(parameters);
		return this.access.toChange(table)
			.flatMap((info) -> this.changes.tell(
					this.tables.delete(info.tableName().toString()).where(condition).execute(),
					(rows) -> Change.of(info, "delete", rows)))
			.map(Deleted::new);
	}

	@DeleteMapping(params = "all=true")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	Mono<Void> deleteAll(@PathVariable String table, @RequestParam MultiValueMap<String, String> parameters,
			@RequestHeader(name = "X-Deletion-Password", required = false) @Nullable String password) {
		if (parameters.size() > 1) {
			throw RowParameters.refused("There is all=true and a condition: give one of them");
		}
		return this.access.toChange(table)
			.flatMap((info) -> this.changes.tellAfter(this.tables.deleteAll(info.tableName().toString(), password),
					(rows) -> Change.of(info, "empty", rows)))
			.then();
	}

	/**
	 * What became of rows.
	 *
	 * @param inserted how many are new
	 * @param updated how many were changed
	 * @param skipped how many were there already
	 */
	record Written(long inserted, long updated, long skipped) {
	}

	/**
	 * What an update did.
	 *
	 * @param updated how many rows it changed
	 */
	record Updated(long updated) {
	}

	/**
	 * What a deletion did.
	 *
	 * @param deleted how many rows it deleted
	 */
	record Deleted(long deleted) {
	}

}
