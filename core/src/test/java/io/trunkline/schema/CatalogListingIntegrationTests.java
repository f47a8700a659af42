package io.trunkline.schema;

import java.util.List;

import io.trunkline.schema.ConstraintInfo.Check;
import io.trunkline.schema.FunctionInfo.Argument;
import io.trunkline.schema.FunctionInfo.ResultColumn;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.InvalidDataAccessApiUsageException;
import org.springframework.dao.InvalidDataAccessResourceUsageException;
import org.springframework.dao.PermissionDeniedDataAccessException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class CatalogListingIntegrationTests extends SchemaFixture {

	@BeforeEach
	void createSchemas() {
		ddl("CREATE SCHEMA sales", "CREATE SCHEMA \"Odd_one\"", "CREATE TABLE a_b (id serial PRIMARY KEY)",
				"CREATE TABLE axb (id int)", "CREATE TABLE sales.orders (id int)",
				"CREATE VIEW sales.recent AS SELECT 1 AS one", "CREATE TABLE \"Odd_one\".\"With.dot\" (id int)");
	}

	@AfterEach
	void dropSchemas() {
		ddl("DROP SCHEMA sales CASCADE", "DROP SCHEMA \"Odd_one\" CASCADE");
	}

	@Test
	void listsAllButTheServersOwn() {
		assertThat(tables(builder())).containsExactly("Odd_one.\"With.dot\"", "public.a_b", "public.axb",
				"sales.orders", "sales.recent");
	}

	@Test
	void listsChosenSchemas() {
		assertThat(tables(builder().schemas(List.of("sales", "missing")))).containsExactly("sales.orders",
				"sales.recent");
		assertThat(tables(builder().schemas(List.of("pg_catalog")))).contains("pg_catalog.pg_class");
	}

	@Test
	void listsByPatterns() {
		assertThat(tables(builder().include(List.of("a_*", "\"With.*\"")))).containsExactly("Odd_one.\"With.dot\"",
				"public.a_b");
		assertThat(tables(builder().include(List.of("a?b")).exclude(List.of("public.a_b"))))
			.containsExactly("public.axb");
		assertThat(tables(builder().exclude(List.of("sales.*", "Odd*.*")))).containsExactly("public.a_b", "public.axb");
		assertThat(tables(builder().include(List.of("%", "'; DROP TABLE axb; --")))).isEmpty();
		assertThatIllegalArgumentException().isThrownBy(() -> builder().include(List.of("a.b.c")));
	}

	@Test
	void looksUpByNameWhatAListingLeavesOut() {
		SchemaCatalog catalog = builder().schemas(List.of("sales")).exclude(List.of("*")).build();
		assertThat(get(catalog.table("a_b")).schema()).isEqualTo("public");
	}

	@Test
	void listsWhatARoleMayUse() {
		String role = this.server.createRole("secret");
		ddl("GRANT USAGE ON SCHEMA sales TO " + role, "GRANT SELECT (id) ON sales.orders TO " + role,
				"GRANT SELECT ON \"Odd_one\".\"With.dot\" TO " + role);
		try (TestPool rolePool = TestPool.ofOne(this.database, role, "secret")) {
			SchemaCatalog catalog = SchemaCatalog.create(rolePool.connectionFactory());
			assertThat(get(catalog.tables().collectList())).extracting(TableInfo::name).containsExactly("orders");
			assertThat(get(catalog.sequences().collectList())).isEmpty();
			assertThat(get(catalog.table("sales.orders")).columns()).hasSize(1);
			for (String denied : List.of("axb", "sales.recent", "\"Odd_one\".\"With.dot\"")) {
				assertThat(failure(PermissionDeniedDataAccessException.class, catalog.table(denied)))
					.hasMessageContaining("no right to");
			}
			assertThat(failure(TableNotFoundException.class, catalog.table("recen")).getNearest())
				.doesNotContain("sales.recent");
			rolePool.assertUsable();
		}
		finally {
			ddl("DROP OWNED BY " + role + " CASCADE");
			this.server.execute("DROP ROLE " + role);
		}
	}

	@Test
	void listsTypesAndDomains() {
		ddl("CREATE TYPE sales.mood AS ENUM ('b', 'a')", "CREATE TYPE pair AS (x int, y sales.mood)",
				"CREATE DOMAIN code AS varchar(9) NOT NULL DEFAULT 'x' CONSTRAINT code_long CHECK (length(VALUE) > 2)"
						+ " CONSTRAINT code_a CHECK (VALUE <> 'aaa')",
				"COMMENT ON DOMAIN code IS 'A code'");
		assertThat(get(this.catalog.types().collectList())).extracting(TypeInfo::name)
			.containsExactly("code", "pair", "mood");
		assertThat(get(builder().schemas(List.of("sales")).build().types().collectList())).singleElement()
			.extracting(TypeInfo::labels)
			.isEqualTo(List.of("b", "a"));
		DomainInfo domain = get(this.catalog.domains().single());
		assertThat(domain.type().element()).extracting(TypeInfo::name).isEqualTo("varchar");
		assertThat(domain.formattedType()).isEqualTo("character varying(9)");
		assertThat(domain.nullable()).isFalse();
		assertThat(domain.defaultExpression()).startsWith("'x'");
		assertThat(domain.checks()).extracting(Check::name).containsExactly("code_a", "code_long");
		assertThat(domain.comment()).isEqualTo("A code");
	}

	@Test
	void findsTypesByTheirOids() {
		ddl("CREATE TYPE sales.mood AS ENUM ('b', 'a')", "CREATE DOMAIN code AS varchar(9)",
				"CREATE TYPE pair AS (x code, y sales.mood[])");
		long pair = this.pool.sideNumber("SELECT 'pair'::regtype::oid::bigint");
		long moods = this.pool.sideNumber("SELECT 'sales.mood[]'::regtype::oid::bigint");
		long text = this.pool.sideNumber("SELECT 'text'::regtype::oid::bigint");
		List<TypeInfo> types = get(this.catalog.types(List.of(text, pair, moods, text, pair)).collectList());
		assertThat(types).extracting(TypeInfo::name).containsExactly("text", "pair", "_mood", "text", "pair");
		assertThat(types.get(1).attributes()).extracting((attribute) -> attribute.type().withoutDomains().name())
			.containsExactly("varchar", "_mood");
		assertThat(types.get(2).element()).isNotNull().extracting(TypeInfo::labels).isEqualTo(List.of("b", "a"));
		ddl("ALTER TYPE sales.mood ADD VALUE 'c'");
		assertThat(get(this.catalog.types(List.of(moods)).single()).element()).isNotNull()
			.extracting(TypeInfo::labels)
			.isEqualTo(List.of("b", "a", "c"));
		assertThat(get(this.catalog.types(List.of()).collectList())).isEmpty();
		assertThat(failure(InvalidDataAccessResourceUsageException.class, this.catalog.types(List.of(text, 1L))))
			.hasMessageContaining("oid 1");
	}

	@Test
	void remembersTheServersOwnTypes() {
		List<Long> oids = List.of(this.pool.sideNumber("SELECT 'int4'::regtype::oid::bigint"),
				this.pool.sideNumber("SELECT 'tsvector[]'::regtype::oid::bigint"));
		List<TypeInfo> read = get(this.catalog.types(oids).collectList());
		this.pool.connectionFactory().dispose();
		assertThat(get(this.catalog.types(oids).collectList())).isEqualTo(read);
	}

	@Test
	void listsSequences() {
		ddl("CREATE SEQUENCE sales.\"Next\" AS smallint START 5 INCREMENT -2 MINVALUE -10 MAXVALUE 10 CACHE 3 CYCLE",
				"COMMENT ON SEQUENCE sales.\"Next\" IS 'down'");
		List<SequenceInfo> sequences = get(this.catalog.sequences().collectList());
		assertThat(sequences).containsExactly(
				new SequenceInfo("public", "a_b_id_seq", "integer", 1, 1, 1, Integer.MAX_VALUE, 1, false,
						new TableName("public", "a_b"), "id", null),
				new SequenceInfo("sales", "Next", "smallint", 5, -2, -10, 10, 3, true, null, null, "down"));
	}

	@Test
	void readsTableValuedFunctions() {
		ddl("""
				CREATE FUNCTION report(since date, VARIADIC tags text[]) RETURNS TABLE (day date, "Total sum" numeric)
				LANGUAGE sql AS 'SELECT since, 1.0'""", """
				CREATE FUNCTION mixed(IN a int, INOUT b text, OUT c int, d int DEFAULT 3)
				LANGUAGE sql AS $$ SELECT b, a $$""",
				"CREATE FUNCTION sales.all_orders() RETURNS SETOF sales.orders LANGUAGE sql AS 'SELECT * FROM sales.orders'",
				"CREATE FUNCTION numbers(n int) RETURNS SETOF int LANGUAGE sql AS 'SELECT 1'",
				"CREATE FUNCTION anything() RETURNS SETOF record LANGUAGE sql AS 'SELECT 1, 2'",
				"CREATE FUNCTION scalar() RETURNS int LANGUAGE sql AS 'SELECT 1'",
				"COMMENT ON FUNCTION numbers IS 'Just one'");
		assertThat(get(this.catalog.functions().collectList())).extracting(FunctionInfo::name)
			.containsExactly("anything", "mixed", "numbers", "report", "all_orders");
		FunctionInfo report = get(this.catalog.function("report"));
		assertThat(report.returnsSet()).isTrue();
		assertThat(report.columns()).extracting(ResultColumn::name).containsExactly("day", "Total sum");
		assertThat(report.columns()).extracting((column) -> column.type().name()).containsExactly("date", "numeric");
		assertThat(report.arguments()).extracting(Argument::name).containsExactly("since", "tags");
		assertThat(report.arguments()).extracting(Argument::formattedType).containsExactly("date", "text[]");
		assertThat(report.arguments()).extracting(Argument::variadic).containsExactly(false, true);
		assertThat(report.requiredArguments()).isOne();
		FunctionInfo mixed = get(this.catalog.function("mixed"));
		assertThat(mixed.columns()).extracting(ResultColumn::name).containsExactly("b", "c");
		assertThat(mixed.arguments()).extracting(Argument::name).containsExactly("a", "b", "d");
		assertThat(mixed.arguments()).extracting(Argument::optional).containsExactly(false, false, true);
		assertThat(mixed.returnsSet()).isFalse();
		assertThat(get(this.catalog.function("sales.all_orders")).columns()).extracting(ResultColumn::name)
			.containsExactly("id");
		FunctionInfo numbers = get(this.catalog.function("numbers"));
		assertThat(numbers.columns()).extracting(ResultColumn::name).containsExactly("numbers");
		assertThat(numbers.comment()).isEqualTo("Just one");
		assertThat(get(this.catalog.function("anything")).columns()).isEmpty();
		assertThat(failure(FunctionNotFoundException.class, this.catalog.function("all_order")).getCandidates()).first()
			.isEqualTo("sales.all_orders");
	}

	@Test
	void choosesAmongFunctionsOfOneName() {
		assertThat(failure(FunctionNotFoundException.class, this.catalog.function("generate_series")))
			.hasMessageContaining("generate_series(integer, integer)");
		assertThat(get(this.catalog.function("generate_series", "bigint", "int8")).columns().get(0).type().name())
			.isEqualTo("int8");
		failure(FunctionNotFoundException.class, this.catalog.function("generate_series", "point"));
	}

	@Test
	void followsAliasesThoseOfTheTransactionFirst() {
		ddl("CREATE FUNCTION one() RETURNS SETOF int LANGUAGE sql AS 'SELECT 1'",
				"CREATE FUNCTION two() RETURNS SETOF int LANGUAGE sql AS 'SELECT 2'",
				"CREATE FUNCTION three() RETURNS SETOF int LANGUAGE sql AS 'SELECT 2'");
		this.catalog.registerAlias("my.own alias", "one");
		this.catalog.registerAlias("three", "one");
		assertThat(resolved("my.own alias")).isEqualTo("one");
		assertThat(resolved("three")).isEqualTo("one");
		List<String> inside = get(this.pool.within(true,
				Flux.concat(this.catalog.registerTransactionAlias("my.own alias", "public.two").then(Mono.empty()),
						this.catalog.function("my.own alias").map(FunctionInfo::name),
						this.catalog.function("three").map(FunctionInfo::name))
					.collectList()));
		assertThat(inside).containsExactly("two", "one");
		assertThat(resolved("my.own alias")).isEqualTo("one");
		failure(InvalidDataAccessApiUsageException.class, this.catalog.registerTransactionAlias("a", "one"));
		assertThatIllegalArgumentException().isThrownBy(() -> this.catalog.registerAlias("a", "b.c.d"));
	}

	private String resolved(String alias) {
		return get(this.catalog.function(alias)).name();
	}

	private SchemaCatalog.Builder builder() {
		return SchemaCatalog.builder(this.pool.connections());
	}

	private static List<String> tables(SchemaCatalog.Builder builder) {
		return get(builder.build().tables().map((table) -> table.tableName().toString()).collectList());
	}

}
