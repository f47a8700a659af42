package io.trunkline.schema;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.trunkline.connection.PostgresErrors;
import io.trunkline.testing.TestPool;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.dao.PermissionDeniedDataAccessException;
import org.springframework.r2dbc.connection.R2dbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.reactive.TransactionalOperator;
import org.springframework.transaction.support.DefaultTransactionDefinition;

import static org.assertj.core.api.Assertions.assertThat;

class CatalogFreshnessIntegrationTests extends SchemaFixture {

	private static final Duration NEVER = Duration.ofDays(1_000_000);

	private final List<String> observed = new CopyOnWriteArrayList<>();

	private ObservationRegistry observations;

	/**
	 * Never asks by itself, so that whatever it notices it notices otherwise.
	 */
	private SchemaCatalog patient;

	/**
	 * Asks each time.
	 */
	private SchemaCatalog strict;

	@BeforeEach
	void createCatalogs() {
		this.observed.clear();
		this.observations = ObservationRegistry.create();
		this.observations.observationConfig().observationHandler(new Names(this.observed));
		this.patient = catalog(this.pool, NEVER);
		this.strict = catalog(this.pool, Duration.ZERO);
		ddl("CREATE TABLE t (id int PRIMARY KEY, name text)");
	}

	private SchemaCatalog catalog(TestPool pool, Duration verifyAfter) {
		return SchemaCatalog.builder(pool.connections())
			.verifyAfter(verifyAfter)
			.observationRegistry(this.observations)
			.build();
	}

	@Test
	void readsATableOnce() {
		TableInfo first = get(this.patient.table("t"));
		for (int i = 0; i < 5; i++) {
			assertThat(get(this.patient.table("t"))).isSameAs(first);
		}
		assertThat(reads()).isEqualTo(1);
		assertThat(checks()).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "ALTER TABLE t ADD COLUMN more int", "ALTER TABLE t RENAME COLUMN name TO title",
			"ALTER TABLE t ALTER COLUMN name TYPE varchar(5)", "ALTER TABLE t ALTER COLUMN name SET NOT NULL",
			"ALTER TABLE t ALTER COLUMN name SET DEFAULT 'x'", "ALTER TABLE t DROP COLUMN name",
			"ALTER TABLE t DROP CONSTRAINT t_pkey", "ALTER TABLE t ADD CHECK (id > 0)",
			"ALTER TABLE t RENAME CONSTRAINT t_pkey TO renamed", "ALTER INDEX t_pkey RENAME TO renamed",
			"CREATE UNIQUE INDEX t_name ON t (name)", "CREATE INDEX t_name ON t (name)", "COMMENT ON TABLE t IS 'new'",
			"COMMENT ON COLUMN t.name IS 'new'", "COMMENT ON INDEX t_pkey IS 'new'",
			"ALTER TABLE t ADD FOREIGN KEY (id) REFERENCES u",
			"DROP TABLE t; CREATE TABLE t (id int PRIMARY KEY, name int)",
			"ALTER TABLE t RENAME TO v; ALTER TABLE u RENAME TO t",
			"ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY" })
	void noticesAnyChange(String change) {
		ddl("CREATE TABLE u (id int PRIMARY KEY)");
		TableInfo before = get(this.strict.table("t"));
		assertThat(get(this.strict.table("t"))).isSameAs(before);
		ddl(change);
		TableInfo after = get(this.strict.table("t"));
		assertThat(after).isNotEqualTo(before).isEqualTo(get(catalog(this.pool, NEVER).table("t")));
		assertThat(get(this.strict.table("t"))).isSameAs(after);
	}

	@ParameterizedTest
	@ValueSource(strings = { "ALTER TYPE mood ADD VALUE 'happy'", "ALTER TYPE pair ADD ATTRIBUTE c int",
			"ALTER TYPE mood RENAME VALUE 'sad' TO 'sombre'", "ALTER TABLE other RENAME COLUMN id TO number",
			"ALTER TABLE other RENAME TO another" })
	void noticesAChangeOfWhatATableIsMadeOf(String change) {
		ddl("CREATE TYPE mood AS ENUM ('sad')", "CREATE TYPE pair AS (a int, b mood[])",
				"CREATE TABLE other (id int PRIMARY KEY)",
				"CREATE TABLE made (id int REFERENCES other (id), pairs pair[])");
		TableInfo before = get(this.strict.table("made"));
		assertThat(get(this.strict.table("made"))).isSameAs(before);
		ddl(change);
		assertThat(get(this.strict.table("made"))).isNotEqualTo(before)
			.isEqualTo(get(catalog(this.pool, NEVER).table("made")));
	}

	@Test
	void doesNotTakeDataForAChange() {
		TableInfo before = get(this.strict.table("t"));
		ddl("INSERT INTO t SELECT i, i FROM generate_series(1, 1000) i", "ANALYZE t", "VACUUM FREEZE t",
				"VACUUM FREEZE pg_class", "VACUUM FREEZE pg_attribute", "DELETE FROM t");
		assertThat(get(this.strict.table("t"))).isSameAs(before);
	}

	@ParameterizedTest
	@ValueSource(strings = { "TRUNCATE t", "REINDEX TABLE t", "VACUUM FULL t" })
	void doesNotTakeNewFilesForAChange(String rewrite) {
		ddl("INSERT INTO t VALUES (1, 'a')", "CREATE INDEX t_name ON t (name)");
		TableInfo before = get(this.strict.table("t"));
		ddl(rewrite);
		assertThat(get(this.strict.table("t"))).isSameAs(before);
		assertThat(reads()).isEqualTo(1);
	}

	@Test
	void noticesThatATableHasMovedAlongTheSearchPath() {
		ddl("CREATE TABLE u (id int)");
		TableInfo before = get(this.strict.table("u"));
		ddl("DO $$ BEGIN EXECUTE format('CREATE SCHEMA %1$I; ALTER TABLE u SET SCHEMA %1$I', current_user); END $$");
		try {
			assertThat(get(this.strict.table("u"))).isNotEqualTo(before)
				.isEqualTo(get(catalog(this.pool, NEVER).table("u")));
		}
		finally {
			ddl("DO $$ BEGIN EXECUTE format('DROP SCHEMA %I CASCADE', current_user); END $$");
		}
	}

	@ParameterizedTest
	@CsvSource({ "GRANT SELECT ON t TO %s, REVOKE SELECT ON t FROM %s",
			"ALTER TABLE t OWNER TO %s, ALTER TABLE t OWNER TO CURRENT_USER" })
	void noticesThatARoleHasLostItsRight(String give, String take) {
		String role = this.server.createRole("secret");
		ddl(give.formatted(role));
		try (TestPool rolePool = TestPool.ofOne(this.database, role, "secret")) {
			SchemaCatalog catalog = catalog(rolePool, Duration.ZERO);
			assertThat(get(catalog.table("t")).name()).isEqualTo("t");
			ddl(take.formatted(role));
			assertThat(failure(PermissionDeniedDataAccessException.class, catalog.table("t"))).isNotNull();
		}
		finally {
			ddl("DROP OWNED BY " + role + " CASCADE");
		}
	}

	@Test
	void noticesADroppedTable() {
		get(this.strict.table("t"));
		ddl("DROP TABLE t");
		failure(TableNotFoundException.class, this.strict.table("t"));
		ddl("CREATE TABLE t (fresh int)");
		assertThat(columns(get(this.strict.table("t")))).containsExactly("fresh");
	}

	@Test
	void runsWorkAgainWithTheNewShapeWhenItFailsSinceTheTableHasChanged() {
		ddl("INSERT INTO t VALUES (1, 'one')");
		assertThat(names()).containsExactly("one");
		ddl("ALTER TABLE t RENAME COLUMN name TO title");
		assertThat(get(this.patient.table("t")).findColumn("name")).as("what it still knows").isPresent();
		assertThat(names()).containsExactly("one");
		assertThat(columns(get(this.patient.table("t")))).containsExactly("id", "title");
		assertThat(reads()).isEqualTo(2);
		assertThat(names()).containsExactly("one");
		assertThat(reads()).isEqualTo(2);
	}

	private List<String> names() {
		return get(this.patient
			.withTable("t",
					(table) -> this.pool.values(String.class,
							"SELECT \"" + table.columns().get(1).name() + "\" FROM " + table.quotedName()))
			.collectList());
	}

	@Test
	void runsWorkAgainThatMissesANewColumn() {
		get(this.patient.table("t"));
		ddl("ALTER TABLE t ADD COLUMN more int");
		assertThat(get(this.patient.withTable("t", (table) -> Mono.just(table.column("more").type().name())).single()))
			.isEqualTo("int4");
	}

	@Test
	void runsWorkAgainOnlyOnce() {
		AtomicInteger runs = new AtomicInteger();
		get(this.patient.table("t"));
		ddl("ALTER TABLE t ADD COLUMN more int");
		failure(UnknownColumnException.class, this.patient.withTable("t", (table) -> {
			ddl("ALTER TABLE t ADD COLUMN c" + runs.incrementAndGet() + " int");
			return Mono.just(table.column("nothing"));
		}));
		assertThat(runs).hasValue(2);
	}

	@Test
	void doesNotRunWorkAgainWhenTheTableIsTheSame() {
		AtomicInteger runs = new AtomicInteger();
		failure(UnknownColumnException.class, this.patient.withTable("t", (table) -> {
			runs.incrementAndGet();
			return Mono.just(table.column("nothing"));
		}));
		DataAccessException wrong = failure(DataAccessException.class, this.patient.withTable("t", (table) -> {
			runs.incrementAndGet();
			return this.pool.values(Long.class, "SELECT nothing FROM t");
		}));
		assertThat(PostgresErrors.sqlState(wrong)).contains("42703");
		assertThat(runs).hasValue(2);
		assertThat(reads()).isEqualTo(1);
	}

	@Test
	void doesNotRunWorkAgainThatFailsForAnotherReason() {
		AtomicInteger runs = new AtomicInteger();
		ddl("INSERT INTO t VALUES (1, 'one')");
		get(this.patient.table("t"));
		ddl("ALTER TABLE t ADD COLUMN more int");
		failure(DuplicateKeyException.class, this.patient.withTable("t", (table) -> {
			runs.incrementAndGet();
			return this.pool.connections().execute("INSERT INTO t VALUES (1, 'two')");
		}));
		failure(IllegalStateException.class, this.patient.withTable("t", (table) -> {
			runs.incrementAndGet();
			throw new IllegalStateException("mine");
		}));
		assertThat(runs).hasValue(2);
	}

	@Test
	void doesNotRunWorkAgainThatHasBegunToAnswer() {
		get(this.patient.table("t"));
		ddl("ALTER TABLE t ADD COLUMN more int");
		AtomicInteger runs = new AtomicInteger();
		failure(UnknownColumnException.class, this.patient.withTable("t", (table) -> {
			runs.incrementAndGet();
			return Flux.concat(Mono.just(1), Mono.fromCallable(() -> table.column("more").position()));
		}));
		assertThat(runs).hasValue(1);
		assertThat(get(this.patient.table("t")).findColumn("more")).as("read again by the next").isPresent();
	}

	@Test
	void reportsThatTheTableIsGoneWhenWorkFailsForThat() {
		get(this.patient.table("t"));
		ddl("DROP TABLE t");
		TableNotFoundException failure = failure(TableNotFoundException.class,
				this.patient.withTable("t", (table) -> this.pool.values(Long.class, "SELECT count(*) FROM t")));
		assertThat(failure.getSuppressed()).anyMatch((ex) -> PostgresErrors.sqlState(ex).equals(Optional.of("42P01")));
	}

	@Test
	void seesTheTransactionsOwnChangesAndNobodyElseDoes() {
		SchemaCatalog shared = catalog(this.pool, NEVER);
		get(shared.table("t"));
		List<List<String>> seen = get(this.pool.transaction()
			.execute((status) -> Flux.concat(shared.table("t").map(this::columns),
					this.pool.connections().execute("ALTER TABLE t ADD COLUMN a int").then(Mono.empty()),
					shared.table("t").map(this::columns),
					shared.<List<String>>withTable("t", (table) -> Mono.just(columns(table))),
					this.pool.connections().execute("ALTER TABLE t ADD COLUMN b int").then(Mono.empty()),
					shared.table("t").map(this::columns), Mono.fromRunnable(status::setRollbackOnly)))
			.collectList());
		assertThat(seen).containsExactly(List.of("id", "name"), List.of("id", "name", "a"), List.of("id", "name", "a"),
				List.of("id", "name", "a", "b"));
		assertThat(columns(get(shared.table("t")))).containsExactly("id", "name");
		assertThat(columns(get(shared.withTable("t", Mono::just).single()))).containsExactly("id", "name");
	}

	@Test
	void sharesATransactionsChangesOnceItHasCommitted() {
		get(this.patient.table("t"));
		run(this.pool.within(true,
				this.pool.connections()
					.execute("ALTER TABLE t ADD COLUMN a int")
					.then(this.patient.table("t"))
					.then(this.pool.connections().execute("ALTER TABLE t ADD COLUMN b int"))));
		assertThat(columns(get(this.patient.table("t")))).containsExactly("id", "name", "a", "b");
	}

	@Test
	void remembersWhatACommittedTransactionRead() {
		run(this.pool.within(true, this.patient.table("t")));
		assertThat(reads()).isEqualTo(1);
		run(this.pool.within(true, this.patient.table("t").then(this.patient.table("t"))));
		run(this.patient.table("t"));
		assertThat(reads()).isEqualTo(1);
		assertThat(checks()).isEqualTo(3);
	}

	@Test
	void forgetsATableThatOnlyAnAbortedTransactionHad() {
		failure(IllegalStateException.class,
				this.pool.within(true,
						this.pool.connections()
							.execute("CREATE TABLE fleeting (a int)")
							.then(this.patient.table("fleeting"))
							.then(Mono.error(new IllegalStateException("mine")))));
		failure(TableNotFoundException.class, this.patient.table("fleeting"));
	}

	@Test
	void seesWhatASavepointTookBack() {
		TransactionalOperator nested = TransactionalOperator.create(
				new R2dbcTransactionManager(this.pool.connectionFactory()),
				new DefaultTransactionDefinition(TransactionDefinition.PROPAGATION_NESTED));
		Mono<List<String>> inSavepoint = this.pool.connections()
			.execute("ALTER TABLE t ADD COLUMN a int")
			.then(this.patient.table("t").map(this::columns))
			.flatMap((columns) -> Mono.<List<String>>error(new IllegalStateException(columns.toString())))
			.as(nested::transactional)
			.onErrorResume(IllegalStateException.class, (ex) -> Mono.just(List.of(String.valueOf(ex.getMessage()))));
		List<List<String>> seen = get(this.pool.within(true,
				Flux.concat(inSavepoint, this.patient.table("t").map(this::columns)).collectList()));
		assertThat(seen).containsExactly(List.of("[id, name, a]"), List.of("id", "name"));
		assertThat(columns(get(this.patient.table("t")))).containsExactly("id", "name");
	}

	@Test
	void keepsASuspendedTransactionApart() {
		try (TestPool two = TestPool.of(2, this.database)) {
			SchemaCatalog catalog = catalog(two, NEVER);
			TransactionalOperator anew = TransactionalOperator.create(
					new R2dbcTransactionManager(two.connectionFactory()),
					new DefaultTransactionDefinition(TransactionDefinition.PROPAGATION_REQUIRES_NEW));
			List<List<String>> seen = get(two.within(
					true, Flux
						.concat(two.connections().execute("CREATE TABLE mine (a int)").then(Mono.empty()),
								catalog.registerTransactionAlias("outer", "generate_series").then(Mono.empty()),
								catalog.table("mine").map(this::columns),
								catalog.table("mine")
									.map(this::columns)
									.as(anew::transactional)
									.onErrorResume(TableNotFoundException.class, (ex) -> Mono.just(List.of("hidden"))),
								catalog.table("mine").map(this::columns))
						.collectList()));
			assertThat(seen).containsExactly(List.of("a"), List.of("hidden"), List.of("a"));
			assertThat(columns(get(catalog.table("mine")))).containsExactly("a");
			two.awaitGivenBack();
		}
	}

	@Test
	void readsTemporaryTablesEachTime() {
		List<List<String>> seen = get(this.pool.within(true,
				Flux.concat(
						this.pool.connections()
							.execute("CREATE TEMPORARY TABLE t (mine int) ON COMMIT DROP")
							.then(Mono.empty()),
						this.patient.table("t").map(this::columns), this.patient.table("pg_temp.t").map(this::columns),
						this.patient.table("public.t").map(this::columns))
					.collectList()));
		assertThat(seen).containsExactly(List.of("mine"), List.of("mine"), List.of("id", "name"));
		assertThat(columns(get(this.patient.table("t")))).containsExactly("id", "name");
	}

	@Test
	void forgetsWhatItIsToldTo() {
		get(this.patient.table("t"));
		ddl("ALTER TABLE t ADD COLUMN a int");
		run(this.patient.forget("t"));
		assertThat(columns(get(this.patient.table("t")))).containsExactly("id", "name", "a");
		ddl("ALTER TABLE t ADD COLUMN b int");
		run(this.patient.forgetAll());
		assertThat(columns(get(this.patient.table("t")))).containsExactly("id", "name", "a", "b");
	}

	@Test
	void forgetsATableByAllOfItsNames() {
		get(this.patient.table("t"));
		get(this.patient.table("public.t"));
		ddl("ALTER TABLE t ADD COLUMN a int");
		run(this.patient.forget("public.t"));
		assertThat(columns(get(this.patient.table("t")))).containsExactly("id", "name", "a");
	}

	@Test
	void forgetsATableByAllOfItsNamesWhenTheTransactionThatDropsItHasCommitted() {
		get(this.patient.table("t"));
		run(this.pool.within(true,
				this.patient.table("public.t")
					.then(this.pool.connections().execute("DROP TABLE t"))
					.then(this.patient.forget("public.t"))));
		failure(TableNotFoundException.class, this.patient.table("t"));
	}

	@Test
	void warmsItselfWithAListing() {
		assertThat(get(this.patient.tables().collectList())).extracting(TableInfo::name).containsExactly("t");
		get(this.patient.table("t"));
		get(this.patient.table("public.t"));
		assertThat(reads()).isZero();
		assertThat(checks()).isZero();
	}

	private List<String> columns(TableInfo table) {
		return table.columns().stream().map(ColumnInfo::name).toList();
	}

	private long reads() {
		return observed("trunkline.catalog.table");
	}

	private long checks() {
		return observed("trunkline.catalog.check");
	}

	private long observed(String name) {
		return this.observed.stream().filter(name::equals).count();
	}

	private static void run(Mono<?> mono) {
		mono.block(TestPool.TIMEOUT);
	}

	private record Names(List<String> observed) implements ObservationHandler<Observation.Context> {

		@Override
		public void onStart(Observation.Context context) {
			this.observed.add(String.valueOf(context.getName()));
		}

		@Override
		public boolean supportsContext(Observation.Context context) {
			return true;
		}

	}

}
