package io.trunkline.copy;

import java.util.List;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.TypeInfo;
import io.trunkline.schema.TypeInfo.Kind;

/**
 * A column of a staging table that takes values of the source.
 *
 * @param name its name, that of the target's column
 * @param declaredType the type that values must fit, as SQL writes it
 * @param modifier the modifier of that type, -1 for none
 * @param info that type
 * @param collation the collation where it is not the type's own, else empty
 */
record StagedColumn(String name, String declaredType, int modifier, TypeInfo info, String collation) {

	private static final TypeInfo UNKNOWN = new TypeInfo(0, "", "", Kind.PSEUDO, null, ',', List.of(), List.of());

	static StagedColumn of(ColumnInfo column) {
		return new StagedColumn(column.name(), column.formattedType(), column.typeModifier(), column.type(),
				(column.collation() != null) ? " COLLATE " + column.collation() : "");
	}

	/**
	 * Return a column whose type is yet to be looked up.
	 */
	static StagedColumn declared(String name, String type) {
		return new StagedColumn(name, type, -1, UNKNOWN, "");
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
