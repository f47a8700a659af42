package io.trunkline.table;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.schema.TableName;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.util.Assert;

/**
 * Default implementation of {@link CreateTableSpec}.
 */
final class DefaultCreateTableSpec implements CreateTableSpec {

	private final TableSettings settings;

	private final TableName table;

	private final List<ColumnDefinition> columns;

	private boolean ifNotExists;

	private List<String> primaryKey;

	private List<String> constraints = List.of();

	private List<List<String>> indexes;

	private @Nullable String comment;

	private DefaultCreateTableSpec(TableSettings settings, TableName table, List<ColumnDefinition> columns) {
		this.settings = settings;
		this.table = table;
		this.columns = columns;
		this.primaryKey = columns.stream()
			.filter(ColumnDefinition::isPrimaryKey)
			.map(ColumnDefinition::getName)
			.toList();
		this.indexes = columns.stream()
			.filter(ColumnDefinition::isIndexed)
			.map((column) -> List.of(column.getName()))
			.toList();
	}

	static CreateTableSpec of(TableSettings settings, String table, List<ColumnDefinition> columns) {
		TableName name = TableName.parse(table);
		Assert.notEmpty(columns, () -> "The table [" + name + "] has no columns: define at least one");
		long names = columns.stream().map(ColumnDefinition::getName).distinct().count();
		Assert.isTrue(names == columns.size(), () -> "The table [" + name + "] has two columns of one name, of "
				+ columns.stream().map(ColumnDefinition::getName).toList());
		return new DefaultCreateTableSpec(settings, name, List.copyOf(columns));
	}

	private CreateTableSpec with(Consumer<DefaultCreateTableSpec> change) {
		DefaultCreateTableSpec copy = new DefaultCreateTableSpec(this.settings, this.table, this.columns);
		copy.ifNotExists = this.ifNotExists;
		copy.primaryKey = this.primaryKey;
		copy.constraints = this.constraints;
		copy.indexes = this.indexes;
		copy.comment = this.comment;
		change.accept(copy);
		return copy;
	}

	@Override
	public CreateTableSpec ifNotExists() {
		return with((spec) -> spec.ifNotExists = true);
	}

	@Override
	public CreateTableSpec primaryKey(String... columns) {
		List<String> names = checked(columns);
		return with((spec) -> spec.primaryKey = names);
	}

	@Override
	public CreateTableSpec unique(String... columns) {
		String constraint = "UNIQUE (" + list(checked(columns)) + ")";
		return with((spec) -> spec.constraints = appended(this.constraints, constraint));
	}

	@Override
	public CreateTableSpec index(String... columns) {
		List<String> names = checked(columns);
		return with((spec) -> spec.indexes = appended(this.indexes, names));
	}

	@Override
	public CreateTableSpec check(String expression) {
		String constraint = "CHECK (" + SqlFragments.expression(expression, "check") + ")";
		return with((spec) -> spec.constraints = appended(this.constraints, constraint));
	}

	@Override
	public CreateTableSpec comment(String comment) {
		SqlStatement.checked(comment, "'comment'");
		return with((spec) -> spec.comment = comment);
	}

	private List<String> checked(String... names) {
		Assert.notEmpty(names, "'columns' must not be empty");
		List<String> known = this.columns.stream().map(ColumnDefinition::getName).toList();
		for (String name : names) {
			Assert.isTrue(known.contains(name),
					() -> "The column [" + name + "] is none of those that are defined, which are " + known);
		}
		return List.of(names);
	}

	private static <T> List<T> appended(List<T> list, T further) {
		List<T> all = new ArrayList<>(list);
		all.add(further);
		return List.copyOf(all);
	}

	private static String list(List<String> names) {
		return names.stream().map((name) -> SqlIdentifiers.quote(name, "column")).collect(Collectors.joining(", "));
	}

	@Override
	public Mono<Boolean> execute() {
		return this.settings
			.observe("create", this.table.toString(), (context) -> this.settings.connections()
				.inTransaction((connection) -> exists().flatMap(
						(there) -> there ? Mono.just(false) : this.settings.execute(statements()).thenReturn(true)))
				.concatMap((created) -> this.settings.catalog().forget(this.table.toString()).thenReturn(created)))
			.singleOrEmpty();
	}

	private Mono<Boolean> exists() {
		if (!this.ifNotExists) {
			return Mono.just(false);
		}
		SqlStatement sql = new SqlStatement().append("SELECT pg_catalog.to_regclass(")
			.text(this.table.quoted())
			.append(") IS NOT NULL");
		return this.settings.query(sql, 0, (row) -> Boolean.TRUE.equals(row.get(0, Boolean.class))).singleOrEmpty();
	}

	private List<String> statements() {
		List<String> parts = new ArrayList<>(this.columns.stream().map(ColumnDefinition::toSql).toList());
		if (!this.primaryKey.isEmpty()) {
			parts.add("PRIMARY KEY (" + list(this.primaryKey) + ")");
		}
		parts.addAll(this.constraints);
		String name = this.table.quoted();
		List<String> statements = new ArrayList<>();
		statements.add("CREATE TABLE " + (this.ifNotExists ? "IF NOT EXISTS " : "") + name + " ("
				+ String.join(", ", parts) + ")");
		this.indexes.forEach((columns) -> statements.add("CREATE INDEX ON " + name + " (" + list(columns) + ")"));
		if (this.comment != null) {
			statements.add("COMMENT ON TABLE " + name + " IS " + SqlFragments.literal(this.comment));
		}
		for (ColumnDefinition column : this.columns) {
			if (column.getComment() != null) {
				statements.add("COMMENT ON COLUMN " + name + "." + SqlIdentifiers.quote(column.getName(), "column")
						+ " IS " + SqlFragments.literal(column.getComment()));
			}
		}
		return statements;
	}

}
