package io.trunkline.table;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.trunkline.copy.DuplicateKeys;
import io.trunkline.schema.ColumnInfo.Identity;
import io.trunkline.schema.TableInfo.Kind;
import io.trunkline.table.RowShapes.Shape;
import org.jspecify.annotations.Nullable;

/**
 * The statements of inserts and upserts.
 */
final class InsertSql {

	private static final String INSERTED = "trunkline_inserted";

	private static final String ROW = RowStaging.ROW;

	private final TableColumns table;

	private final WritePlan plan;

	private final Conflict conflict;

	/** What is returned of each row, {@code null} for its count only. */
	private final @Nullable RowMaps returned;

	InsertSql(TableColumns table, WritePlan plan, @Nullable RowMaps returned) {
		this.table = table;
		this.plan = plan;
		this.conflict = Conflict.of(plan, table);
		this.returned = returned;
	}

	Conflict conflict() {
		return this.conflict;
	}

	/**
	 * Whether rows tell if they were inserted. Those of a partitioned table or a view do
	 * not show their system columns.
	 */
	private boolean isTellingInserted() {
		return this.table.info().kind() == Kind.TABLE;
	}

	/**
	 * Whether a statement returns rows, be it one with the counts, and not just a number.
	 */
	boolean isReturning() {
		return this.returned != null || this.plan.isUpdating();
	}

	/**
	 * Whether one row can be inserted by its values alone.
	 */
	boolean takesValues() {
		return !this.plan.isUpdating() || isTellingInserted();
	}

	/**
	 * Return the statement that inserts one row.
	 */
	SqlStatement values(Shape shape, Map<String, ?> row) {
		SqlStatement sql = new SqlStatement();
		head(sql, shape);
		if (shape.columns().isEmpty()) {
			sql.append(" DEFAULT VALUES");
		}
		else {
			String separator = " VALUES (";
			for (TableColumn column : shape.columns()) {
				sql.append(separator).value(column, row.get(column.name()));
				separator = ", ";
			}
			sql.append(")");
		}
		onConflict(sql, shape);
		return tail(sql);
	}

	private SqlStatement tail(SqlStatement sql) {
		String columns = (this.returned != null) ? this.returned.selected("t.") : "";
		String flag = this.plan.isUpdating() ? flag() : "";
		String returning = columns + ((columns.isEmpty() || flag.isEmpty()) ? "" : ", ") + flag;
		return returning.isEmpty() ? sql : sql.append(" RETURNING ").append(returning);
	}

	/**
	 * A new row has no locker. Where that is not to be seen, it is only asked of rows
	 * without a key, which are all new.
	 */
	private String flag() {
		return (isTellingInserted() ? "(t.xmax = 0)" : "TRUE") + " AS " + INSERTED;
	}

	private void head(SqlStatement sql, Shape shape) {
		sql.append("INSERT INTO ").append(this.table.quotedName()).append(" AS t");
		if (!shape.columns().isEmpty()) {
			sql.append(" (").append(Conflict.list(shape.columns())).append(")");
		}
		if (shape.overridesIdentity()) {
			sql.append(" OVERRIDING SYSTEM VALUE");
		}
	}

	private void onConflict(SqlStatement sql, Shape shape) {
		if (this.plan.kind() == WritePlan.Kind.INSERT) {
			return;
		}
		List<TableColumn> updated = updated(shape);
		sql.append(" ON CONFLICT ").append(this.conflict.target());
		if (updated.isEmpty()) {
			sql.append(" DO NOTHING");
			return;
		}
		sql.append(" DO UPDATE SET ")
			.append(updated.stream()
				.map((column) -> column.quoted() + " = excluded." + column.quoted())
				.collect(Collectors.joining(", ")));
	}

	private List<TableColumn> updated(Shape shape) {
		if (!this.plan.isUpdating()) {
			return List.of();
		}
		List<TableColumn> named = this.plan.updated().isEmpty() ? List.of() : this.table.columns(this.plan.updated());
		return shape.columns()
			.stream()
			.filter((column) -> named.isEmpty() ? !this.conflict.key().contains(column) : named.contains(column))
			.filter((column) -> column.info().identity() != Identity.ALWAYS)
			.toList();
	}

	/**
	 * Return the statement that inserts rows of one shape by one array for each column.
	 */
	SqlStatement arrays(Shape shape, List<Map<String, ?>> rows) {
		return select(shape, (sql) -> {
			List<TableColumn> columns = shape.columns();
			String separator = "SELECT ";
			for (int i = 0; i < columns.size(); i++) {
				sql.append(separator)
					.append("u.c" + i + columns.get(i).cast())
					.append(" AS ")
					.append(columns.get(i).quoted());
				separator = ", ";
			}
			sql.append(", u.").append(ROW);
			separator = " FROM ROWS FROM (";
			for (TableColumn column : columns) {
				sql.append(separator).append("pg_catalog.unnest(").texts(texts(column, rows)).append(")");
				separator = ", ";
			}
			sql.append(") WITH ORDINALITY AS u (");
			for (int i = 0; i < columns.size(); i++) {
				sql.append("c" + i + ", ");
			}
			sql.append(ROW).append(")");
		}, "");
	}

	private static @Nullable String[] texts(TableColumn column, List<Map<String, ?>> rows) {
		@Nullable String[] texts = new String[rows.size()];
		for (int i = 0; i < texts.length; i++) {
			Object value = rows.get(i).get(column.name());
			texts[i] = (value != null) ? column.codec().toText(value) : null;
		}
		return texts;
	}

	/**
	 * Return the statement that inserts the rows of one shape out of a staging table.
	 */
	SqlStatement staged(Shape shape, RowStaging staging, boolean onlyShape) {
		return select(shape, (sql) -> sql.append("SELECT * FROM ").append(staging.quoted()),
				onlyShape ? "" : RowStaging.SHAPE + " = " + shape.number());
	}

	/**
	 * Put a statement around what selects the rows.
	 * @param condition chooses among them, after those of equal keys were dropped
	 */
	private SqlStatement select(Shape shape, Consumer<SqlStatement> rows, String condition) {
		SqlStatement sql = new SqlStatement();
		boolean counting = this.plan.isUpdating() && this.returned == null;
		if (this.plan.isUpdating() && !isTellingInserted() && this.conflict.hasKeyIn(shape.columns())) {
			compared(sql, shape, () -> source(sql, rows, condition, shape));
			return counting ? sql.append(counts("f"))
					: sql.append("SELECT ")
						.append((this.returned != null) ? this.returned.aliases("f.") : "")
						.append(", f.")
						.append(INSERTED)
						.append(" FROM f");
		}
		sql.append(counting ? "WITH m AS (" : "");
		insert(sql, shape, () -> source(sql, rows, condition, shape));
		tail(sql);
		return counting ? sql.append(") ").append(counts("m")) : sql;
	}

	/**
	 * Insert, and tell new rows by what was there before, which the one statement sees as
	 * it was.
	 */
	private void compared(SqlStatement sql, Shape shape, Runnable source) {
		sql.append("WITH s AS MATERIALIZED (");
		source.run();
		sql.append("), e AS MATERIALIZED (SELECT ")
			.append(keys("x."))
			.append(" FROM ")
			.append(this.table.quotedName())
			.append(" AS x WHERE EXISTS (SELECT FROM s WHERE ")
			.append(this.conflict.sameKey("s.", "x."))
			.append(")), m AS (");
		insert(sql, shape, () -> sql.append("SELECT * FROM s"));
		sql.append(" RETURNING ")
			.append((this.returned != null) ? this.returned.selected("t.") + ", " : "")
			.append(keys("t."))
			.append("), f AS (SELECT m.*, NOT EXISTS (SELECT FROM e WHERE ")
			.append(keyNumbers("e.", "m."))
			.append(") AS ")
			.append(INSERTED)
			.append(" FROM m) ");
	}

	private static String counts(String rows) {
		return "SELECT count(*) FILTER (WHERE " + INSERTED + "), count(*) FILTER (WHERE NOT " + INSERTED + ") FROM "
				+ rows;
	}

	private String keys(String alias) {
		StringBuilder keys = new StringBuilder();
		for (int i = 0; i < this.conflict.key().size(); i++) {
			keys.append((i > 0) ? ", " : "").append(alias).append(this.conflict.key().get(i).quoted());
			keys.append(" AS k").append(i);
		}
		return keys.toString();
	}

	private String keyNumbers(String left, String right) {
		return IntStream.range(0, this.conflict.key().size())
			.mapToObj((i) -> left + "k" + i + (this.conflict.equatesNulls() ? " IS NOT DISTINCT FROM " : " = ") + right
					+ "k" + i)
			.collect(Collectors.joining(" AND "));
	}

	private void insert(SqlStatement sql, Shape shape, Runnable source) {
		head(sql, shape);
		sql.append(" SELECT ")
			.append(shape.columns().stream().map((column) -> "s." + column.quoted()).collect(Collectors.joining(", ")))
			.append(" FROM (");
		source.run();
		sql.append(") AS s");
		if (this.plan.isDroppingDuplicates()) {
			sql.append(" ORDER BY s.").append(ROW);
		}
		onConflict(sql, shape);
	}

	/**
	 * Append the rows, without those of equal keys where that is asked for.
	 */
	private void source(SqlStatement sql, Consumer<SqlStatement> rows, String condition, Shape shape) {
		boolean dropping = this.plan.isDroppingDuplicates()
				&& (!condition.isEmpty() || this.conflict.hasKeyIn(shape.columns()));
		if (!dropping) {
			rows.accept(sql);
			sql.append(condition.isEmpty() ? "" : " WHERE " + condition);
			return;
		}
		sql.append("SELECT * FROM (SELECT x.*, pg_catalog.row_number() OVER (PARTITION BY ")
			.append(this.conflict.key()
				.stream()
				.map((column) -> "x." + column.quoted())
				.collect(Collectors.joining(", ")))
			.append(", CASE WHEN ")
			.append(this.conflict.comparable("x."))
			.append(" THEN 0 ELSE x." + ROW + " END ORDER BY x." + ROW)
			.append((this.plan.duplicateKeys() == DuplicateKeys.LAST) ? " DESC" : "")
			.append(") AS trunkline_rank FROM (");
		rows.accept(sql);
		sql.append(") AS x) AS y WHERE y.trunkline_rank = 1").append(condition.isEmpty() ? "" : " AND y." + condition);
	}

	/**
	 * Return the query for rows of equal keys in a staging table.
	 */
	SqlStatement duplicates(RowStaging staging) {
		return new SqlStatement().append("SELECT min(s." + ROW + "), max(s." + ROW + ") FROM ")
			.append(staging.quoted())
			.append(" AS s WHERE ")
			.append(this.conflict.comparable("s."))
			.append(" GROUP BY ")
			.append(this.conflict.key()
				.stream()
				.map((column) -> "s." + column.quoted())
				.collect(Collectors.joining(", ")))
			.append(" HAVING count(*) > 1 ORDER BY 1 LIMIT 1");
	}

}
