package io.trunkline.schema;

import java.util.List;

import io.trunkline.connection.SqlIdentifiers;
import org.jspecify.annotations.Nullable;

/**
 * A function that stands in {@code FROM} like a table.
 *
 * @param oid its oid
 * @param schema its schema
 * @param name its name inside the schema
 * @param arguments what it takes, in order
 * @param columns what its rows hold; empty where the caller must say it, for a
 * {@code record} without a definition
 * @param returnsSet whether it returns any number of rows and not always one
 * @param comment the comment, {@code null} for none
 * @since 0.1.0
 */
public record FunctionInfo(long oid, String schema, String name, List<Argument> arguments, List<ResultColumn> columns,
		boolean returnsSet, @Nullable String comment) {

	public FunctionInfo {
		arguments = List.copyOf(arguments);
		columns = List.copyOf(columns);
	}

	/**
	 * Return the name with the schema, quoted for a statement.
	 */
	public String quotedName() {
		return SqlIdentifiers.quoteQualified(this.schema, this.name);
	}

	/**
	 * Return how many arguments must be given.
	 */
	public int requiredArguments() {
		return (int) this.arguments.stream().filter((argument) -> !argument.optional() && !argument.variadic()).count();
	}

	/**
	 * What a function takes.
	 *
	 * @param name its name, {@code null} for none
	 * @param type its type; for a variadic argument an array
	 * @param formattedType the type as SQL writes it
	 * @param optional whether it has a default
	 * @param variadic whether any number of values may stand for it
	 */
	public record Argument(@Nullable String name, TypeInfo type, String formattedType, boolean optional,
			boolean variadic) {
	}

	/**
	 * What a row of the function holds.
	 *
	 * @param name the column's name
	 * @param type its type
	 */
	public record ResultColumn(String name, TypeInfo type) {
	}

}
