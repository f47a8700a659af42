package io.trunkline.copy;

import java.util.Objects;

import io.r2dbc.spi.R2dbcPermissionDeniedException;
import io.r2dbc.spi.Readable;
import io.trunkline.connection.PostgresConnections;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;

/**
 * What a load must know of the session and of its table's triggers.
 *
 * @param temporary whether the role may create temporary tables
 * @param database the name of the database
 * @param role the name of the role
 * @param encoding the encoding of the database
 * @param workMemory the session's {@code work_mem} as it was
 * @param jit the session's {@code jit} as it was
 * @param changingTriggers whether triggers may change rows before they are checked
 */
record LoadFacts(boolean temporary, String database, String role, String encoding, String workMemory, String jit,
		boolean changingTriggers) {

	/**
	 * Gives the statements of a load some memory, and none of them to the compiler, which
	 * takes longer than it saves. Lasts until the end of the transaction.
	 */
	private static final String SQL = """
			SELECT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'TEMPORARY'),
			 pg_catalog.current_database()::text, current_user::text, pg_catalog.getdatabaseencoding()::text,
			 pg_catalog.current_setting('work_mem'), pg_catalog.current_setting('jit'),
			 EXISTS (SELECT FROM pg_catalog.pg_trigger t WHERE NOT t.tgisinternal AND t.tgenabled <> 'D'
			  AND t.tgtype::int & 3 = 3 AND (t.tgrelid = $1::bigint::oid OR t.tgrelid IN
			   (SELECT p.relid FROM pg_catalog.pg_partition_tree($1::bigint::oid) AS p))),
			 pg_catalog.set_config('jit', 'off', true),
			 pg_catalog.set_config('work_mem', CASE
			  WHEN pg_catalog.pg_size_bytes(pg_catalog.current_setting('work_mem')) < 67108864 THEN '64MB'
			  ELSE pg_catalog.current_setting('work_mem') END, true)""";

	private static final String RESTORE = "SELECT pg_catalog.set_config('work_mem', $1, true),"
			+ " pg_catalog.set_config('jit', $2, true)";

	static Mono<LoadFacts> find(PostgresConnections connections, long oid) {
		return connections.query(SQL, LoadFacts::of, oid).singleOrEmpty();
	}

	private static LoadFacts of(Readable row) {
		return new LoadFacts(flag(row, 0), text(row, 1), text(row, 2), text(row, 3), text(row, 4), text(row, 5),
				flag(row, 6));
	}

	private static boolean flag(Readable row, int index) {
		return Boolean.TRUE.equals(row.get(index, Boolean.class));
	}

	private static String text(Readable row, int index) {
		return Objects.requireNonNull(row.get(index, String.class));
	}

	/**
	 * Refuse a load that cannot be.
	 * @param rejecting whether it goes on behind bad rows
	 */
	void check(boolean rejecting) {
		if (!this.temporary) {
			String message = "The load needs a temporary table, which the role \"" + this.role
					+ "\" must not create: GRANT TEMPORARY ON DATABASE \"" + this.database + "\" TO \"" + this.role
					+ '"';
			throw new PermissionDeniedDataAccessException(message,
					new R2dbcPermissionDeniedException(message, "42501"));
		}
		if (rejecting && !this.encoding.equals("UTF8")) {
			throw new InvalidDataAccessApiUsageException(
					"'reject' needs a database in the encoding UTF8, and this one is in " + this.encoding);
		}
	}

	Mono<Void> restore(PostgresConnections connections) {
		return connections.execute(RESTORE, this.workMemory, this.jit);
	}

}
