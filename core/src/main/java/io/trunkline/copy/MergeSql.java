package io.trunkline.copy;

import java.util.List;
import java.util.stream.Collectors;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.ConstraintInfo.UniqueKey;
import io.trunkline.schema.TableInfo.Kind;

/**
 * The statements that bring staged rows into a table. MERGE is none of them: PostgreSQL
 * 14 does not have it, and it takes no care of concurrent inserts.
 */
final class MergeSql {

	/** No column of a key is called so. */
	private static final String KEPT = "trunkline_kept";

	private final MergePlan plan;

	private final StagingTable staging;

	MergeSql(MergePlan plan, StagingTable staging) {
		this.plan = plan;
		this.staging = staging;
	}

	private String target() {
		return this.plan.target().quotedName();
	}

	private static String quote(String name) {
		return SqlIdentifiers.quote(name, "columns");
	}

	private static String list(List<String> names) {
		return CopyTable.columnList(names);
	}

	private static String list(String prefix, List<String> names) {
		return names.stream().map((name) -> prefix + quote(name)).collect(Collectors.joining(", "));
	}

	/**
	 * Compare the keys of two relations.
	 */
	private String sameKey(String left, String right) {
		return this.plan.key()
			.stream()
			.map((name) -> left + "." + quote(name) + (this.plan.equatesNulls(name) ? " IS NOT DISTINCT FROM " : " = ")
					+ right + "." + quote(name))
			.collect(Collectors.joining(" AND "));
	}

	/**
	 * Compare stored values, which every type allows, unlike equality.
	 */
	private String changed(String source) {
		if (this.plan.merge().isAlways()) {
			return "";
		}
		List<String> columns = this.plan.updatedColumns();
		return "ROW(" + list("t.", columns) + ")::pg_catalog.record OPERATOR(pg_catalog.*<>) ROW("
				+ list(source + ".", columns) + ")::pg_catalog.record";
	}

	private String insertFromStaging() {
		return "INSERT INTO " + target() + " AS t (" + list(this.plan.columns()) + ")"
				+ (this.plan.overridesIdentity() ? " OVERRIDING SYSTEM VALUE" : "") + " SELECT "
				+ list("s.", this.plan.columns()) + " FROM " + this.staging.quoted() + " AS s";
	}

	String insert(LineRange lines) {
		return insertFromStaging() + lines.where();
	}

	/**
	 * Insert in the order of the key, so that two merges of the same keys wait for one
	 * another instead of ending in a deadlock. Where the source has another order the
	 * index fills faster, too.
	 */
	private String insertInOrder(LineRange lines) {
		List<String> key = this.plan.key();
		UniqueKey primary = this.plan.target().primaryKey();
		if (key.isEmpty() && primary != null && this.plan.columns().containsAll(primary.columns())) {
			key = primary.columns();
		}
		return insert(lines) + (key.isEmpty() ? "" : " ORDER BY " + list("s.", key));
	}

	String insertIgnoring(LineRange lines) {
		return insertInOrder(lines) + " ON CONFLICT"
				+ (this.plan.key().isEmpty() ? "" : " (" + list(this.plan.key()) + ")") + " DO NOTHING";
	}

	/**
	 * Insert what is not there, where no constraint tells.
	 */
	String insertMissing(LineRange lines) {
		return insertFromStaging() + " WHERE NOT EXISTS (SELECT FROM " + target() + " AS x WHERE " + sameKey("x", "s")
				+ ")" + lines.and();
	}

	String upsert(LineRange lines) {
		String changed = changed("excluded");
		String assignments = this.plan.updatedColumns()
			.stream()
			.map((name) -> quote(name) + " = excluded." + quote(name))
			.collect(Collectors.joining(", "));
		return insertInOrder(lines) + " ON CONFLICT (" + list(this.plan.key()) + ") DO UPDATE SET " + assignments
				+ (changed.isEmpty() ? "" : " WHERE " + changed);
	}

	/**
	 * Whether rows tell if they were inserted or updated. The rows of a partitioned table
	 * do not show their system columns.
	 */
	boolean canTellInserted() {
		return this.plan.target().kind() == Kind.TABLE;
	}

	/**
	 * Count the inserted and the updated rows of an upsert: a new row has no locker.
	 */
	String counted(String upsert) {
		return "WITH m AS (" + upsert + " RETURNING (t.xmax = 0) AS inserted) SELECT"
				+ " count(*) FILTER (WHERE m.inserted), count(*) FILTER (WHERE NOT m.inserted) FROM m";
	}

	/**
	 * Count the staged rows that are not there.
	 */
	String countMissing(LineRange lines) {
		return "SELECT count(*) FROM " + this.staging.quoted() + " AS s WHERE NOT EXISTS (SELECT FROM " + target()
				+ " AS x WHERE " + sameKey("x", "s") + ")" + lines.and();
	}

	String update(LineRange lines) {
		String changed = changed("s");
		String assignments = this.plan.updatedColumns()
			.stream()
			.map((name) -> quote(name) + " = s." + quote(name))
			.collect(Collectors.joining(", "));
		return "UPDATE " + target() + " AS t SET " + assignments + " FROM " + this.staging.quoted() + " AS s WHERE "
				+ sameKey("t", "s") + (changed.isEmpty() ? "" : " AND " + changed) + lines.and();
	}

	String deleteAll() {
		return "DELETE FROM " + target();
	}

	String deleteMissing() {
		return "DELETE FROM " + target() + " AS t WHERE NOT EXISTS (SELECT FROM " + this.staging.quoted()
				+ " AS s WHERE " + sameKey("t", "s") + ")";
	}

	/**
	 * Select the rows to drop as others have their key: {@code id}, and the line that
	 * stays.
	 */
	String duplicates() {
		String extreme = (this.plan.duplicateKeys() == DuplicateKeys.LAST) ? "max" : "min";
		String notNull = this.plan.key()
			.stream()
			.filter((name) -> !this.plan.equatesNulls(name))
			.map((name) -> quote(name) + " IS NOT NULL")
			.collect(Collectors.joining(" AND "));
		return "SELECT s.ctid AS id, s." + StagingTable.LINE + " AS line, d." + KEPT + " AS kept FROM "
				+ this.staging.quoted() + " AS s JOIN (SELECT " + list(this.plan.key()) + ", " + extreme + "("
				+ StagingTable.LINE + ") AS " + KEPT + " FROM " + this.staging.quoted()
				+ (notNull.isEmpty() ? "" : " WHERE " + notNull) + " GROUP BY " + list(this.plan.key())
				+ " HAVING count(*) > 1) AS d ON " + sameKey("s", "d") + " AND s." + StagingTable.LINE + " <> d."
				+ KEPT;
	}

	String dropDuplicates() {
		return "WITH b AS MATERIALIZED (" + duplicates() + ") DELETE FROM " + this.staging.quoted()
				+ " AS s USING b WHERE s.ctid = b.id";
	}

	String firstDuplicate() {
		return "SELECT d.line, d.kept FROM (" + duplicates() + ") AS d ORDER BY d.line LIMIT 1";
	}

}
