package io.trunkline.schema;

/**
 * The statements that read the catalogue. Each returns rows of one shape (see
 * {@link CatalogRow}), so that all that is asked for comes in one round trip and from one
 * snapshot. Everything they read is open to any role.
 */
final class CatalogSql {

	/**
	 * Types from this oid on can change, and differ from database to database.
	 */
	static final long FIRST_USER_OID = 16384;

	private static final String TABLE_KINDS = "c.relkind = ANY ('{r,p,f,v,m}')";

	/**
	 * The schemas that {@code $1} means in the order of the search: all of the search
	 * path for an empty one.
	 */
	private static final String SEARCHED = """
			(SELECT n.oid, n.nspname, p.position
			   FROM pg_catalog.unnest(pg_catalog.current_schemas(true)) WITH ORDINALITY AS p(name, position)
			   JOIN pg_catalog.pg_namespace n ON n.nspname = p.name WHERE $1::text = ''
			  UNION ALL SELECT n.oid, n.nspname, 0 FROM pg_catalog.pg_namespace n WHERE n.nspname = $1::text::name
			  UNION ALL SELECT n.oid, n.nspname, 0 FROM pg_catalog.pg_namespace n
			   WHERE $1::text = 'pg_temp' AND n.oid = pg_catalog.pg_my_temp_schema())""";

	/**
	 * {@code $1} is the schema, empty for the search path, {@code $2} the name.
	 */
	private static final String NAMED = "SELECT c.oid FROM " + SEARCHED + " s"
			+ " JOIN pg_catalog.pg_class c ON c.relnamespace = s.oid AND c.relname = $2::text::name AND " + TABLE_KINDS
			+ " ORDER BY s.position LIMIT 1";

	/**
	 * Changes whenever something that is told about relation {@code c} does: each row of
	 * the catalogue carries the transaction that wrote it. Only the rows of relations are
	 * compared by value, as TRUNCATE, REINDEX and CLUSTER write them as well.
	 */
	private static final String RELATION_VERSION = """
			pg_catalog.concat_ws(' ', pg_catalog.hashtextextended(ROW(c.relnamespace, c.relname, c.relkind,
			  c.relispartition, c.relowner, c.relacl)::text, 0), (SELECT pg_catalog.hashtextextended(pg_catalog.string_agg(
			  pg_catalog.concat_ws(' ', v.source, v.id, v.written), ',' ORDER BY v.source, v.id), 0) FROM (
			   SELECT 'a', x.attnum::bigint, x.xmin::text FROM pg_catalog.pg_attribute x
			    WHERE x.attrelid = c.oid AND x.attnum > 0
			   UNION ALL SELECT 'd', x.oid::bigint, x.xmin::text FROM pg_catalog.pg_attrdef x WHERE x.adrelid = c.oid
			   UNION ALL SELECT 'k', x.oid::bigint, pg_catalog.concat_ws(' ', x.xmin::text, r.relnamespace, r.relname,
			     (SELECT pg_catalog.string_agg(f.xmin::text, ' ' ORDER BY f.attnum) FROM pg_catalog.pg_attribute f
			      WHERE f.attrelid = x.confrelid AND f.attnum = ANY (x.confkey)))
			    FROM pg_catalog.pg_constraint x LEFT JOIN pg_catalog.pg_class r ON r.oid = x.confrelid
			    WHERE x.conrelid = c.oid AND x.contype <> 'n'
			   UNION ALL SELECT 'i', x.indexrelid::bigint, pg_catalog.concat_ws(' ', x.xmin::text, r.relname, d.xmin::text)
			    FROM pg_catalog.pg_index x JOIN pg_catalog.pg_class r ON r.oid = x.indexrelid
			    LEFT JOIN pg_catalog.pg_description d ON d.objoid = r.oid AND d.objsubid = 0
			     AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
			    WHERE x.indrelid = c.oid
			   UNION ALL SELECT 'm', x.objsubid::bigint, x.xmin::text FROM pg_catalog.pg_description x
			    WHERE x.objoid = c.oid AND x.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
			  ) v(source, id, written)))""";

	/**
	 * The same for type {@code t}.
	 */
	private static final String TYPE_VERSION = """
			pg_catalog.concat_ws(' ', t.xmin::text, CASE t.typtype
			  WHEN 'e' THEN (SELECT pg_catalog.hashtextextended(pg_catalog.string_agg(pg_catalog.concat_ws(' ', x.oid, x.xmin),
			    ',' ORDER BY x.oid), 0)::text FROM pg_catalog.pg_enum x WHERE x.enumtypid = t.oid)
			  WHEN 'c' THEN (SELECT pg_catalog.hashtextextended(pg_catalog.string_agg(
			    pg_catalog.concat_ws(' ', x.attnum, x.xmin), ',' ORDER BY x.attnum), 0)::text
			    FROM pg_catalog.pg_attribute x WHERE x.attrelid = t.typrelid AND x.attnum > 0) END)""";

	/**
	 * {@code typ(oid)}: the types of a query and all that they are made of.
	 */
	private static final String TYPES = """
			typ(oid) AS (%s
			 UNION
			 SELECT p.oid FROM typ JOIN pg_catalog.pg_type t ON t.oid = typ.oid CROSS JOIN LATERAL (
			  SELECT e.oid FROM pg_catalog.pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid
			  UNION ALL SELECT t.typbasetype WHERE t.typtype = 'd'
			  UNION ALL SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE t.typtype = 'r' AND r.rngtypid = t.oid
			  UNION ALL SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE t.typtype = 'm' AND r.rngmultitypid = t.oid
			  UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a WHERE t.typtype = 'c'
			   AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped) p(oid))
			""";

	private static final String TYPE_ROWS = """
			SELECT 'type' AS part, t.oid::bigint AS id, ARRAY[n.nspname::text, t.typname::text, t.typtype::text,
			 (e.oid IS NOT NULL)::text, COALESCE(e.oid, CASE t.typtype WHEN 'd' THEN t.typbasetype
			  WHEN 'r' THEN (SELECT r.rngsubtype FROM pg_catalog.pg_range r WHERE r.rngtypid = t.oid)
			  WHEN 'm' THEN (SELECT r.rngtypid FROM pg_catalog.pg_range r WHERE r.rngmultitypid = t.oid) END)::text,
			 t.typdelim::text, CASE WHEN t.oid >= %d THEN %s END]
			 || CASE t.typtype WHEN 'e' THEN
			   ARRAY(SELECT x.enumlabel::text FROM pg_catalog.pg_enum x WHERE x.enumtypid = t.oid ORDER BY x.enumsortorder)
			  WHEN 'c' THEN ARRAY(SELECT u.field FROM pg_catalog.pg_attribute a
			   CROSS JOIN LATERAL (VALUES (1, a.attname::text), (2, a.atttypid::text)) AS u(n, field)
			   WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum, u.n)
			  ELSE '{}' END AS fields
			FROM typ JOIN pg_catalog.pg_type t ON t.oid = typ.oid JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
			LEFT JOIN pg_catalog.pg_type e ON e.oid = t.typelem AND e.typarray = t.oid"""
		.formatted(FIRST_USER_OID, TYPE_VERSION);

	/**
	 * Everything about the relations {@code rel(oid)} but their types.
	 */
	private static final String TABLE_ROWS = """
			SELECT 'relation' AS part, c.oid::bigint AS id, ARRAY[n.nspname::text, c.relname::text, c.relkind::text,
			 (c.relpersistence = 't')::text, c.relispartition::text, d.description, %s,
			 (pg_catalog.has_schema_privilege(n.oid, 'USAGE')
			  AND (pg_catalog.has_table_privilege(c.oid, 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER')
			   OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT,INSERT,UPDATE,REFERENCES')))::text,
			 pg_catalog.pg_table_is_visible(c.oid)::text] AS fields
			FROM rel JOIN pg_catalog.pg_class c ON c.oid = rel.oid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0
			 AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
			UNION ALL
			SELECT 'column', a.attrelid::bigint, ARRAY[a.attname::text, a.attnum::text, a.atttypid::text, a.atttypmod::text,
			 pg_catalog.format_type(a.atttypid, a.atttypmod), (NOT (a.attnotnull OR t.typtype = 'd' AND t.typnotnull))::text,
			 pg_catalog.pg_get_expr(f.adbin, f.adrelid), a.attidentity::text, a.attgenerated::text,
			 (SELECT pg_catalog.quote_ident(n.nspname) || '.' || pg_catalog.quote_ident(l.collname)
			   FROM pg_catalog.pg_collation l JOIN pg_catalog.pg_namespace n ON n.oid = l.collnamespace
			   WHERE l.oid = a.attcollation AND a.attcollation <> t.typcollation), d.description]
			FROM rel JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped
			JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
			LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
			LEFT JOIN pg_catalog.pg_description d ON d.objoid = a.attrelid AND d.objsubid = a.attnum
			 AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
			UNION ALL
			SELECT 'index', i.indrelid::bigint, ARRAY[x.relname::text, m.amname::text, i.indisunique::text,
			 (i.indisvalid AND i.indisready)::text, i.indisexclusion::text, i.indnkeyatts::text,
			 pg_catalog.pg_get_expr(i.indpred, i.indrelid), pg_catalog.array_to_string(i.indkey, ','),
			 pg_catalog.array_to_string(i.indoption, ','), k.conname::text, k.contype::text, k.condeferrable::text,
			 k.condeferred::text, pg_catalog.to_jsonb(i) ->> 'indnullsnotdistinct', d.description]
			 || ARRAY(SELECT CASE WHEN i.indkey[g.n - 1] = 0 THEN pg_catalog.pg_get_indexdef(i.indexrelid, g.n, false) END
			  FROM pg_catalog.generate_series(1, i.indnkeyatts::int) AS g(n) ORDER BY g.n)
			FROM rel JOIN pg_catalog.pg_index i ON i.indrelid = rel.oid AND i.indislive
			JOIN pg_catalog.pg_class x ON x.oid = i.indexrelid JOIN pg_catalog.pg_am m ON m.oid = x.relam
			LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = i.indrelid AND k.conindid = i.indexrelid
			 AND k.contype IN ('p', 'u', 'x')
			LEFT JOIN pg_catalog.pg_description d ON d.objoid = x.oid AND d.objsubid = 0
			 AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
			UNION ALL
			SELECT 'constraint', k.conrelid::bigint, ARRAY[k.conname::text, k.contype::text,
			 pg_catalog.array_to_string(k.conkey, ','), k.condeferrable::text, k.condeferred::text, k.convalidated::text,
			 CASE k.contype WHEN 'c' THEN pg_catalog.pg_get_expr(k.conbin, k.conrelid)
			  WHEN 'x' THEN pg_catalog.pg_get_constraintdef(k.oid) END,
			 n.nspname::text, r.relname::text, k.confupdtype::text, k.confdeltype::text, (k.confmatchtype = 'f')::text]
			 || ARRAY(SELECT a.attname::text FROM pg_catalog.unnest(k.confkey) WITH ORDINALITY AS f(num, position)
			  JOIN pg_catalog.pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = f.num ORDER BY f.position)
			FROM rel JOIN pg_catalog.pg_constraint k ON k.conrelid = rel.oid AND k.contype IN ('c', 'f', 'x')
			LEFT JOIN pg_catalog.pg_class r ON r.oid = k.confrelid
			LEFT JOIN pg_catalog.pg_namespace n ON n.oid = r.relnamespace
			UNION ALL
			"""
		.formatted(RELATION_VERSION);

	/**
	 * One table, found by {@code $1}, the schema or empty for the search path, and
	 * {@code $2}, the name.
	 */
	static final String TABLE_BY_NAME = tables(NAMED);

	/**
	 * What a mistyped name can have meant: {@code $1} and {@code $2} as above. Only names
	 * that the role may use are offered.
	 */
	static final String CANDIDATES = "SELECT 'candidate' AS part, c.oid::bigint AS id,"
			+ " ARRAY[n.nspname::text, c.relname::text, (s.oid IS NOT NULL)::text] AS fields"
			+ " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace LEFT JOIN "
			+ SEARCHED + " s ON s.oid = n.oid WHERE " + TABLE_KINDS
			+ " AND (n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\\_%'"
			+ " OR n.nspname = $1::text::name) AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
			+ " AND pg_catalog.has_table_privilege(c.oid, 'SELECT,INSERT,UPDATE,DELETE')"
			+ " AND pg_catalog.abs(pg_catalog.char_length(c.relname::text) - pg_catalog.char_length($2::text)) <= 20"
			+ " ORDER BY s.oid IS NULL, 2 LIMIT 10000";

	/**
	 * The versions of what a table was found to be: {@code $1} and {@code $2} as above,
	 * {@code $3} the oids of its types.
	 */
	static final String VERSION_BY_NAME = "SELECT 'relation' AS part, c.oid::bigint AS id, ARRAY[" + RELATION_VERSION
			+ "] AS fields FROM pg_catalog.pg_class c WHERE c.oid = (" + NAMED + ")"
			+ " UNION ALL SELECT 'type', t.oid::bigint, ARRAY[" + TYPE_VERSION + "] FROM pg_catalog.pg_type t"
			+ " WHERE t.oid = ANY (ARRAY(SELECT u.oid::oid FROM pg_catalog.unnest($3::bigint[]) AS u(oid)))";

	/**
	 * The schemas {@code $1}, or all but the server's own for an empty array.
	 */
	private static final String CHOSEN_SCHEMA = "(CASE WHEN pg_catalog.cardinality($1::text[]) = 0"
			+ " THEN n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
			+ " ELSE n.nspname::text = ANY ($1::text[]) END AND pg_catalog.has_schema_privilege(n.oid, 'USAGE'))";

	/**
	 * All tables that the role has any right to, of the chosen schemas. {@code $2} and
	 * {@code $3} are the patterns for schema and name of which one must match, unless
	 * there are none, {@code $4} and {@code $5} those of which none may.
	 */
	static final String ALL_TABLES = tables("SELECT c.oid FROM pg_catalog.pg_class c"
			+ " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE " + TABLE_KINDS + " AND " + CHOSEN_SCHEMA
			+ " AND (pg_catalog.cardinality($2::text[]) = 0 OR " + matches("$2", "$3") + ") AND NOT "
			+ matches("$4", "$5")
			+ " AND (pg_catalog.has_table_privilege(c.oid, 'SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER')"
			+ " OR pg_catalog.has_any_column_privilege(c.oid, 'SELECT,INSERT,UPDATE,REFERENCES'))");

	/**
	 * The enums, domains, composites and ranges of the chosen schemas, and the types they
	 * are made of.
	 */
	static final String ALL_TYPES = "WITH RECURSIVE listed(oid) AS MATERIALIZED (SELECT t.oid FROM pg_catalog.pg_type t"
			+ " JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace WHERE (t.typtype IN ('e', 'd', 'r', 'm')"
			+ " OR t.typtype = 'c' AND EXISTS (SELECT FROM pg_catalog.pg_class c WHERE c.oid = t.typrelid"
			+ " AND c.relkind = 'c')) AND " + CHOSEN_SCHEMA + "), " + types("SELECT listed.oid FROM listed")
			+ """
					SELECT 'listed' AS part, t.oid::bigint AS id, ARRAY[pg_catalog.format_type(t.typbasetype, t.typtypmod),
					 (NOT t.typnotnull)::text, t.typdefault, d.description] AS fields
					FROM listed JOIN pg_catalog.pg_type t ON t.oid = listed.oid
					LEFT JOIN pg_catalog.pg_description d ON d.objoid = t.oid AND d.objsubid = 0
					 AND d.classoid = 'pg_catalog.pg_type'::pg_catalog.regclass
					UNION ALL
					SELECT 'check', k.contypid::bigint, ARRAY[k.conname::text, pg_catalog.pg_get_expr(k.conbin, 0),
					 k.convalidated::text]
					FROM listed JOIN pg_catalog.pg_constraint k ON k.contypid = listed.oid AND k.contype = 'c'
					UNION ALL
					"""
			+ TYPE_ROWS;

	/**
	 * The types with the oids {@code $1}, and the types they are made of.
	 */
	static final String TYPES_BY_OID = "WITH RECURSIVE "
			+ types("SELECT u.oid::oid FROM pg_catalog.unnest($1::bigint[]) AS u(oid)") + TYPE_ROWS;

	/**
	 * The sequences of the chosen schemas that the role has any right to.
	 */
	static final String ALL_SEQUENCES = """
			SELECT 'sequence' AS part, c.oid::bigint AS id, ARRAY[n.nspname::text, c.relname::text,
			 pg_catalog.format_type(s.seqtypid, NULL), s.seqstart::text, s.seqincrement::text, s.seqmin::text,
			 s.seqmax::text, s.seqcache::text, s.seqcycle::text, d.description,
			 o.nspname, o.relname, o.attname] AS fields
			FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
			JOIN pg_catalog.pg_sequence s ON s.seqrelid = c.oid
			LEFT JOIN pg_catalog.pg_description d ON d.objoid = c.oid AND d.objsubid = 0
			 AND d.classoid = 'pg_catalog.pg_class'::pg_catalog.regclass
			LEFT JOIN LATERAL (SELECT m.nspname::text, r.relname::text, a.attname::text FROM pg_catalog.pg_depend e
			  JOIN pg_catalog.pg_class r ON r.oid = e.refobjid JOIN pg_catalog.pg_namespace m ON m.oid = r.relnamespace
			  JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid AND a.attnum = e.refobjsubid
			  WHERE e.classid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.objid = c.oid AND e.objsubid = 0
			   AND e.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass AND e.deptype IN ('a', 'i') LIMIT 1) o ON true
			WHERE c.relkind = 'S' AND pg_catalog.has_sequence_privilege(s.seqrelid, 'USAGE,SELECT,UPDATE')
			"""
			+ " AND " + CHOSEN_SCHEMA + " ORDER BY n.nspname, c.relname";

	/**
	 * The types of all arguments, those that are results included.
	 */
	private static final String ARGUMENT_TYPES = "COALESCE(p.proallargtypes, p.proargtypes::oid[])";

	private static final String FUNCTION_ROWS = """
			SELECT 'function' AS part, p.oid::bigint AS id, ARRAY[n.nspname::text, p.proname::text, p.prorettype::text,
			 p.proretset::text, p.pronargdefaults::text, d.description]
			 || ARRAY(SELECT u.field FROM pg_catalog.unnest(%s) WITH ORDINALITY AS g(type, position)
			  CROSS JOIN LATERAL (VALUES (1, COALESCE(p.proargmodes[g.position]::text, 'i')),
			   (2, p.proargnames[g.position]), (3, g.type::text),
			   (4, pg_catalog.format_type(g.type, NULL))) AS u(n, field) ORDER BY g.position, u.n) AS fields
			FROM fun JOIN pg_catalog.pg_proc p ON p.oid = fun.oid
			JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
			LEFT JOIN pg_catalog.pg_description d ON d.objoid = p.oid AND d.objsubid = 0
			 AND d.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass
			UNION ALL
			""".formatted(ARGUMENT_TYPES);

	/**
	 * The table-valued functions of the chosen schemas that the role may run.
	 */
	static final String ALL_FUNCTIONS = functions("pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n"
			+ " ON n.oid = p.pronamespace WHERE pg_catalog.has_function_privilege(p.oid, 'EXECUTE') AND "
			+ CHOSEN_SCHEMA);

	/**
	 * The table-valued functions of one name in the first schema that has any; {@code $1}
	 * and {@code $2} as for a table.
	 */
	static final String FUNCTIONS_BY_NAME = functions(
			"(SELECT f.oid, pg_catalog.rank() OVER (ORDER BY s.position) AS place" + " FROM " + SEARCHED
					+ " s JOIN pg_catalog.pg_proc f ON f.pronamespace = s.oid"
					+ " AND f.proname = $2::text::name) q JOIN pg_catalog.pg_proc p ON p.oid = q.oid WHERE q.place = 1");

	/**
	 * The same as {@link #CANDIDATES} for functions.
	 */
	static final String FUNCTION_CANDIDATES = "SELECT 'candidate' AS part, min(p.oid::bigint) AS id,"
			+ " ARRAY[n.nspname::text, p.proname::text, (s.oid IS NOT NULL)::text] AS fields"
			+ " FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace LEFT JOIN "
			+ SEARCHED
			+ " s ON s.oid = n.oid WHERE p.prokind = 'f' AND p.proretset AND n.nspname <> 'information_schema'"
			+ " AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
			+ " AND pg_catalog.abs(pg_catalog.char_length(p.proname::text) - pg_catalog.char_length($2::text)) <= 20"
			+ " GROUP BY n.nspname, p.proname, s.oid ORDER BY s.oid IS NULL, 2 LIMIT 10000";

	private CatalogSql() {
	}

	private static String tables(String relations) {
		return "WITH RECURSIVE rel(oid) AS MATERIALIZED (" + relations + "), "
				+ types("SELECT a.atttypid FROM rel JOIN pg_catalog.pg_attribute a ON a.attrelid = rel.oid"
						+ " AND a.attnum > 0 AND NOT a.attisdropped")
				+ TABLE_ROWS + TYPE_ROWS;
	}

	/**
	 * Return a query of functions by the condition on {@code p} and its schema {@code n},
	 * and of all types that they take and return.
	 */
	private static String functions(String from) {
		return "WITH RECURSIVE fun(oid) AS MATERIALIZED (SELECT p.oid FROM " + from
				+ " AND p.prokind = 'f' AND (p.proretset OR p.prorettype = 'pg_catalog.record'::pg_catalog.regtype"
				+ " OR EXISTS (SELECT FROM pg_catalog.pg_type r WHERE r.oid = p.prorettype AND r.typtype = 'c'))), "
				+ types("SELECT u.oid FROM fun JOIN pg_catalog.pg_proc p ON p.oid = fun.oid CROSS JOIN LATERAL"
						+ " (SELECT p.prorettype UNION ALL SELECT pg_catalog.unnest(" + ARGUMENT_TYPES + ")) AS u(oid)")
				+ FUNCTION_ROWS + TYPE_ROWS;
	}

	private static String matches(String schemas, String names) {
		return "EXISTS (SELECT FROM ROWS FROM (pg_catalog.unnest(" + schemas + "::text[]), pg_catalog.unnest(" + names
				+ "::text[])) AS p(s, o) WHERE n.nspname::text LIKE p.s AND c.relname::text LIKE p.o)";
	}

	private static String types(String start) {
		return TYPES.formatted(start);
	}

}
