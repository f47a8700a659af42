package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.ConstraintInfo.Check;
import io.trunkline.schema.ConstraintInfo.ForeignKey;
import io.trunkline.schema.ConstraintInfo.UniqueKey;
import io.trunkline.schema.TableInfo;
import io.trunkline.schema.TypeInfo;

/**
 * The statements that move bad rows from the staging table to the rejects, many at once.
 */
final class RejectSql {

	private static final String COLUMNS = "(line, column_name, reason, sql_state, raw)";

	private final StagingTable staging;

	RejectSql(StagingTable staging) {
		this.staging = staging;
	}

	private static String literal(String value) {
		return CopyOptions.literal(value);
	}

	private static String quote(String name) {
		return SqlIdentifiers.quote(name);
	}

	/**
	 * Move what was malformed in the source, and judge the rows that were left to the
	 * server. Versions that can ask whether a text is valid (16 on) convert all rows that
	 * are at once. The others, and what is not valid or of a type that cannot be asked,
	 * are judged each by the very assignment to the columns' types, which all versions
	 * have. The conversions of a row share one subtransaction, and nothing is written in
	 * it, so that it costs no transaction number. Without statistics the planner would
	 * not use the index of these rows.
	 * @param rowType a type with the columns as they are in the end
	 */
	String judge(String rowType) {
		List<StagedColumn> columns = this.staging.columns();
		StringBuilder conversions = new StringBuilder();
		List<String> assignments = new ArrayList<>(List.of(StagingTable.FIELDS + " = NULL"));
		List<String> casts = new ArrayList<>(assignments);
		StringBuilder valid = new StringBuilder();
		for (int i = 0; i < columns.size(); i++) {
			String column = columns.get(i).quoted();
			String field = "t." + StagingTable.FIELDS + "[" + (i + 1) + "]";
			casts.add(column + " = " + field + "::" + columns.get(i).stagingType());
			valid.append(" AND ").append(valid(columns.get(i), field));
			conversions.append("c := ").append(literal(columns.get(i).name())).append("; r.").append(column);
			conversions.append(" := s.").append(StagingTable.FIELDS).append('[').append(i + 1).append("];\n");
			assignments.add(column + " = r." + column);
		}
		String body = """
				DECLARE
				 s record;
				 r %1$s;
				 c text;
				 state text;
				 reason text;
				 seqscan text := pg_catalog.current_setting('enable_seqscan');
				BEGIN
				 PERFORM pg_catalog.set_config('enable_seqscan', 'off', true);
				 WITH m AS (DELETE FROM %2$s WHERE %3$s AND %4$s IS NOT NULL RETURNING *)
				  INSERT INTO %5$s %6$s SELECT m.%7$s, m.%4$s[2], m.%4$s[3], m.%4$s[1], m.%8$s FROM m;
				 IF pg_catalog.current_setting('server_version_num')::integer >= 160000 THEN
				  BEGIN
				   UPDATE %2$s AS t SET %9$s WHERE %3$s%10$s;
				  EXCEPTION WHEN data_exception OR integrity_constraint_violation OR feature_not_supported
				    OR syntax_error_or_access_rule_violation OR raise_exception THEN
				   NULL;
				  END;
				 END IF;
				 FOR s IN SELECT ctid, * FROM %2$s WHERE %3$s LOOP
				  state := NULL;
				  r := NULL;
				  BEGIN
				   %11$s
				  EXCEPTION WHEN OTHERS THEN
				   GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT;
				   IF pg_catalog.left(state, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN
				    RAISE;
				   END IF;
				  END;
				  IF state IS NULL THEN
				   UPDATE %2$s SET %12$s WHERE ctid = s.ctid;
				  ELSE
				   INSERT INTO %5$s %6$s VALUES (s.%7$s, c, reason, state, s.%8$s);
				   DELETE FROM %2$s WHERE ctid = s.ctid;
				  END IF;
				 END LOOP;
				 PERFORM pg_catalog.set_config('enable_seqscan', seqscan, true);
				END""".formatted(rowType, this.staging.quoted(), StagingTable.UNSETTLED, StagingTable.PROBLEM,
				this.staging.rejects(), COLUMNS, StagingTable.LINE, StagingTable.RAW, String.join(", ", casts), valid,
				conversions, String.join(", ", assignments));
		return "DO LANGUAGE plpgsql " + literal(body);
	}

	/**
	 * A domain may refuse nulls.
	 */
	private static String valid(StagedColumn column, String field) {
		String valid = "pg_catalog.pg_input_is_valid(" + field + ", " + literal(column.declaredType()) + ")";
		return (column.info().kind() == TypeInfo.Kind.DOMAIN) ? valid : "(" + field + " IS NULL OR " + valid + ")";
	}

	/**
	 * Move rows that a query finds.
	 * @param bad selects {@code id}, the place of a row, with {@code c}, {@code reason}
	 * and {@code state}
	 */
	private String move(String bad) {
		return "WITH b AS MATERIALIZED (" + bad + "), m AS (DELETE FROM " + this.staging.quoted()
				+ " AS s USING b WHERE s.ctid = b.id RETURNING s." + StagingTable.LINE + " AS line, s."
				+ StagingTable.RAW + " AS raw, b.c, b.reason, b.state) INSERT INTO " + this.staging.rejects() + " "
				+ COLUMNS + " SELECT m.line, m.c, m.reason, m.state, m.raw FROM m";
	}

	/**
	 * Move one row.
	 */
	String one() {
		return move("SELECT ctid AS id, $2::text AS c, $3::text AS reason, $4::text AS state FROM "
				+ this.staging.quoted() + " WHERE " + StagingTable.LINE + " = $1");
	}

	/**
	 * Return the statements that look for violations, each of which may be left out: the
	 * merge finds what they do not.
	 * @param plan the merge
	 */
	List<String> violations(MergePlan plan) {
		List<String> statements = new ArrayList<>();
		TableInfo target = plan.target();
		addRowChecks(target, statements);
		for (ForeignKey key : target.foreignKeys()) {
			if (key.columns().stream().allMatch(this.staging::has)) {
				statements.add(foreignKey(target, key));
			}
		}
		for (UniqueKey key : plan.violableKeys()) {
			if (plan.merge().kind() != Merge.Kind.REPLACE) {
				statements.add(unique(plan, key));
			}
			statements.add(isNoted(key) ? notedDuplicates(key) : duplicates(key));
		}
		return statements;
	}

	private boolean isNoted(UniqueKey key) {
		return MergePlan.isNotable(key) && this.staging.keys().contains(key.columns());
	}

	/**
	 * Return the statements that look for violations that {@link #violations} can have
	 * missed, as it took the client's notes for complete.
	 */
	List<String> otherDuplicates(MergePlan plan) {
		return plan.violableKeys().stream().filter(this::isNoted).map(this::duplicates).toList();
	}

	/**
	 * Nulls and CHECKs take one pass.
	 */
	private void addRowChecks(TableInfo target, List<String> statements) {
		List<String> conditions = new ArrayList<>();
		List<String> causes = new ArrayList<>();
		for (ColumnInfo column : target.columns()) {
			if (!column.nullable() && this.staging.has(column.name())) {
				conditions.add(quote(column.name()) + " IS NULL");
				causes.add(cause(causes.size(), literal(column.name()),
						StagedColumn.notNullViolation(column.name(), target.name()), "23502"));
			}
		}
		for (Check check : target.checks()) {
			if (!check.columns().isEmpty() && check.columns().stream().allMatch(this.staging::has)) {
				conditions.add("NOT (" + check.expression() + ")");
				String column = (check.columns().size() == 1) ? literal(check.columns().get(0)) : "NULL";
				causes.add(cause(causes.size(), column, "new row for relation \"" + target.name()
						+ "\" violates check constraint \"" + check.name() + '"', "23514"));
			}
		}
		if (conditions.isEmpty()) {
			return;
		}
		StringBuilder number = new StringBuilder("CASE");
		for (int i = 0; i < conditions.size(); i++) {
			number.append(" WHEN ").append(conditions.get(i)).append(" THEN ").append(i);
		}
		number.append(" END");
		statements.add(move("SELECT x.id, v.c::text AS c, v.reason, v.state FROM (SELECT ctid AS id, " + number
				+ " AS n FROM " + this.staging.quoted() + " OFFSET 0) AS x JOIN (VALUES " + String.join(", ", causes)
				+ ") AS v(n, c, reason, state) ON v.n = x.n WHERE x.n IS NOT NULL"));
	}

	private static String cause(int number, String column, String reason, String state) {
		return "(" + number + ", " + column + ", " + literal(reason) + ", '" + state + "')";
	}

	private String foreignKey(TableInfo target, ForeignKey key) {
		List<String> equal = new ArrayList<>();
		for (int i = 0; i < key.columns().size(); i++) {
			equal.add("r." + quote(key.referencedColumns().get(i)) + " = s." + quote(key.columns().get(i)));
		}
		String notNull = key.columns()
			.stream()
			.map((name) -> "s." + quote(name) + " IS NOT NULL")
			.collect(Collectors.joining(" AND "));
		String missing = notNull + " AND NOT EXISTS (SELECT FROM " + key.referencedTable().quoted() + " AS r WHERE "
				+ String.join(" AND ", equal) + ")";
		boolean toItself = key.referencedTable().equals(target.tableName());
		if (toItself && key.referencedColumns().stream().allMatch(this.staging::has)) {
			missing += " AND NOT EXISTS (SELECT FROM " + this.staging.quoted() + " AS r WHERE "
					+ String.join(" AND ", equal) + ")";
		}
		if (key.matchFull()) {
			String isNull = key.columns()
				.stream()
				.map((name) -> "s." + quote(name) + " IS NULL")
				.collect(Collectors.joining(" AND "));
			missing = "(" + missing + ") OR NOT (" + notNull + ") AND NOT (" + isNull + ")";
		}
		return move("SELECT s.ctid AS id, " + column(key.columns()) + " AS c, "
				+ literal("insert or update on table \"" + target.name() + "\" violates foreign key constraint \""
						+ key.name() + '"')
				+ " AS reason, '23503' AS state FROM " + this.staging.quoted() + " AS s WHERE " + missing);
	}

	private static String column(List<String> columns) {
		return ((columns.size() == 1) ? literal(columns.get(0)) : "NULL") + "::text";
	}

	private static List<String> expressions(UniqueKey key) {
		List<String> expressions = new ArrayList<>();
		key.columns().forEach((column) -> expressions.add(quote(column)));
		key.expressions().forEach((expression) -> expressions.add("(" + expression + ")"));
		return expressions;
	}

	private static String parts(UniqueKey key) {
		StringBuilder parts = new StringBuilder();
		List<String> expressions = expressions(key);
		for (int i = 0; i < expressions.size(); i++) {
			parts.append(", ").append(expressions.get(i)).append(" AS k").append(i);
		}
		return parts.toString();
	}

	private static String where(UniqueKey key) {
		return (key.predicate() != null) ? " WHERE " + key.predicate() : "";
	}

	private static String same(UniqueKey key, String left, String right) {
		List<String> equal = new ArrayList<>();
		for (int i = 0; i < expressions(key).size(); i++) {
			equal.add(left + ".k" + i + (key.nullsNotDistinct() ? " IS NOT DISTINCT FROM " : " = ") + right + ".k" + i);
		}
		return String.join(" AND ", equal);
	}

	private static String violated(UniqueKey key) {
		return "duplicate key value violates unique constraint \"" + key.name() + '"';
	}

	/**
	 * Find the rows that the table has already. In an update those with the same key of
	 * the merge are the very rows.
	 */
	private String unique(MergePlan plan, UniqueKey key) {
		boolean inserting = plan.isInserting();
		StringBuilder keys = new StringBuilder();
		List<String> equal = new ArrayList<>();
		for (int i = 0; !inserting && i < plan.key().size(); i++) {
			keys.append(", ").append(quote(plan.key().get(i))).append(" AS m").append(i);
			equal.add("t.m" + i + " IS NOT DISTINCT FROM s.m" + i);
		}
		String other = inserting ? "" : " AND NOT (" + String.join(" AND ", equal) + ")";
		return move("SELECT s.id, " + column(key.columns()) + " AS c, " + literal(violated(key))
				+ " AS reason, '23505' AS state FROM (SELECT ctid AS id" + keys + parts(key) + " FROM "
				+ this.staging.quoted() + where(key) + ") AS s WHERE EXISTS (SELECT FROM (SELECT 1 AS one" + keys
				+ parts(key) + " FROM " + plan.target().quotedName() + where(key) + ") AS t WHERE "
				+ same(key, "t", "s") + other + ")");
	}

	/**
	 * Find the rows whose key an earlier one of the source has, among those that the
	 * client has noted.
	 */
	private String notedDuplicates(UniqueKey key) {
		String columns = CopyTable.columnList(key.columns());
		String noted = " FROM " + this.staging.quoted() + " WHERE " + StagingTable.REPEATED + " = 1";
		return move("SELECT n.ctid AS id, " + column(key.columns()) + " AS c, " + literal(violated(key) + "; line ")
				+ " || k.kept || ' has it as well' AS reason, '23505' AS state FROM (SELECT " + columns + ", min("
				+ StagingTable.LINE + ") AS kept FROM " + this.staging.quoted() + " WHERE (" + columns + ") IN (SELECT "
				+ columns + noted + ") GROUP BY " + columns + ") AS k JOIN (SELECT ctid, *" + noted + ") AS n ON "
				+ StagingTable.equal("n", "k", key.columns()) + " AND n." + StagingTable.LINE + " > k.kept");
	}

	/**
	 * Find the rows whose key an earlier one of the source has.
	 */
	private String duplicates(UniqueKey key) {
		int count = expressions(key).size();
		String names = IntStream.range(0, count).mapToObj((i) -> "k" + i).collect(Collectors.joining(", "));
		String notNull = IntStream.range(0, count)
			.mapToObj((i) -> "k" + i + " IS NOT NULL")
			.collect(Collectors.joining(" AND ", " WHERE ", ""));
		return move("SELECT s.id, " + column(key.columns()) + " AS c, " + literal(violated(key) + "; line ")
				+ " || s.kept || ' has it as well' AS reason, '23505' AS state FROM (SELECT id, lag(line) OVER"
				+ " (PARTITION BY " + names + " ORDER BY line) AS kept FROM (SELECT ctid AS id, " + StagingTable.LINE
				+ " AS line" + parts(key) + " FROM " + this.staging.quoted() + where(key) + ") AS x"
				+ (key.nullsNotDistinct() ? "" : notNull) + ") AS s WHERE s.kept IS NOT NULL");
	}

	/**
	 * Move the rows that a merge cannot take as others have their key.
	 */
	String duplicateKeys(MergeSql merge, List<String> key) {
		return move("SELECT d.id, " + column(key)
				+ " AS c, 'duplicate key in the source; line ' || d.kept || ' has it as well' AS reason,"
				+ " '23505' AS state FROM (" + merge.duplicates() + ") AS d");
	}

	/**
	 * Select the lines of rejects without their text behind one.
	 */
	String withoutRaw(int limit) {
		return "SELECT line FROM " + this.staging.rejects() + " WHERE raw IS NULL AND line > $1 ORDER BY line LIMIT "
				+ limit;
	}

	String createRaw() {
		return "CREATE TEMPORARY TABLE trunkline_raw (line bigint, raw text) ON COMMIT DROP";
	}

	String copyRaw() {
		return "COPY pg_temp.trunkline_raw (line, raw) FROM STDIN";
	}

	String addRaw() {
		return "UPDATE " + this.staging.rejects() + " AS r SET raw = x.raw FROM pg_temp.trunkline_raw AS x"
				+ " WHERE x.line = r.line AND r.raw IS NULL; DROP TABLE pg_temp.trunkline_raw";
	}

	String list(int limit) {
		return "SELECT line, column_name, reason, sql_state, raw FROM " + this.staging.rejects()
				+ " ORDER BY line LIMIT " + limit;
	}

	String copyOut() {
		return "COPY (SELECT line, column_name, reason, sql_state, raw FROM " + this.staging.rejects()
				+ " ORDER BY line) TO STDOUT (FORMAT csv, HEADER)";
	}

	String createTable(String quotedName) {
		return "CREATE TABLE " + quotedName + " (line bigint, column_name text, reason text, sql_state text, raw text)";
	}

	String store(String quotedName) {
		return "INSERT INTO " + quotedName + " " + COLUMNS + " SELECT line, column_name, reason, sql_state, raw FROM "
				+ this.staging.rejects() + " ORDER BY line";
	}

}
