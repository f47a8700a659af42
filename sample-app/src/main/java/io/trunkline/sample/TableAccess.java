package io.trunkline.sample;

import io.trunkline.schema.SchemaCatalog;
import io.trunkline.schema.TableInfo;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatus;
import org.springframework.stereotype.Component;
import org.springframework.web.server.ResponseStatusException;

/**
 * Says which tables a request may touch: none of the server's own, which hold its users'
 * password hashes, and those of the application only to read them.
 */
@Component
public class TableAccess {

	/** A file's row and its large object must come and go together. */
	private static final String FILES = "files";

	private final SchemaCatalog catalog;

	TableAccess(SchemaCatalog catalog) {
		this.catalog = catalog;
	}

	/**
	 * Look a table up that is to be read.
	 * @param table its name
	 * @return the table; status 403 where it is the server's own
	 */
	public Mono<TableInfo> toRead(String table) {
		return Mono.defer(() -> this.catalog.table(table))
			.filter((info) -> !isSystem(info))
			.switchIfEmpty(Mono.error(() -> refused(
					"The table [" + table + "] is the server's own, which this application does not touch")));
	}

	/**
	 * Look a table up that is to be changed.
	 * @param table its name
	 * @return the table; status 403 where it is not for the caller to change
	 */
	public Mono<TableInfo> toChange(String table) {
		return toRead(table).filterWhen((info) -> isReadOnly(info).map((readOnly) -> !readOnly))
			.switchIfEmpty(Mono.error(() -> refused("The table [" + table
					+ "] can only be read here, as each of its rows has a large object: change it with /api/files")));
	}

	/**
	 * Find out whether a table is the application's own.
	 * @param table the table
	 */
	public Mono<Boolean> isReadOnly(TableInfo table) {
		return this.catalog.table(FILES).map((own) -> own.oid() == table.oid());
	}

	private static boolean isSystem(TableInfo table) {
		return table.schema().startsWith("pg_") || table.schema().equals("information_schema");
	}

	private static ResponseStatusException refused(String reason) {
		return new ResponseStatusException(HttpStatus.FORBIDDEN, reason);
	}

}
