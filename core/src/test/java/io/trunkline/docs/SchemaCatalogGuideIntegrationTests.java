package io.trunkline.docs;

import java.util.List;

import io.trunkline.connection.SqlIdentifiers;
import io.trunkline.embedded.testing.PostgresTestServer;
import io.trunkline.schema.ColumnInfo;
import io.trunkline.schema.FunctionInfo;
import io.trunkline.schema.SchemaCatalog;
import io.trunkline.schema.TableInfo;
import io.trunkline.schema.TableNotFoundException;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.reactive.TransactionalOperator;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The code of {@code docs/schema-catalog.md}.
 */
class SchemaCatalogGuideIntegrationTests {

	private final PostgresTestServer server = PostgresTestServer.get();

	private final String database = this.server.createDatabase();

	private final TestPool pool = TestPool.ofOne(this.database);

	private final SchemaCatalog catalog = SchemaCatalog.create(this.pool.connectionFactory());

	private final DatabaseClient client = DatabaseClient.create(this.pool.connectionFactory());

	private final TransactionalOperator transaction = this.pool.transaction();

	@BeforeEach
	void createTables() {
		this.server.executeIn(this.database, "CREATE TABLE customer (id bigint PRIMARY KEY, name text UNIQUE)",
				"CREATE FUNCTION sales_of(since date) RETURNS TABLE (day date, total numeric) LANGUAGE sql"
						+ " AS 'SELECT since, 1.0'");
	}

	@AfterEach
	void dropDatabase() {
		this.pool.close();
		this.server.dropDatabase(this.database);
	}

	// tag::service[]
	@Service
	static class Dictionary {

		private final SchemaCatalog catalog;

		Dictionary(SchemaCatalog catalog) {
			this.catalog = catalog;
		}

		Mono<List<String>> columnsOf(String table) {
			return this.catalog.table(table).map((found) -> found.columns().stream().map(ColumnInfo::name).toList());
		}

	}
	// end::service[]

	@Test
	void looksATableUp() {
		assertThat(new Dictionary(this.catalog).columnsOf("customer").block()).containsExactly("id", "name");
	}

	@Test
	void offersTheNearest() {
		// tag::nearest[]
		Mono<String> table = this.catalog.table("custmer")
			.map(TableInfo::name)
			.onErrorResume(TableNotFoundException.class, (ex) -> Mono.just(ex.getNearest().get(0)));
		// end::nearest[]
		assertThat(table.block()).isEqualTo("customer");
	}

	@Test
	void runsWorkOnATable() {
		// tag::work[]
		Flux<String> names = this.catalog.withTable("customer",
				(table) -> this.client
					.sql("SELECT " + SqlIdentifiers.quote(table.column("name").name()) + " FROM " + table.quotedName()
							+ " ORDER BY 1")
					.mapValue(String.class)
					.all());
		// end::work[]
		assertThat(names.collectList().block()).isEmpty();
	}

	@Test
	void seesTheTransactionsOwnChange() {
		// tag::transaction[]
		Mono<TableInfo> changed = this.client.sql("ALTER TABLE customer ADD COLUMN since date")
			.then()
			.then(this.catalog.table("customer")) // has the new column already
			.as(this.transaction::transactional);
		// end::transaction[]
		assertThat(changed.block()).isNotNull()
			.extracting((table) -> table.findColumn("since").isPresent())
			.isEqualTo(true);
	}

	@Test
	void listsAndFollowsAliases() {
		// tag::list[]
		SchemaCatalog chosen = SchemaCatalog.builder(this.pool.connections())
			.schemas(List.of("public"))
			.exclude(List.of("flyway_*"))
			.build();
		Flux<TableInfo> tables = chosen.tables();
		// end::list[]
		assertThat(tables.map(TableInfo::name).collectList().block()).containsExactly("customer");
		// tag::alias[]
		this.catalog.registerAlias("sales report", "public.sales_of");
		Mono<FunctionInfo> report = this.catalog.function("sales report");
		// end::alias[]
		assertThat(report.map((function) -> function.columns().size()).block()).isEqualTo(2);
	}

}
