package io.trunkline.test.session;

import io.r2dbc.postgresql.api.PostgresqlConnection;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What a commit would have ended, in the less usual ways to write it.
 */
class Group13LeftoversIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	private static Mono<Void> run(PostgresqlConnection connection, String sql) {
		return connection.createStatement(sql).execute().flatMap(PostgresqlResult::getRowsUpdated).then();
	}

	private void inTransaction(String... statements) {
		Mono<Long> all = Mono.just(0L);
		for (String sql : statements) {
			all = all.then(this.fixture.update(sql));
		}
		all.as(this.fixture.transaction()::transactional).block(SessionFixture.LONG);
	}

	private String value(String expression) {
		return this.fixture.list("SELECT coalesce(" + expression + "::text, '')", String.class).get(0);
	}

	@Test
	void theSchema() {
		inTransaction("SET LOCAL SCHEMA 'pg_catalog'");
		assertThat(this.fixture.count("item")).isZero();
	}

	@Test
	void theTimeZone() {
		String before = value("current_setting('TimeZone')");
		inTransaction("SET LOCAL TIME ZONE 'Asia/Tokyo'");
		assertThat(value("current_setting('TimeZone')")).isEqualTo(before);
	}

	@ParameterizedTest
	@ValueSource(strings = { "SET LOCAL SESSION AUTHORIZATION ", "SET LOCAL ROLE " })
	void theUserAndThenTheTablesThatTheOtherOneMade(String statement) {
		PostgresTestServer server = PostgresTestServer.get();
		String role = server.createRole("secret");
		try {
			inTransaction("CREATE TEMP TABLE staging (id int) ON COMMIT DROP", statement + role);
			assertThat(value("current_user")).isEqualTo(server.user());
			assertThat(value("to_regclass('pg_temp.staging')")).isEmpty();
		}
		finally {
			this.fixture.close();
			server.dropRole(role);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "SET LOCAL \"app.tenant\" = 42", "SET LOCAL app.tenant TO 42",
			"SELECT set_config('app.tenant', '42', true)",
			"SELECT set_config('app.tenant', coalesce('42', ''), true)" })
	void aSettingOfTheApplication(String sql) {
		inTransaction(sql);
		assertThat(value("current_setting('app.tenant', true)")).isEmpty();
	}

	@Test
	void butNoSettingOfTheSession() {
		inTransaction("SELECT set_config('app.tenant', '42', false)");
		assertThat(value("current_setting('app.tenant', true)")).isEqualTo("42");
	}

	@Test
	void noTableThatHasGoneAlready() {
		inTransaction("CREATE TEMP TABLE staging (id int) ON COMMIT DELETE ROWS", "DROP TABLE staging");
		assertThat(this.fixture.count("item")).isZero();
	}

	@Test
	void noTableThatASavepointHasTakenBack() {
		PostgresqlConnection connection = this.fixture.connect();
		connection.beginTransaction()
			.then(connection.createSavepoint("a"))
			.then(run(connection, "CREATE TEMP TABLE staging (id int) ON COMMIT DELETE ROWS"))
			.then(connection.rollbackTransactionToSavepoint("a"))
			.then(run(connection, "INSERT INTO item VALUES (1)"))
			.then(connection.commitTransaction())
			.then(connection.close())
			.block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void noSettingThatWasRefused() {
		PostgresqlConnection connection = this.fixture.connect();
		connection.beginTransaction()
			.then(connection.createSavepoint("a"))
			.then(run(connection, "SET LOCAL nonsense = 1").onErrorComplete())
			.then(connection.rollbackTransactionToSavepoint("a"))
			.then(run(connection, "INSERT INTO item VALUES (1, 'a')"))
			.then(connection.commitTransaction())
			.then(connection.close())
			.block(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isOne();
	}

	@ParameterizedTest
	@ValueSource(strings = { "INSERT INTO item VALUES (1, 'use SET LOCAL instead')",
			"INSERT INTO item VALUES (1, 'it''s a SET LOCAL') -- SET LOCAL nonsense = 1",
			"INSERT INTO item VALUES (1, $tag$ DECLARE c CURSOR FOR SELECT 1 $tag$) /* SET LOCAL x = 1 */",
			"INSERT INTO item VALUES (1, 'CREATE TEMP TABLE x (id int) ON COMMIT DELETE ROWS')" })
	void nothingThatIsOnlyWritten(String sql) {
		inTransaction(sql);
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void nothingThatAFunctionWillDo() {
		this.fixture.execute("CREATE FUNCTION f() RETURNS void LANGUAGE plpgsql AS $$ BEGIN"
				+ " CREATE TEMP TABLE IF NOT EXISTS staging (id int) ON COMMIT DELETE ROWS; END $$");
		assertThat(this.fixture.count("item")).isZero();
	}

	@ParameterizedTest
	@ValueSource(strings = { "DECLARE items CURSOR FOR SELECT * FROM item",
			"DECLARE \"items\" NO SCROLL CURSOR WITHOUT HOLD FOR SELECT * FROM item" })
	void cursors(String declaration) {
		for (int i = 0; i < 2; i++) {
			inTransaction(declaration, "FETCH 1 FROM items");
		}
		inTransaction(declaration, "CLOSE items");
		inTransaction("DECLARE items CURSOR WITH HOLD FOR SELECT * FROM item");
		this.fixture.execute("FETCH 1 FROM items");
	}

	@Test
	void aTimeoutOfIdleTransactionsDoesNotHoldForThatOfTheTest() {
		String database = value("current_database()");
		this.fixture.end();
		PostgresTestServer.get()
			.execute("ALTER DATABASE " + database + " SET idle_in_transaction_session_timeout = '1min'");
		this.fixture.open(SessionOptions.DEFAULT);
		assertThat(value("current_setting('idle_in_transaction_session_timeout')")).isEqualTo("0");
	}

}
