package io.trunkline.copy;

import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

import io.r2dbc.spi.ColumnMetadata;
import io.r2dbc.spi.Readable;
import io.r2dbc.spi.Row;
import io.trunkline.connection.PostgresConnections;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.connection.SqlIdentifiers;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;

/**
 * What typed rows are read from: columns of a table or of a query.
 *
 * @param columns the columns in their order, each with a name of its own
 * @param from what stands behind FROM
 * @param serverVersion the server's major version
 */
record RowSelection(List<RowColumn> columns, String from, int serverVersion) {

	private static final Set<String> VERBS = Set.of("SELECT", "VALUES", "TABLE", "WITH", "SEARCH", "CYCLE");

	private static final String FEATURE_NOT_SUPPORTED = "0A000";

	private static final long UNSIGNED = 0xFFFF_FFFFL;

	static RowSelection ofTable(CopyTable table, List<String> columns) {
		return new RowSelection(table.rowColumns(columns.isEmpty() ? table.allColumns() : columns), table.toSql(),
				table.serverVersion());
	}

	/**
	 * Refuse a query that cannot stand inside another one.
	 */
	static void check(SqlText query) {
		String verb = query.verb();
		if (!VERBS.contains(verb)) {
			throw new InvalidDataAccessApiUsageException("Rows are read of a query that begins with SELECT, WITH,"
					+ " VALUES or TABLE" + (verb.isEmpty() ? "" : ", which is not possible with " + verb)
					+ ": export its data instead");
		}
	}

	/**
	 * Find out what the rows of a query consist of. The server plans it, and does not run
	 * it.
	 */
	static Mono<RowSelection> ofQuery(CopySettings settings, SqlText query, QueryParameters parameters) {
		PostgresConnections connections = settings.connections();
		return inSavepoint(connections,
				parameters.render(connections, query).flatMap((sql) -> describe(connections, sql)))
			.flatMap((description) -> settings.catalog()
				.types(description.oids())
				.zipWithIterable(description.names(), (type, name) -> new RowColumn(name, type))
				.collectList()
				.flatMap((columns) -> CopyTable.serverVersion(connections)
					.map((version) -> new RowSelection(columns, description.from(), version))));
	}

	/**
	 * A query with an error must not fail the caller's transaction.
	 */
	private static <T> Mono<T> inSavepoint(PostgresConnections connections, Mono<T> work) {
		return connections.isTransactionActive()
			.flatMap((active) -> active ? connections.<T>inTransaction((connection) -> work).singleOrEmpty() : work);
	}

	private static Mono<Description> describe(PostgresConnections connections, String sql) {
		String from = "(" + sql + "\n) AS q";
		// The planner drops the side of a join that nothing can match, volatile functions
		// in it or not. What is left is one row of nulls.
		return connections
			.query("SELECT q.* FROM (SELECT) AS one LEFT JOIN " + from + " ON false",
					(row) -> Description.of(row, from))
			.singleOrEmpty()
			.onErrorMap(RowSelection::isNotNestable,
					(ex) -> new InvalidDataAccessApiUsageException(
							"Rows are read of a query that can stand inside another one, which this one cannot:"
									+ " export its data instead",
							ex));
	}

	private static boolean isNotNestable(Throwable ex) {
		return PostgresErrors.sqlState(ex).filter(FEATURE_NOT_SUPPORTED::equals).isPresent();
	}

	/**
	 * Return the statement that gives the rows in binary. Columns are named, so that a
	 * table whose columns were changed since gives an error, and not other columns.
	 */
	String copyOut(RowDecoding<?> decoding) {
		String names = this.columns.stream().map((column) -> {
			String name = SqlIdentifiers.quote(column.name());
			return decoding.needsText(column) ? name + "::pg_catalog.text" : name;
		}).collect(Collectors.joining(", "));
		return "COPY (SELECT " + names + " FROM " + this.from + ") TO STDOUT (FORMAT binary)";
	}

	/**
	 * The columns of a query as the server describes them.
	 */
	private record Description(List<String> names, List<Long> oids, String from) {

		static Description of(Readable row, String from) {
			List<? extends ColumnMetadata> columns = ((Row) row).getMetadata().getColumnMetadatas();
			List<String> names = columns.stream().map(ColumnMetadata::getName).toList();
			Set<String> distinct = new HashSet<>();
			for (String name : names) {
				if (!distinct.add(name)) {
					throw new InvalidDataAccessApiUsageException(
							"The query has more than one column [" + name + "]: give each a name of its own with AS");
				}
			}
			List<Long> oids = columns.stream().map(Description::oid).toList();
			return new Description(names, oids, from);
		}

		private static long oid(ColumnMetadata column) {
			return (Integer) Objects.requireNonNull(column.getNativeTypeMetadata()) & UNSIGNED;
		}

	}

}
