package io.trunkline.table;

import java.math.BigDecimal;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;

import io.trunkline.connection.PostgresErrors;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.ColumnInfo.Identity;
import io.trunkline.schema.ConstraintInfo.Check;
import io.trunkline.schema.ConstraintInfo.ForeignKey;
import io.trunkline.schema.ConstraintInfo.UniqueKey;
import io.trunkline.schema.IndexInfo;
import io.trunkline.schema.SchemaCatalog;
import io.trunkline.schema.TableInfo;
import io.trunkline.schema.TableName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.dao.DuplicateKeyException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tables from definitions: what the server then has is what was asked for.
 */
class TableCreationIntegrationTests extends TableFixture {

	private TableInfo created(String name) {
		return get(SchemaCatalog.create(this.pool.connectionFactory()).table(name));
	}

	private boolean create(ColumnDefinition... columns) {
		return get(this.tables.createTable("made", columns).execute());
	}

	private static Map<String, Object> column(String name, Object type, Map<String, ?> options) {
		return Map.of("name", name, "type", type, "options", options);
	}

	@Test
	void makesWhatIsDefined() {
		sql("INSERT INTO items (id) VALUES (1)");
		assertThat(create(ColumnDefinition.of("Номер", Long.class).primaryKey().autoincrement(),
				ColumnDefinition.of("name", "varchar(20)").notNull().unique().comment("it's \\ its name"),
				ColumnDefinition.of("amount", "numeric(10, 2)")
					.defaultValue(new BigDecimal("1.50"))
					.check("amount > 0"),
				ColumnDefinition.of("item", long.class).references("public.items", "id").index(),
				ColumnDefinition.of("at", Instant.class).defaultExpression("now()"),
				ColumnDefinition.of("data", Map.class)))
			.isTrue();
		TableInfo table = created("made");
		assertThat(table.columns()).extracting(ColumnInfo::name)
			.containsExactly("Номер", "name", "amount", "item", "at", "data");
		assertThat(table.columns()).extracting(ColumnInfo::formattedType)
			.containsExactly("bigint", "character varying(20)", "numeric(10,2)", "bigint", "timestamp with time zone",
					"jsonb");
		assertThat(table.columns()).extracting(ColumnInfo::nullable)
			.containsExactly(false, false, true, true, true, true);
		assertThat(table.column("Номер").identity()).isEqualTo(Identity.BY_DEFAULT);
		assertThat(table.column("name").comment()).isEqualTo("it's \\ its name");
		assertThat(table.uniqueKeys()).extracting(UniqueKey::columns)
			.containsExactly(List.of("Номер"), List.of("name"));
		assertThat(table.checks()).singleElement().extracting(Check::columns).isEqualTo(List.of("amount"));
		assertThat(table.foreignKeys()).singleElement()
			.extracting(ForeignKey::referencedTable)
			.isEqualTo(new TableName("public", "items"));
		assertThat(table.indexes()).flatExtracting(IndexInfo::parts)
			.extracting(IndexInfo.Part::column)
			.containsExactlyInAnyOrder("Номер", "name", "item");
		assertThat(list(this.tables.insert("made").row(Map.of("name", "a", "item", 1)).returning("Номер", "amount")))
			.containsExactly(Map.of("Номер", 1L, "amount", new BigDecimal("1.50")));
		failure(DuplicateKeyException.class, this.tables.insert("made").row(Map.of("name", "a")).execute());
		failure(DataIntegrityViolationException.class,
				this.tables.insert("made").row(Map.of("name", "b", "amount", -1)).execute());
		failure(DataIntegrityViolationException.class,
				this.tables.insert("made").row(Map.of("name", "b", "item", 2)).execute());
		failure(DataIntegrityViolationException.class, this.tables.insert("made").row(Map.of("item", 1)).execute());
	}

	@Test
	void makesTheSameByPlainMaps() {
		create(ColumnDefinition.of("id", Integer.class).primaryKey().autoincrement(),
				ColumnDefinition.of("name", "text").notNull().unique().defaultValue("x").comment("the name"),
				ColumnDefinition.of("item", "bigint").references("public.items", "id").index(),
				ColumnDefinition.of("at", "date").defaultExpression("current_date").check("at > '2000-01-01'"));
		TableInfo made = created("made");
		assertThat(get(this.tables.createTable("mapped", List.of(
				column("id", Integer.class, Map.of("primary_key", true, "autoincrement", true)),
				column("name", "text",
						Map.of("nullable", false, "unique", true, "default", "x", "comment", "the name")),
				column("item", "bigint", Map.of("references", "public.items.id", "index", true)),
				column("at", "date",
						Map.of("defaultExpression", "current_date", "check", "at > '2000-01-01'", "unique", false))))
			.execute())).isTrue();
		TableInfo mapped = created("mapped");
		assertThat(mapped.columns()).isEqualTo(made.columns());
		assertThat(mapped.constraints().toString().replace("mapped", "made")).isEqualTo(made.constraints().toString());
		assertThat(mapped.indexes().toString().replace("mapped", "made")).isEqualTo(made.indexes().toString());
		assertThat(get(this.tables
			.createTable("referring",
					List.of(column("item", "bigint", Map.of("references", Map.of("table", "items", "column", "id")))))
			.execute())).isTrue();
		assertThat(created("referring").foreignKeys()).hasSize(1);
	}

	@Test
	void makesKeysOfSeveralColumns() {
		ColumnDefinition[] columns = { ColumnDefinition.of("a", "int").primaryKey(),
				ColumnDefinition.of("b", "int").primaryKey(), ColumnDefinition.of("c", "int"),
				ColumnDefinition.of("d", "int") };
		assertThat(get(this.tables.createTable("made", columns)
			.unique("c", "d")
			.index("d", "a")
			.check("a < b")
			.comment("all of them")
			.execute())).isTrue();
		TableInfo table = created("made");
		assertThat(table.uniqueKeys()).extracting(UniqueKey::columns)
			.containsExactly(List.of("a", "b"), List.of("c", "d"));
		assertThat(table.checks()).singleElement().extracting(Check::columns).isEqualTo(List.of("a", "b"));
		assertThat(table.indexes()).extracting((index) -> index.parts().stream().map(IndexInfo.Part::column).toList())
			.contains(Arrays.asList("d", "a"));
		assertThat(table.comment()).isEqualTo("all of them");
		assertThat(get(this.tables.createTable("other", columns).primaryKey("d", "c").execute())).isTrue();
		assertThat(created("other").primaryKey()).isNotNull()
			.extracting(UniqueKey::columns)
			.isEqualTo(List.of("d", "c"));
	}

	@Test
	void takesClassesOfJava() {
		create(ColumnDefinition.of("b", boolean.class), ColumnDefinition.of("s", short.class),
				ColumnDefinition.of("f", Float.class), ColumnDefinition.of("d", double.class),
				ColumnDefinition.of("u", UUID.class), ColumnDefinition.of("day", LocalDate.class),
				ColumnDefinition.of("local", LocalDateTime.class), ColumnDefinition.of("i", Duration.class),
				ColumnDefinition.of("bytes", byte[].class), ColumnDefinition.of("texts", String[].class),
				ColumnDefinition.of("grid", int[][].class), ColumnDefinition.of("weekday", DayOfWeek.class));
		assertThat(created("made").columns()).extracting(ColumnInfo::formattedType)
			.containsExactly("boolean", "smallint", "real", "double precision", "uuid", "date",
					"timestamp without time zone", "interval", "bytea", "text[]", "integer[]", "text");
		assertThatIllegalArgumentException().isThrownBy(() -> ColumnDefinition.of("x", Thread.class))
			.withMessageContaining("java.lang.Thread");
	}

	@Test
	void takesTypesOfTheDatabase() {
		sql("CREATE SCHEMA odd", "CREATE TYPE odd.\"Mood now\" AS ENUM ('sad')");
		create(ColumnDefinition.of("m", "odd.\"Mood now\"[]"), ColumnDefinition.of("t", "timestamp(3) with time zone"),
				ColumnDefinition.of("v", "character varying(7)"), ColumnDefinition.of("p", "DOUBLE PRECISION"),
				ColumnDefinition.of("b", "bit varying(4)"), ColumnDefinition.of("r", "tstzrange"));
		assertThat(created("made").columns()).extracting(ColumnInfo::formattedType)
			.containsExactly("odd.\"Mood now\"[]", "timestamp(3) with time zone", "character varying(7)",
					"double precision", "bit varying(4)", "tstzrange");
		sql("DROP SCHEMA odd CASCADE");
	}

	/**
	 * A literal is one, whatever it looks like; an expression is what the server makes of
	 * it.
	 */
	@Test
	void tellsLiteralsFromExpressions() {
		create(ColumnDefinition.of("id", "int"), ColumnDefinition.of("literal", "text").defaultValue("now()"),
				ColumnDefinition.of("expression", "text").defaultExpression("'a' || 'b'"),
				ColumnDefinition.of("quoted", "text").defaultValue("'; DROP TABLE made; -- \\"),
				ColumnDefinition.of("number", "int").defaultValue(-3),
				ColumnDefinition.of("flag", "boolean").defaultValue(true),
				ColumnDefinition.of("day", "date").defaultValue(LocalDate.of(2026, 1, 31)),
				ColumnDefinition.of("weekday", "text").defaultValue(DayOfWeek.FRIDAY),
				ColumnDefinition.of("nothing", "text").defaultValue(null));
		assertThat(list(this.tables.insert("made").row(Map.of("id", 1)).returning())).containsExactly(
				row("id", 1, "literal", "now()", "expression", "ab", "quoted", "'; DROP TABLE made; -- \\", "number",
						-3, "flag", true, "day", LocalDate.of(2026, 1, 31), "weekday", "FRIDAY", "nothing", null));
		get(this.tables
			.createTable("binary", ColumnDefinition.of("id", "int"),
					ColumnDefinition.of("bytes", "bytea").defaultValue(new byte[] { 0, -1 }))
			.execute());
		assertThat(get(this.tables.insert("binary").row(Map.of("id", 1)).returning("bytes").single()).get("bytes"))
			.isEqualTo(new byte[] { 0, -1 });
		assertThatIllegalArgumentException()
			.isThrownBy(() -> ColumnDefinition.of("x", "text").defaultValue(new Object()))
			.withMessageContaining("defaultExpression");
	}

	@ParameterizedTest
	@ValueSource(booleans = { false, true })
	void leavesATableThatIsThere(boolean transaction) {
		sql("INSERT INTO items (id) VALUES (1)");
		CreateTableSpec items = this.tables.createTable("items", ColumnDefinition.of("other", "text").index());
		assertThat(get(this.pool.within(transaction, items.ifNotExists().execute()))).isFalse();
		assertThat(count("items")).isEqualTo(1);
		assertThat(created("items").findColumn("other")).isEmpty();
		assertThat(PostgresErrors
			.sqlState(failure(DataAccessException.class, this.pool.within(transaction, items.execute()))))
			.contains("42P07");
		CreateTableSpec made = this.tables.createTable("made", ColumnDefinition.of("id", "int")).ifNotExists();
		assertThat(get(this.pool.within(transaction, made.execute()))).isTrue();
		assertThat(get(this.pool.within(transaction, made.execute()))).isFalse();
	}

	/**
	 * An index on a column that has no order fails after the table was made.
	 */
	@Test
	void makesAllOrNothing() {
		failure(DataAccessException.class,
				this.tables
					.createTable("made", ColumnDefinition.of("id", "int"), ColumnDefinition.of("data", "point").index())
					.execute());
		assertThat(value("SELECT to_regclass('made')")).isEqualTo("null");
	}

	@Test
	void isKnownAtOnce() {
		failure(DataAccessException.class, this.tables.select("made").all());
		create(ColumnDefinition.of("id", "int"));
		assertThat(list(this.tables.select("made").all())).isEmpty();
		this.tables.dropTable("made", PASSWORD).block();
		create(ColumnDefinition.of("name", "text"));
		assertThat(list(this.tables.insert("made").row(Map.of("name", "x")).returning()))
			.containsExactly(Map.of("name", "x"));
	}

	@Test
	void refusesNamesThatCannotBe() {
		for (String name : List.of("", "x".repeat(64), "ж".repeat(32), "nul\0")) {
			assertThatIllegalArgumentException().isThrownBy(() -> ColumnDefinition.of(name, "int"));
			assertThatIllegalArgumentException()
				.isThrownBy(() -> this.tables.createTable(name, ColumnDefinition.of("a", "int")));
		}
		assertThatIllegalArgumentException().isThrownBy(() -> this.tables.createTable("made"))
			.withMessageContaining("no columns");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> this.tables.createTable("made", ColumnDefinition.of("a", "int"),
					ColumnDefinition.of("a", "text")))
			.withMessageContaining("two columns of one name");
		CreateTableSpec made = this.tables.createTable("made", ColumnDefinition.of("a", "int"));
		assertThatIllegalArgumentException().isThrownBy(() -> made.primaryKey("b")).withMessageContaining("[b]");
		assertThatIllegalArgumentException().isThrownBy(() -> made.unique()).withMessageContaining("columns");
		assertThatIllegalArgumentException().isThrownBy(() -> made.index("a", "c")).withMessageContaining("[c]");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
			int; DROP TABLE items | type
			int) AS SELECT 1 -- | type
			int DEFAULT 1 | type
			text COLLATE "C" | type
			'x' | type
			1)), b int -- | expression
			1; DROP TABLE items | expression
			(1 | expression
			1) | expression
			'open | expression
			1 /* open | expression
			$$x$$ | expression
			E'\\' | expression
			""")
	void refusesWhatIsNoTypeOrExpression(String text, String place) {
		if (place.equals("type")) {
			assertThatIllegalArgumentException().isThrownBy(() -> ColumnDefinition.of("a", text))
				.withMessageContaining("type");
			return;
		}
		ColumnDefinition column = ColumnDefinition.of("a", "int");
		assertThatIllegalArgumentException().isThrownBy(() -> column.defaultExpression(text))
			.withMessageContaining("defaultExpression");
		assertThatIllegalArgumentException().isThrownBy(() -> column.check(text)).withMessageContaining("check");
		assertThatIllegalArgumentException().isThrownBy(() -> this.tables.createTable("made", column).check(text))
			.withMessageContaining("check");
	}

	@Test
	void namesWhatIsWrongInAMap() {
		refused(Map.of("type", "int"), "name");
		refused(Map.of("name", "a"), "type");
		refused(Map.of("name", "a", "type", 7), "java.lang.Integer");
		refused(Map.of("name", "a", "type", "int", "option", Map.of()), "[option]");
		refused(Map.of("name", "a", "type", "int", "options", List.of()), "map");
		refused(column("a", "int", Map.of("primary", true)), "[primary]", "primary_key");
		refused(column("a", "int", Map.of("unique", "yes")), "unique", "true or false");
		refused(column("a", "int", Map.of("references", "items")), "table.column");
		refused(column("a", "int", Map.of("check", 1)), "check");
	}

	private void refused(Map<String, ?> definition, String... told) {
		assertThatIllegalArgumentException().isThrownBy(() -> ColumnDefinition.of(definition))
			.satisfies((ex) -> assertThat(ex).hasMessageContainingAll(told));
	}

}
