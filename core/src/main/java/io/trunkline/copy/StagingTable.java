package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.TableName;

/**
 * The temporary tables of one load: one for its rows and one for its rejects. Besides the
 * columns of the source a row has its line, the raw line where it may be rejected later,
 * and one of two arrays in place of values: the fields that the server has to judge, or
 * SQLSTATE, column and reason of what is rejected already.
 *
 * @param name the name of the first
 * @param columns the columns of the source
 * @param keys the keys for which it is noted whether an earlier row may have the same
 */
record StagingTable(String name, List<StagedColumn> columns, List<List<String>> keys) {

	static final String DEFAULT_NAME = "trunkline_staging";

	static final String LINE = "trunkline_line";

	static final String RAW = "trunkline_raw";

	static final String FIELDS = "trunkline_fields";

	static final String PROBLEM = "trunkline_problem";

	/**
	 * Finds the rows that are not typed yet. There is an index for this very condition.
	 */
	static final String UNSETTLED = "(" + FIELDS + " IS NOT NULL OR " + PROBLEM + " IS NOT NULL)";

	/** 1 for rows that may be duplicates: of a number the planner expects few to be. */
	static final String REPEATED = "trunkline_repeated";

	private static final List<String> EXTRA_COLUMNS = List.of(LINE, RAW, FIELDS, PROBLEM);

	/** The columns before those of the source, where repeated rows are noted. */
	static final List<String> NOTED_COLUMNS = Stream.concat(EXTRA_COLUMNS.stream(), Stream.of(REPEATED)).toList();

	StagingTable {
		columns = List.copyOf(columns);
		keys = List.copyOf(keys);
	}

	StagingTable withColumns(List<StagedColumn> columns) {
		return new StagingTable(this.name, columns, this.keys);
	}

	/**
	 * Return the table with only some of its columns.
	 */
	StagingTable only(List<String> names) {
		return withColumns(this.columns.stream().filter((column) -> names.contains(column.name())).toList());
	}

	String quoted() {
		return SqlIdentifiers.quoteQualified("pg_temp", this.name);
	}

	/**
	 * Return the name that the catalogue finds it by.
	 */
	String catalogName() {
		return new TableName("pg_temp", this.name).toString();
	}

	String rejects() {
		return SqlIdentifiers.quoteQualified("pg_temp", "trunkline_rejects");
	}

	/**
	 * Return the columns of the source as a list.
	 */
	String columnList() {
		return columnList("");
	}

	String columnList(String prefix) {
		return this.columns.stream().map((column) -> prefix + column.quoted()).collect(Collectors.joining(", "));
	}

	boolean has(String column) {
		return this.columns.stream().anyMatch((candidate) -> candidate.name().equals(column));
	}

	String create() {
		List<String> definitions = new ArrayList<>(List.of(LINE + " bigint DEFAULT 0", RAW + " text",
				FIELDS + " text[]", PROBLEM + " text[]", REPEATED + " smallint"));
		this.columns
			.forEach((column) -> definitions.add(column.quoted() + " " + column.stagingType() + column.collation()));
		return "CREATE TEMPORARY TABLE " + SqlIdentifiers.quote(this.name) + " (" + String.join(", ", definitions)
				+ ") ON COMMIT DROP; CREATE INDEX ON " + quoted() + " (" + LINE + ") WHERE " + UNSETTLED
				+ "; CREATE TEMPORARY TABLE trunkline_rejects"
				+ " (line bigint, column_name text, reason text, sql_state text, raw text) ON COMMIT DROP";
	}

	String drop() {
		return "DROP TABLE " + quoted() + ", " + rejects();
	}

	/**
	 * Copy rows as they are in the source.
	 */
	String copy(CopyFormat format) {
		return copy("", format);
	}

	/**
	 * Copy rows that have their line, its text, and what is wrong before the columns of
	 * the source.
	 */
	String copyNumbered(CopyFormat format) {
		return copy(String.join(", ", EXTRA_COLUMNS) + ", ", format);
	}

	/**
	 * Copy rows that begin so, and with whether they are repeated.
	 */
	String copyNoted(CopyFormat format) {
		return copy(String.join(", ", NOTED_COLUMNS) + ", ", format);
	}

	private String copy(String extraColumns, CopyFormat format) {
		return "COPY " + quoted() + " (" + extraColumns + columnList() + ") FROM STDIN " + format.toSql();
	}

	/**
	 * Compare columns of two rows.
	 */
	static String equal(String left, String right, List<String> columns) {
		return columns.stream()
			.map(SqlIdentifiers::quote)
			.map((column) -> left + "." + column + " = " + right + "." + column)
			.collect(Collectors.joining(" AND "));
	}

	/**
	 * Take the extra columns away, for statements of the application's own.
	 */
	String dropExtraColumns() {
		return "ALTER TABLE " + quoted()
				+ NOTED_COLUMNS.stream().map((column) -> " DROP COLUMN " + column).collect(Collectors.joining(","));
	}

}
