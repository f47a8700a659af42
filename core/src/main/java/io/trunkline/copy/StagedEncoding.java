package io.trunkline.copy;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;
import org.jspecify.annotations.Nullable;

/**
 * How objects and maps are written to a staging table: with their number as the line, and
 * as what is wrong with them where a value does not fit.
 *
 * @param columns the columns of the staging table that take values
 * @param rejection what becomes of rows that do not fit
 */
record StagedEncoding(List<StagedColumn> columns, Rejection rejection) {

	private static final TypeInfo LONG = new TypeInfo(20, "pg_catalog", "int8", Kind.BASE, null, ',', List.of(),
			List.of());

	private static final TypeInfo TEXT = new TypeInfo(25, "pg_catalog", "text", Kind.BASE, null, ',', List.of(),
			List.of());

	private static final TypeInfo TEXTS = new TypeInfo(1009, "pg_catalog", "_text", Kind.ARRAY, TEXT, ',', List.of(),
			List.of());

	private static final List<RowColumn> EXTRA = List.of(new RowColumn(StagingTable.LINE, LONG),
			new RowColumn(StagingTable.RAW, TEXT), new RowColumn(StagingTable.FIELDS, TEXTS),
			new RowColumn(StagingTable.PROBLEM, TEXTS));

	/**
	 * Return the columns of the rows themselves.
	 */
	List<RowColumn> rowColumns() {
		return this.columns.stream()
			.map((column) -> new RowColumn(column.name(), column.info().withoutDomains()))
			.toList();
	}

	/**
	 * Return all columns that are written.
	 */
	List<RowColumn> allColumns() {
		return Stream.concat(EXTRA.stream(), rowColumns().stream()).toList();
	}

	/**
	 * Return what writes the columns of the rows themselves.
	 */
	List<FieldWriter> rowFields(List<FieldWriter> fields) {
		return fields.subList(EXTRA.size(), fields.size());
	}

	/**
	 * Write the extra columns before those of the row.
	 * @param fields writes all columns
	 * @param row writes those of the row
	 */
	<T> RowWriter<T> writer(List<FieldWriter> fields, RowWriter<T> row) {
		return new StagedRowWriter<>(fields, row, this.rejection);
	}

	/**
	 * Writes the rows of one subscription, which it counts.
	 */
	private static final class StagedRowWriter<T> implements RowWriter<T> {

		private static final String BAD_VALUE = "22023";

		private final List<FieldWriter> fields;

		private final RowWriter<T> row;

		private final Rejection rejection;

		private long line;

		StagedRowWriter(List<FieldWriter> fields, RowWriter<T> row, Rejection rejection) {
			this.fields = new ArrayList<>(fields);
			this.row = row;
			this.rejection = rejection;
		}

		@Override
		public void write(T value, CopyBuffer out) {
			this.line++;
			int start = out.position();
			extra(null, out);
			if (!this.rejection.isKept()) {
				this.row.write(value, out);
				return;
			}
			try {
				this.row.write(value, out);
			}
			catch (FieldException ex) {
				out.truncate(start);
				this.rejection.malformed(this.line, ex.column(), BAD_VALUE, ex.describe(), null);
				extra(new String[] { BAD_VALUE, ex.column(), ex.describe() }, out);
				for (FieldWriter field : this.fields.subList(EXTRA.size(), this.fields.size())) {
					field.write(null, out);
				}
			}
		}

		private void extra(String @Nullable [] problem, CopyBuffer out) {
			this.fields.get(0).writeLong(this.line, out);
			this.fields.get(1).write(null, out);
			this.fields.get(2).write(null, out);
			this.fields.get(3).write(problem, out);
		}

	}

}
