package io.trunkline.sample.tables;

import java.util.List;
import java.util.Locale;

import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.ConstraintInfo.Check;
import io.trunkline.schema.ConstraintInfo.ForeignKey;
import io.trunkline.schema.ConstraintInfo.UniqueKey;
import io.trunkline.schema.IndexInfo;
import io.trunkline.schema.TableInfo;
import org.jspecify.annotations.Nullable;

/**
 * What the catalogue knows of a table.
 *
 * @param table its name for other requests
 * @param schema its schema
 * @param name its name inside the schema
 * @param kind what it is, such as {@code table} or {@code materialized_view}
 * @param comment the comment
 * @param readOnly whether its rows cannot be changed here
 * @param columns its columns in order
 * @param primaryKey the columns of the primary key, empty for none
 * @param uniqueKeys what else makes rows unique
 * @param foreignKeys where it refers to
 * @param checks what rows must meet
 * @param indexes its indexes
 */
record TableDescription(String table, String schema, String name, String kind, @Nullable String comment,
		boolean readOnly, List<Column> columns, List<String> primaryKey, List<Unique> uniqueKeys,
		List<Reference> foreignKeys, List<Condition> checks, List<Index> indexes) {

	static TableDescription of(TableInfo info, boolean readOnly) {
		UniqueKey primary = info.primaryKey();
		return new TableDescription(info.tableName().toString(), info.schema(), info.name(), lower(info.kind()),
				info.comment(), readOnly || info.kind() == TableInfo.Kind.MATERIALIZED_VIEW,
				info.columns().stream().map(Column::of).toList(), (primary != null) ? primary.columns() : List.of(),
				info.uniqueKeys().stream().filter((key) -> key != primary).map(Unique::of).toList(),
				info.foreignKeys().stream().map(Reference::of).toList(),
				info.checks().stream().map(Condition::of).toList(), info.indexes().stream().map(Index::of).toList());
	}

	private static String lower(Enum<?> constant) {
		return constant.name().toLowerCase(Locale.ROOT);
	}

	/**
	 * A column.
	 *
	 * @param name its name
	 * @param type its type as SQL writes it
	 * @param nullable whether it takes null
	 * @param defaultExpression the SQL of its default
	 * @param identity {@code none}, {@code always} or {@code by_default}
	 * @param generated the SQL that it is computed by
	 * @param values the values of an enum, otherwise empty
	 * @param comment the comment
	 */
	record Column(String name, String type, boolean nullable, @Nullable String defaultExpression, String identity,
			@Nullable String generated, List<String> values, @Nullable String comment) {

		static Column of(ColumnInfo info) {
			return new Column(info.name(), info.formattedType(), info.nullable(), info.defaultExpression(),
					lower(info.identity()), info.generationExpression(), info.type().withoutDomains().labels(),
					info.comment());
		}

	}

	/**
	 * A unique constraint or index.
	 *
	 * @param name its name
	 * @param columns its columns
	 * @param expressions the SQL of expressions among what it covers
	 * @param predicate the SQL of the condition that the rows it covers meet
	 */
	record Unique(String name, List<String> columns, List<String> expressions, @Nullable String predicate) {

		static Unique of(UniqueKey key) {
			return new Unique(key.name(), key.columns(), key.expressions(), key.predicate());
		}

	}

	/**
	 * A foreign key.
	 *
	 * @param name its name
	 * @param columns the columns that refer
	 * @param table the table that they refer to
	 * @param referencedColumns the columns there
	 * @param onDelete what happens when the row there is deleted
	 */
	record Reference(String name, List<String> columns, String table, List<String> referencedColumns, String onDelete) {

		static Reference of(ForeignKey key) {
			return new Reference(key.name(), key.columns(), key.referencedTable().toString(), key.referencedColumns(),
					lower(key.onDelete()));
		}

	}

	/**
	 * A check.
	 *
	 * @param name its name
	 * @param columns the columns that it looks at
	 * @param expression its SQL
	 */
	record Condition(String name, List<String> columns, String expression) {

		static Condition of(Check check) {
			return new Condition(check.name(), check.columns(), check.expression());
		}

	}

	/**
	 * An index.
	 *
	 * @param name its name
	 * @param method the access method
	 * @param unique whether it refuses duplicates
	 * @param parts its columns and the SQL of its expressions
	 */
	record Index(String name, String method, boolean unique, List<String> parts) {

		static Index of(IndexInfo info) {
			return new Index(info.name(), info.method(), info.unique(),
					info.parts()
						.stream()
						.map((part) -> (part.column() != null) ? part.column() : String.valueOf(part.expression()))
						.toList());
		}

	}

}
