package io.trunkline.schema;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

import io.trunkline.schema.ColumnInfo.Generation;
import io.trunkline.schema.ColumnInfo.Identity;
import io.trunkline.schema.ConstraintInfo.Check;
import io.trunkline.schema.ConstraintInfo.Exclusion;
import io.trunkline.schema.ConstraintInfo.ForeignKey;
import io.trunkline.schema.ConstraintInfo.ForeignKey.Action;
import io.trunkline.schema.ConstraintInfo.UniqueKey;
import io.trunkline.schema.ConstraintInfo.UniqueKey.Origin;
import org.jspecify.annotations.Nullable;

/**
 * Puts together what the rows of {@link CatalogSql} tell about tables.
 */
final class CatalogReader {

	private final TypeReader types = new TypeReader();

	private final Map<Long, Relation> relations = new LinkedHashMap<>();

	private CatalogReader(List<CatalogRow> rows) {
		for (CatalogRow row : rows) {
			switch (row.part()) {
				case "type" -> this.types.add(row);
				case "relation" -> relation(row.id()).header = row;
				case "column" -> relation(row.id()).columns.add(row);
				case "index" -> relation(row.id()).indexes.add(row);
				case "constraint" -> relation(row.id()).constraints.add(row);
				default -> throw new IllegalStateException("Unknown part " + row.part());
			}
		}
	}

	/**
	 * Return the tables in the order in which they were met.
	 */
	static List<LoadedTable> read(List<CatalogRow> rows) {
		CatalogReader reader = new CatalogReader(rows);
		return reader.relations.values()
			.stream()
			.filter((relation) -> relation.header != null)
			.map(reader::loaded)
			.toList();
	}

	private Relation relation(long oid) {
		return this.relations.computeIfAbsent(oid, (key) -> new Relation());
	}

	private LoadedTable loaded(Relation relation) {
		CatalogRow header = Objects.requireNonNull(relation.header);
		TableInfo table = new TableInfo(header.id(), header.text(0), header.text(1), kind(header.code(2)),
				header.flag(3), header.flag(4), columns(relation), constraints(relation), indexes(relation),
				header.optional(5));
		return new LoadedTable(table, new TableVersion(header.id(), header.text(6), typeVersions(table)),
				header.flag(7), header.flag(8));
	}

	private Map<Long, String> typeVersions(TableInfo table) {
		Map<Long, String> versions = new TreeMap<>();
		table.columns().forEach((column) -> this.types.versions(column.type(), versions));
		return versions;
	}

	private List<ColumnInfo> columns(Relation relation) {
		return relation.columns.stream()
			.map(this::column)
			.sorted(Comparator.comparingInt(ColumnInfo::position))
			.toList();
	}

	private ColumnInfo column(CatalogRow row) {
		Generation generation = switch (row.code(8)) {
			case 's' -> Generation.STORED;
			case 'v' -> Generation.VIRTUAL;
			default -> Generation.NONE;
		};
		Identity identity = switch (row.code(7)) {
			case 'a' -> Identity.ALWAYS;
			case 'd' -> Identity.BY_DEFAULT;
			default -> Identity.NONE;
		};
		boolean generated = generation != Generation.NONE;
		return new ColumnInfo(row.text(0), row.number(1), this.types.type(Long.parseLong(row.text(2))), row.number(3),
				row.text(4), row.flag(5), generated ? null : row.optional(6), identity, generation,
				generated ? row.optional(6) : null, row.optional(9), row.optional(10));
	}

	private static List<IndexInfo> indexes(Relation relation) {
		Map<Integer, String> names = relation.columnNames();
		return relation.indexes.stream()
			.map((row) -> index(row, names))
			.sorted(Comparator.comparing(IndexInfo::name))
			.toList();
	}

	private static IndexInfo index(CatalogRow row, Map<Integer, String> names) {
		int keys = row.number(5);
		List<Integer> columns = row.numbers(7);
		List<Integer> options = row.numbers(8);
		List<@Nullable String> expressions = row.tail(15);
		List<IndexInfo.Part> parts = new ArrayList<>(keys);
		for (int i = 0; i < keys; i++) {
			int option = (i < options.size()) ? options.get(i) : 0;
			parts.add(new IndexInfo.Part(names.get(columns.get(i)), expressions.get(i), (option & 1) != 0,
					(option & 2) != 0));
		}
		return new IndexInfo(row.text(0), row.text(1), parts, named(columns.subList(keys, columns.size()), names),
				row.optional(6), row.flag(2), row.flag(3), row.optional(14));
	}

	private static List<ConstraintInfo> constraints(Relation relation) {
		Map<Integer, String> names = relation.columnNames();
		List<ConstraintInfo> constraints = new ArrayList<>();
		relation.indexes.stream()
			.filter((row) -> row.flag(2))
			.map((row) -> uniqueKey(row, names))
			.forEach(constraints::add);
		relation.constraints.stream().map((row) -> constraint(row, names)).forEach(constraints::add);
		constraints.sort(Comparator.comparing(CatalogReader::rank).thenComparing(ConstraintInfo::name));
		return constraints;
	}

	private static int rank(ConstraintInfo constraint) {
		return (constraint instanceof UniqueKey key && key.origin() == Origin.PRIMARY_KEY) ? 0 : 1;
	}

	private static UniqueKey uniqueKey(CatalogRow row, Map<Integer, String> names) {
		int keys = row.number(5);
		String constraint = row.optional(9);
		Origin origin = (constraint == null) ? Origin.INDEX
				: (row.code(10) == 'p') ? Origin.PRIMARY_KEY : Origin.CONSTRAINT;
		List<String> expressions = row.tail(15).stream().filter(Objects::nonNull).map(Objects::requireNonNull).toList();
		return new UniqueKey((constraint != null) ? constraint : row.text(0), origin,
				named(row.numbers(7).subList(0, keys), names), expressions, row.optional(6), row.flag(11), row.flag(12),
				row.flag(13), row.flag(4), row.flag(3));
	}

	private static ConstraintInfo constraint(CatalogRow row, Map<Integer, String> names) {
		List<String> columns = named(row.numbers(2), names);
		return switch (row.code(1)) {
			case 'f' -> new ForeignKey(row.text(0), columns, new TableName(row.text(7), row.text(8)),
					row.tail(12).stream().map(Objects::requireNonNull).toList(), action(row.code(9)),
					action(row.code(10)), row.flag(11), row.flag(3), row.flag(4), row.flag(5));
			case 'x' -> new Exclusion(row.text(0), columns, row.text(6), row.flag(3), row.flag(4));
			default -> new Check(row.text(0), columns, row.text(6), row.flag(5));
		};
	}

	private static Action action(char code) {
		return switch (code) {
			case 'r' -> Action.RESTRICT;
			case 'c' -> Action.CASCADE;
			case 'n' -> Action.SET_NULL;
			case 'd' -> Action.SET_DEFAULT;
			default -> Action.NO_ACTION;
		};
	}

	private static TableInfo.Kind kind(char code) {
		return switch (code) {
			case 'p' -> TableInfo.Kind.PARTITIONED_TABLE;
			case 'f' -> TableInfo.Kind.FOREIGN_TABLE;
			case 'v' -> TableInfo.Kind.VIEW;
			case 'm' -> TableInfo.Kind.MATERIALIZED_VIEW;
			default -> TableInfo.Kind.TABLE;
		};
	}

	/**
	 * Return the names of columns; 0 stands for an expression, negative numbers for
	 * system columns.
	 */
	private static List<String> named(List<Integer> columns, Map<Integer, String> names) {
		return columns.stream().map(names::get).filter(Objects::nonNull).toList();
	}

	/**
	 * The rows about one relation.
	 */
	private static final class Relation {

		private @Nullable CatalogRow header;

		private final List<CatalogRow> columns = new ArrayList<>();

		private final List<CatalogRow> indexes = new ArrayList<>();

		private final List<CatalogRow> constraints = new ArrayList<>();

		private Map<Integer, String> columnNames() {
			Map<Integer, String> names = new HashMap<>();
			this.columns.forEach((row) -> names.put(row.number(1), row.text(0)));
			return names;
		}

	}

}
