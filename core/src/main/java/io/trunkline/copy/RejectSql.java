package io.trunkline.copy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.stream.Collectors;

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
		return CopyFormat.literal(value);
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
	 * it, so that it costs no transaction number.
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
				BEGIN
				 IF pg_catalog.current_setting('server_version_num')::integer >= 160000 THEN
				  BEGIN
				   UPDATE %2$s AS t SET %11$s WHERE t.%3$s IS NOT NULL AND t.%4$s IS NULL%12$s;
				  EXCEPTION WHEN data_exception OR integrity_constraint_violation OR feature_not_supported
				    OR syntax_error_or_access_rule_violation OR raise_exception THEN
				   NULL;
				  END;
				 END IF;
				 FOR s IN SELECT ctid, * FROM %2$s WHERE %3$s IS NOT NULL OR %4$s IS NOT NULL LOOP
				  IF s.%4$s IS NOT NULL THEN
				   state := s.%4$s[1];
				   c := s.%4$s[2];
				   reason := s.%4$s[3];
				  ELSE
				   state := NULL;
				   r := NULL;
				   BEGIN
				    %5$s
				   EXCEPTION WHEN OTHERS THEN
				    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, reason = MESSAGE_TEXT;
				    IF pg_catalog.left(state, 2) IN ('40', '53', '54', '55', '57', '58', 'XX') THEN
				     RAISE;
				    END IF;
				   END;
				  END IF;
				  IF state IS NULL THEN
				   UPDATE %2$s SET %6$s WHERE ctid = s.ctid;
				  ELSE
				   INSERT INTO %7$s %8$s VALUES (s.%9$s, c, reason, state, s.%10$s);
				   DELETE FROM %2$s WHERE ctid = s.ctid;
				  END IF;
				 END LOOP;
				END""".formatted(rowType, this.staging.quoted(), StagingTable.FIELDS, StagingTable.PROBLEM, conversions,
				String.join(", ", assignments), this.staging.rejects(), COLUMNS, StagingTable.LINE, StagingTable.RAW,
				String.join(", ", casts), valid);
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
		boolean inserting = plan.merge().kind() == Merge.Kind.INSERT || plan.merge().kind() == Merge.Kind.REPLACE;
		for (UniqueKey key : target.uniqueKeys()) {
			if (mayViolate(plan, key, inserting)) {
				if (plan.merge().kind() != Merge.Kind.REPLACE) {
					statements.add(unique(plan, key, inserting));
				}
				statements.add(duplicates(key));
			}
		}
		return statements;
	}

	private boolean mayViolate(MergePlan plan, UniqueKey key, boolean inserting) {
		if (!key.valid() || key.withoutOverlaps() || !key.columns().stream().allMatch(this.staging::has)) {
			return false;
		}
		return inserting || (!plan.key().isEmpty()
				&& !(key.expressions().isEmpty() && new HashSet<>(key.columns()).equals(new HashSet<>(plan.key()))));
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
	private String unique(MergePlan plan, UniqueKey key, boolean inserting) {
		String other = "";
		String keys = "";
		if (!inserting) {
			keys = ", " + CopyTable.columnList(plan.key());
			other = " AND NOT (" + plan.key()
				.stream()
				.map((name) -> "t." + quote(name) + " IS NOT DISTINCT FROM s." + quote(name))
				.collect(Collectors.joining(" AND ")) + ")";
		}
		return move("SELECT s.id, " + column(key.columns()) + " AS c, " + literal(violated(key))
				+ " AS reason, '23505' AS state FROM (SELECT ctid AS id" + keys + parts(key) + " FROM "
				+ this.staging.quoted() + where(key) + ") AS s WHERE EXISTS (SELECT FROM (SELECT 1 AS one" + keys
				+ parts(key) + " FROM " + plan.target().quotedName() + where(key) + ") AS t WHERE "
				+ same(key, "t", "s") + other + ")");
	}

	/**
	 * Find the rows whose key an earlier one of the source has. Sorted, as sources mostly
	 * are already.
	 */
	private String duplicates(UniqueKey key) {
		StringBuilder names = new StringBuilder();
		StringBuilder previous = new StringBuilder();
		List<String> same = new ArrayList<>();
		for (int i = 0; i < expressions(key).size(); i++) {
			names.append('k').append(i).append(", ");
			previous.append(", k").append(i).append(", lag(k").append(i).append(") OVER w AS p").append(i);
			same.add("s.k" + i + (key.nullsNotDistinct() ? " IS NOT DISTINCT FROM " : " = ") + "s.p" + i);
		}
		return move("SELECT s.id, " + column(key.columns()) + " AS c, " + literal(violated(key) + "; line ")
				+ " || s.kept || ' has it as well' AS reason, '23505' AS state FROM (SELECT id, lag(line) OVER w AS kept"
				+ previous + " FROM (SELECT ctid AS id, " + StagingTable.LINE + " AS line" + parts(key) + " FROM "
				+ this.staging.quoted() + where(key) + ") AS x WINDOW w AS (ORDER BY " + names
				+ "line)) AS s WHERE s.kept IS NOT NULL AND " + String.join(" AND ", same));
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
