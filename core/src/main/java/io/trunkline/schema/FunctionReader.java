package io.trunkline.schema;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;

import io.trunkline.schema.FunctionInfo.Argument;
import io.trunkline.schema.FunctionInfo.ResultColumn;
import org.jspecify.annotations.Nullable;

/**
 * Puts together what the rows of {@link CatalogSql} tell about functions.
 */
final class FunctionReader {

	private static final int FIRST_ARGUMENT = 6;

	private final TypeReader types = new TypeReader();

	private FunctionReader(List<CatalogRow> rows) {
		rows.stream().filter((row) -> row.part().equals("type")).forEach(this.types::add);
	}

	static List<FunctionInfo> read(List<CatalogRow> rows) {
		FunctionReader reader = new FunctionReader(rows);
		return rows.stream()
			.filter((row) -> row.part().equals("function"))
			.map(reader::function)
			.sorted(Comparator.comparing(FunctionInfo::schema)
				.thenComparing(FunctionInfo::name)
				.thenComparing(FunctionInfo::oid))
			.toList();
	}

	/**
	 * Choose a function by the types of its arguments.
	 * @param types the types, empty where there is nothing to choose from
	 */
	static FunctionInfo choose(TableName name, List<FunctionInfo> functions, List<String> types) {
		List<String> signatures = functions.stream().map(FunctionReader::signature).toList();
		if (types.isEmpty()) {
			if (functions.size() > 1) {
				throw FunctionNotFoundException.ambiguous(name, signatures);
			}
			return functions.get(0);
		}
		return functions.stream()
			.filter((function) -> takes(function, types))
			.findFirst()
			.orElseThrow(() -> FunctionNotFoundException.noSignature(name, types, signatures));
	}

	private static String signature(FunctionInfo function) {
		return function.arguments()
			.stream()
			.map((argument) -> argument.formattedType())
			.collect(Collectors.joining(", ", function.name() + "(", ")"));
	}

	private static boolean takes(FunctionInfo function, List<String> types) {
		if (function.arguments().size() != types.size()) {
			return false;
		}
		for (int i = 0; i < types.size(); i++) {
			Argument argument = function.arguments().get(i);
			if (!types.get(i).equals(argument.formattedType()) && !types.get(i).equals(argument.type().name())) {
				return false;
			}
		}
		return true;
	}

	private FunctionInfo function(CatalogRow row) {
		List<Parameter> parameters = parameters(row);
		List<Parameter> inputs = parameters.stream().filter(Parameter::isInput).toList();
		int firstOptional = inputs.size() - row.number(4);
		List<Argument> arguments = new ArrayList<>();
		for (int i = 0; i < inputs.size(); i++) {
			Parameter input = inputs.get(i);
			arguments.add(new Argument(input.name(), input.type(), input.formattedType(), i >= firstOptional,
					input.mode() == 'v'));
		}
		return new FunctionInfo(row.id(), row.text(0), row.text(1), arguments, columns(row, parameters), row.flag(3),
				row.optional(5));
	}

	private List<Parameter> parameters(CatalogRow row) {
		List<@Nullable String> fields = row.tail(FIRST_ARGUMENT);
		List<Parameter> parameters = new ArrayList<>();
		for (int i = 0; i < fields.size(); i += 4) {
			String name = fields.get(i + 1);
			parameters.add(new Parameter(Objects.requireNonNull(fields.get(i)).charAt(0),
					(name != null && !name.isEmpty()) ? name : null,
					this.types.type(Long.parseLong(Objects.requireNonNull(fields.get(i + 2)))),
					Objects.requireNonNull(fields.get(i + 3))));
		}
		return parameters;
	}

	/**
	 * The server names a result without a name by its position, and one that is alone by
	 * the function.
	 */
	private List<ResultColumn> columns(CatalogRow row, List<Parameter> parameters) {
		List<Parameter> outputs = parameters.stream().filter(Parameter::isOutput).toList();
		TypeInfo result = this.types.type(Long.parseLong(row.text(2)));
		if (outputs.isEmpty() || (outputs.size() == 1 && result.kind() == TypeInfo.Kind.COMPOSITE)) {
			return switch (result.kind()) {
				case COMPOSITE -> attributes(result);
				case PSEUDO -> List.of();
				default -> List.of(new ResultColumn(row.text(1), result));
			};
		}
		List<ResultColumn> columns = new ArrayList<>();
		for (int i = 0; i < outputs.size(); i++) {
			String name = outputs.get(i).name();
			String unnamed = (outputs.size() > 1) ? "column" + (i + 1) : row.text(1);
			columns.add(new ResultColumn((name != null) ? name : unnamed, outputs.get(i).type()));
		}
		return columns;
	}

	private static List<ResultColumn> attributes(TypeInfo type) {
		return type.attributes()
			.stream()
			.map((attribute) -> new ResultColumn(attribute.name(), attribute.type()))
			.toList();
	}

	/**
	 * A parameter of a function.
	 *
	 * @param mode in, out, both (b), variadic, or a column of a table
	 */
	private record Parameter(char mode, @Nullable String name, TypeInfo type, String formattedType) {

		boolean isInput() {
			return this.mode == 'i' || this.mode == 'b' || this.mode == 'v';
		}

		boolean isOutput() {
			return this.mode == 'o' || this.mode == 'b' || this.mode == 't';
		}

	}

}
