package io.trunkline.schema;

import io.r2dbc.spi.ConnectionFactory;
import io.trunkline.connection.PostgresConnections;
import reactor.core.publisher.Mono;

/**
 * Tells what the database is made of.
 * <p>
 * Names are those of {@link TableName#parse}: {@code table}, searched for as the server
 * does along the {@code search_path}, or {@code schema.table}. Nothing is asked of the
 * role but what every role may do; a table that it has no right to at all is refused with
 * a {@link org.springframework.dao.PermissionDeniedDataAccessException}.
 *
 * @since 0.1.0
 */
public interface SchemaCatalog {

	/**
	 * Create an instance with the default settings. One is enough for a connection
	 * factory, as it remembers what it has read.
	 * @param connectionFactory a connection factory of the PostgreSQL driver
	 * @return a new instance
	 */
	static SchemaCatalog create(ConnectionFactory connectionFactory) {
		return new DefaultSchemaCatalog(PostgresConnections.create(connectionFactory));
	}

	/**
	 * Look a table or view up. Inside a transaction this sees what that transaction has
	 * changed.
	 * @param table its name
	 * @return the table; a {@link TableNotFoundException} that offers the nearest names
	 * when there is none
	 * @throws IllegalArgumentException when the name cannot be one
	 */
	Mono<TableInfo> table(String table);

}
