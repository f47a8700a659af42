package io.trunkline.sample.tables;

import java.net.URI;
import java.util.List;
import java.util.Map;

import io.trunkline.sample.TableAccess;
import io.trunkline.sample.TableChanges;
import io.trunkline.sample.TableChanges.Change;
import io.trunkline.schema.SchemaCatalog;
import io.trunkline.table.TableManager;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.util.UriUtils;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * Tells about tables, and makes and drops them.
 */
@RestController
@RequestMapping("/api/tables")
class TableController {

	private final SchemaCatalog catalog;

	private final TableManager tables;

	private final TableAccess access;

	private final TableChanges changes;

	private final ColumnBodies columns;

	TableController(SchemaCatalog catalog, TableManager tables, TableAccess access, TableChanges changes,
			ColumnBodies columns) {
		this.catalog = catalog;
		this.tables = tables;
		this.access = access;
		this.changes = changes;
		this.columns = columns;
	}

	@GetMapping
	Flux<TableDescription> list() {
		return this.catalog.tables()
			.concatMap((table) -> this.access.isReadOnly(table).map((own) -> TableDescription.of(table, own)));
	}

	@GetMapping("/{table}")
	Mono<TableDescription> find(@PathVariable String table) {
		return this.access.toRead(table)
			.flatMap((info) -> this.access.isReadOnly(info).map((own) -> TableDescription.of(info, own)));
	}

	@PostMapping("/{table}")
	Mono<ResponseEntity<TableDescription>> create(@PathVariable String table,
			@RequestBody List<Map<String, Object>> columns) {
		Mono<TableDescription> creation = this.tables.createTable(table, this.columns.checked(columns))
			.execute()
			.then(Mono.defer(() -> find(table)));
		return this.changes.tell(creation, (created) -> new Change(created.table(), "create", null))
			.map((created) -> ResponseEntity.created(URI.create("/api/tables/" + UriUtils.encode(table, UTF_8)))
				.body(created));
	}

	@DeleteMapping("/{table}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	Mono<Void> drop(@PathVariable String table,
			@RequestHeader(name = "X-Deletion-Password", required = false) @Nullable String password) {
		return this.access.toChange(table).map((info) -> info.tableName().toString()).flatMap((name) -> {
			Mono<String> drop = this.tables.dropTable(name, password).thenReturn(name);
			return this.changes.tellAfter(drop, (dropped) -> new Change(dropped, "drop", null));
		}).then();
	}

}
