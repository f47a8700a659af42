package io.trunkline.test.session;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.spi.R2dbcException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.r2dbc.core.DatabaseClient;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class Group13SessionStateIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	private Mono<Long> inTransaction(String... statements) {
		Mono<Long> all = Mono.just(0L);
		for (String sql : statements) {
			all = all.then(this.fixture.update(sql));
		}
		return all.as(this.fixture.transaction()::transactional);
	}

	@ParameterizedTest
	@ValueSource(strings = { "SET LOCAL work_mem = '5MB'", "SELECT set_config('work_mem', '5MB', true)" })
	void aLocalSettingEndsWithItsTransaction(String set) {
		String before = this.fixture.list("SHOW work_mem", String.class).get(0);
		String inside = this.fixture.update(set)
			.then(this.fixture.values("SHOW work_mem", String.class).single())
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(inside).isEqualTo("5MB");
		assertThat(this.fixture.list("SHOW work_mem", String.class)).containsExactly(before);
	}

	@Test
	void aSettingOfTheApplicationEndsWithItsTransaction() {
		this.fixture.update("SELECT set_config('app.tenant', '42', true)")
			.then(this.fixture.values("SELECT current_setting('app.tenant')", String.class).single())
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(this.fixture.list("SELECT coalesce(current_setting('app.tenant', true), '')", String.class))
			.containsExactly("");
	}

	@ParameterizedTest
	@ValueSource(strings = { "SELECT pg_advisory_xact_lock(4711)", "select PG_TRY_ADVISORY_XACT_LOCK (4711)" })
	@ExtendWith(OutputCaptureExtension.class)
	void anAdvisoryLockThatOutlivesItsTransactionIsNamed(String sql, CapturedOutput output) {
		this.fixture.update(sql).as(this.fixture.transaction()::transactional).block(SessionFixture.LONG);
		this.fixture.update(sql).as(this.fixture.transaction()::transactional).block(SessionFixture.LONG);
		assertThat(output).containsOnlyOnce(sql).containsOnlyOnce("advisory lock");
		assertThat(locks()).isOne();
		this.fixture.end();
		assertThat(locks()).isZero();
	}

	private Long locks() {
		return DatabaseClient.create(this.fixture.real())
			.sql("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711"
					+ " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
			.mapValue(Long.class)
			.one()
			.block(SessionFixture.LONG);
	}

	@Test
	@ExtendWith(OutputCaptureExtension.class)
	void anAdvisoryLockOfATransactionThatIsRolledBackIsNotNamed(CapturedOutput output) {
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> this.fixture.update("SELECT pg_advisory_xact_lock(4711)")
				.then(Mono.error(new IllegalStateException("rolled back")))
				.as(this.fixture.transaction()::transactional)
				.block(SessionFixture.LONG));
		assertThat(output).doesNotContain("advisory lock");
		assertThat(locks()).isZero();
	}

	@Test
	void aSettingEndsWithTheTest() {
		this.fixture.execute("SET search_path = pg_catalog");
		this.fixture.end();
		this.fixture.open(SessionOptions.DEFAULT);
		assertThat(this.fixture.count("item")).isZero();
	}

	@Test
	void aTemporaryTableIsDroppedAtTheCommit() {
		for (int i = 0; i < 2; i++) {
			inTransaction("CREATE TEMPORARY TABLE \"Staging\" (id int) ON COMMIT DROP",
					"INSERT INTO \"Staging\" VALUES (1)")
				.block(SessionFixture.LONG);
		}
		assertThat(this.fixture.list("SELECT to_regclass('pg_temp.\"Staging\"') IS NULL", Boolean.class))
			.containsExactly(true);
	}

	@Test
	void aTemporaryTableIsEmptiedAtTheCommit() {
		inTransaction("CREATE TEMP TABLE staging (id int) ON COMMIT DELETE ROWS", "INSERT INTO staging VALUES (1)")
			.block(SessionFixture.LONG);
		assertThat(this.fixture.count("staging")).isZero();
	}

	@Test
	void aTemporaryTableEndsWithTheTest() {
		this.fixture.execute("CREATE TEMP TABLE kept (id int)");
		this.fixture.execute("INSERT INTO kept VALUES (1)");
		assertThat(this.fixture.count("kept")).isOne();
		this.fixture.end();
		this.fixture.open(SessionOptions.DEFAULT);
		assertThat(this.fixture.list("SELECT to_regclass('pg_temp.kept') IS NULL", Boolean.class))
			.containsExactly(true);
	}

	@Test
	void listenIsRefusedAndNotifyIsNot() {
		PostgresqlConnection connection = this.fixture.connect();
		assertThatExceptionOfType(R2dbcException.class).isThrownBy(() -> connection.createStatement("LISTEN news"))
			.withMessageContaining("@DatabasePerTest");
		this.fixture.execute("NOTIFY news, 'nobody hears it'");
		connection.close().block(SessionFixture.LONG);
	}

	@ParameterizedTest
	@ValueSource(strings = { "VACUUM item", "CREATE INDEX CONCURRENTLY ON item (name)", "CREATE DATABASE never" })
	void whatRunsOutsideOfTransactionsIsToldWhereItCan(String sql) {
		assertThatExceptionOfType(Exception.class).isThrownBy(() -> this.fixture.execute(sql))
			.withStackTraceContaining("cannot run inside a transaction block")
			.withStackTraceContaining("@DatabasePerTest");
		this.fixture.execute("INSERT INTO item VALUES (1, 'a')");
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void largeObjectDescriptorsLiveAsLongAsTheirTransaction() {
		Long written = this.fixture
			.values("SELECT lowrite(lo_open(lo_create(0), 131072), 'abc'::bytea)::bigint", Long.class)
			.single()
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(written).isEqualTo(3);
		this.fixture.end();
		assertThat(this.fixture.committed("pg_largeobject_metadata")).isZero();
	}

}
