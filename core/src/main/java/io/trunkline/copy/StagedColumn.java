package io.trunkline.copy;

import java.util.List;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;
import org.jspecify.annotations.Nullable;

/**
 * A column of a staging table that takes values of the source.
 *
 * @param name its name, that of the target's column
 * @param declaredType the type that values must fit, as SQL writes it
 * @param modifier the modifier of that type, -1 for none
 * @param info that type
 * @param collation the collation where it is not the type's own, else empty
 * @param nullRefusal what the server says to a null, where it is certain to refuse it
 */
record StagedColumn(String name, String declaredType, int modifier, TypeInfo info, String collation,
		@Nullable String nullRefusal) {

	private static final TypeInfo UNKNOWN = new TypeInfo(0, "", "", Kind.PSEUDO, null, ',', List.of(), List.of());

	static StagedColumn of(ColumnInfo column) {
		return new StagedColumn(column.name(), column.formattedType(), column.typeModifier(), column.type(),
				(column.collation() != null) ? " COLLATE " + column.collation() : "", null);
	}

	/**
	 * Return the column as one whose nulls a table refuses.
	 * @param table the name of the table
	 */
	StagedColumn notNull(String table) {
		return new StagedColumn(this.name, this.declaredType, this.modifier, this.info, this.collation,
				notNullViolation(this.name, table));
	}

	static String notNullViolation(String column, String table) {
		return "null value in column \"" + column + "\" of relation \"" + table + "\" violates not-null constraint";
	}

	/**
	 * Return a column whose type is yet to be looked up.
	 */
	static StagedColumn declared(String name, String type) {
		return new StagedColumn(name, type, -1, UNKNOWN, "", null);
	}

	String quoted() {
		return SqlIdentifiers.quote(this.name, "columns");
	}

	/**
	 * Return the type to stage values in. A domain would be checked for rows too whose
	 * values have not been judged yet.
	 */
	String stagingType() {
		if (this.info.kind() != Kind.DOMAIN) {
			return this.declaredType;
		}
		TypeInfo base = this.info.withoutDomains();
		return SqlIdentifiers.quoteQualified(base.schema(), base.name());
	}

}
