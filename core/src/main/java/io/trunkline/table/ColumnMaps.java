package io.trunkline.table;

import java.util.Locale;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.util.Assert;

/**
 * Reads definitions of columns from plain maps.
 */
final class ColumnMaps {

	private ColumnMaps() {
	}

	static ColumnDefinition read(Map<String, ?> definition) {
		Assert.notNull(definition, "A column's definition must not be null");
		for (String key : definition.keySet()) {
			Assert.isTrue("name".equals(key) || "type".equals(key) || "options".equals(key),
					() -> "A column's definition has name, type and options, and not [" + key + "]");
		}
		String name = text(definition.get("name"), "name");
		Object type = definition.get("type");
		ColumnDefinition column = (type instanceof Class<?> javaType) ? ColumnDefinition.of(name, javaType)
				: ColumnDefinition.of(name, text(type, "type"));
		Object options = definition.get("options");
		if (options == null) {
			return column;
		}
		Assert.isTrue(options instanceof Map, () -> "The options of column [" + name + "] must be a map");
		for (Map.Entry<?, ?> option : ((Map<?, ?>) options).entrySet()) {
			column = refined(column, String.valueOf(option.getKey()), option.getValue());
		}
		return column;
	}

	private static ColumnDefinition refined(ColumnDefinition column, String option, @Nullable Object value) {
		return switch (option.replace("_", "").toLowerCase(Locale.ROOT)) {
			case "primarykey" -> flag(value, option) ? column.primaryKey() : column;
			case "autoincrement", "identity" -> flag(value, option) ? column.autoincrement() : column;
			case "nullable" -> flag(value, option) ? column : column.notNull();
			case "notnull" -> flag(value, option) ? column.notNull() : column;
			case "unique" -> flag(value, option) ? column.unique() : column;
			case "index" -> flag(value, option) ? column.index() : column;
			case "default" -> column.defaultValue(value);
			case "defaultexpression" -> column.defaultExpression(text(value, option));
			case "check" -> column.check(text(value, option));
			case "references" -> references(column, value);
			case "comment" -> column.comment(text(value, option));
			default -> throw new IllegalArgumentException("Column [" + column.getName() + "] has the unknown option ["
					+ SqlFragments.shorten(option) + "]; there are primary_key, autoincrement, nullable, unique, index,"
					+ " default, default_expression, check, references and comment");
		};
	}

	private static ColumnDefinition references(ColumnDefinition column, @Nullable Object value) {
		if (value instanceof Map<?, ?> reference) {
			return column.references(text(reference.get("table"), "references.table"),
					text(reference.get("column"), "references.column"));
		}
		String text = text(value, "references");
		int dot = text.lastIndexOf('.');
		Assert.isTrue(dot > 0 && dot < text.length() - 1,
				() -> "The option 'references' of column [" + column.getName() + "] must be table.column");
		return column.references(text.substring(0, dot), text.substring(dot + 1));
	}

	private static boolean flag(@Nullable Object value, String option) {
		if (value instanceof Boolean flag) {
			return flag;
		}
		throw new IllegalArgumentException("The option '" + option + "' of a column must be true or false");
	}

	private static String text(@Nullable Object value, String part) {
		if (value instanceof CharSequence text) {
			return text.toString();
		}
		throw new IllegalArgumentException("'" + part + "' of a column's definition must be text, and is "
				+ ((value != null) ? "a " + value.getClass().getTypeName() : "missing"));
	}

}
