package io.trunkline.largeobject;

import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The statements that find and delete orphans.
 *
 * @param referencing columns of other types that hold oids
 * @param ignored columns of type {@code oid} that do not refer to large objects
 */
record OrphanSql(Set<ReferencingColumn> referencing, Set<ReferencingColumn> ignored) {

	/**
	 * Follows the types that can hold an oid: domains, arrays, and composite types, whose
	 * fields nobody can search without knowing them. Foreign tables hold the oids of
	 * another server, partitioned ones nothing themselves.
	 */
	static final String COLUMNS = """
			WITH RECURSIVE holder(type, kind) AS (
			 SELECT 'pg_catalog.oid'::pg_catalog.regtype::oid, 'oid'
			 UNION
			 SELECT t.oid, CASE WHEN t.typtype = 'd' THEN h.kind
			  WHEN t.typcategory = 'A' AND h.kind = 'oid' THEN 'array' ELSE 'nested' END
			 FROM holder h JOIN pg_catalog.pg_type t ON t.typtype = 'd' AND t.typbasetype = h.type
			  OR t.typtype = 'b' AND t.typcategory = 'A' AND t.typelem = h.type
			  OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_attribute f WHERE f.attrelid = t.typrelid
			   AND f.atttypid = h.type AND f.attnum > 0 AND NOT f.attisdropped))
			SELECT n.nspname::text AS schema, c.relname::text AS name, a.attname::text AS column_name,
			 h.kind = 'array' AS is_array,
			 CASE WHEN h.kind = 'nested' THEN 'a composite type with an oid'
			  WHEN pg_catalog.pg_is_other_temp_schema(n.oid) THEN 'a temporary table of another session'
			  WHEN NOT pg_catalog.has_schema_privilege(n.oid, 'USAGE')
			   OR NOT pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT') THEN 'no right to select'
			  WHEN pg_catalog.row_security_active(c.oid) THEN 'row security hides rows' END AS obstacle
			FROM pg_catalog.pg_class c
			 JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			 JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			 JOIN holder h ON h.type = a.atttypid
			WHERE (c.relkind = 'r' OR c.relkind = 'm' AND c.relispopulated)
			 AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
			ORDER BY 1, 2, 3""";

	private static final String SIZE = "(SELECT s.size FROM (SELECT d.size, pg_catalog.lo_close(d.fd) FROM ("
			+ "SELECT f.fd, pg_catalog.lo_lseek64(f.fd, 0, 2) AS size FROM (SELECT pg_catalog.lo_open(%s, "
			+ LargeObjectMode.READ.flags() + ") AS fd OFFSET 0) f OFFSET 0) d OFFSET 0) s)";

	/**
	 * Check the columns found in the catalogue and return those that refer to objects.
	 */
	List<ReferencingColumn> check(List<ReferencingColumn> found) {
		List<ReferencingColumn> relevant = found.stream()
			.filter((column) -> this.ignored.stream().noneMatch(column::isSameColumn))
			.toList();
		List<String> unreadable = relevant.stream()
			.filter((column) -> column.obstacle() != null)
			.map(ReferencingColumn::toString)
			.toList();
		if (!unreadable.isEmpty()) {
			throw new UnreadableReferencesException(unreadable);
		}
		return relevant;
	}

	String find(List<ReferencingColumn> columns) {
		return "SELECT pg_catalog.count(*) AS count, COALESCE(pg_catalog.sum(o.size), 0)::bigint AS bytes,"
				+ " (pg_catalog.array_agg(o.oid::bigint ORDER BY o.age DESC, o.oid))[1] AS oldest,"
				+ " (SELECT pg_catalog.count(*) FROM pg_catalog.pg_largeobject_metadata m"
				+ " WHERE NOT pg_catalog.pg_has_role(m.lomowner, 'USAGE')) AS not_owned,"
				+ " pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint AS horizon FROM ("
				+ "SELECT lo.oid, pg_catalog.age(lo.xmin) AS age, " + SIZE.formatted("lo.oid") + " AS size FROM "
				+ orphans(columns) + ") o";
	}

	/**
	 * {@code $1} is the horizon, {@code $2} the last oid of the batch before, {@code $3}
	 * the size of the batch. Transaction ids are compared by their distance from now, for
	 * they wrap around.
	 */
	String deleteBatch(List<ReferencingColumn> columns) {
		return "SELECT pg_catalog.count(*) AS count, COALESCE(pg_catalog.sum(d.size), 0)::bigint AS bytes,"
				+ " pg_catalog.max(d.oid::bigint) AS last FROM (SELECT b.oid, b.size, pg_catalog.lo_unlink(b.oid) FROM ("
				+ "SELECT c.oid, " + SIZE.formatted("c.oid") + " AS size FROM (SELECT lo.oid FROM " + orphans(columns)
				+ " AND pg_catalog.age(lo.xmin) > pg_catalog.age(($1::bigint % 4294967296)::text::xid)"
				+ " AND lo.oid > $2::bigint::oid ORDER BY lo.oid LIMIT $3) c OFFSET 0) b OFFSET 0) d";
	}

	private String orphans(List<ReferencingColumn> columns) {
		String absent = Stream
			.concat(columns.stream().map(ReferencingColumn::absentSql),
					this.referencing.stream().map(ReferencingColumn::absentSqlWithCast))
			.map((condition) -> " AND " + condition)
			.collect(Collectors.joining());
		return "pg_catalog.pg_largeobject_metadata lo WHERE pg_catalog.pg_has_role(lo.lomowner, 'USAGE')" + absent;
	}

}
