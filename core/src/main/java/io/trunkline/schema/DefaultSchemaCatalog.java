package io.trunkline.schema;

import java.util.List;

import io.trunkline.connection.PostgresConnections;
import reactor.core.publisher.Mono;

import org.springframework.dao.PermissionDeniedDataAccessException;

/**
 * Default implementation of {@link SchemaCatalog}.
 */
final class DefaultSchemaCatalog implements SchemaCatalog {

	private final PostgresConnections connections;

	DefaultSchemaCatalog(PostgresConnections connections) {
		this.connections = connections;
	}

	@Override
	public Mono<TableInfo> table(String table) {
		TableName name = TableName.parse(table);
		return load(name).map(LoadedTable::table);
	}

	private Mono<LoadedTable> load(TableName name) {
		return this.connections.query(CatalogSql.TABLE_BY_NAME, CatalogRow::from, schema(name), name.name())
			.collectList()
			.flatMap((rows) -> {
				List<LoadedTable> tables = CatalogReader.read(rows);
				return tables.isEmpty() ? notFound(name) : permitted(tables.get(0));
			});
	}

	private static Mono<LoadedTable> permitted(LoadedTable loaded) {
		return loaded.permitted() ? Mono.just(loaded) : Mono.error(() -> denied(loaded.table()));
	}

	@SuppressWarnings("NullAway") // the cause may be missing, as in any exception
	private static PermissionDeniedDataAccessException denied(TableInfo table) {
		return new PermissionDeniedDataAccessException(
				"The role has no right to [%s]: grant it one, such as SELECT, and USAGE on the schema"
					.formatted(table.tableName()),
				null);
	}

	private <T> Mono<T> notFound(TableName name) {
		return this.connections.query(CatalogSql.CANDIDATES, CatalogRow::from, schema(name), name.name())
			.collectList()
			.flatMap((rows) -> Mono.error(NearestNames.notFound(name, rows)));
	}

	private static String schema(TableName name) {
		return (name.schema() != null) ? name.schema() : "";
	}

}
