package io.trunkline.test.session;

import io.trunkline.embedded.testing.PostgresTestServer;
import org.junit.jupiter.api.Test;

import org.springframework.dao.DataIntegrityViolationException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * {@code SET CONSTRAINTS} knows a constraint by a name that others may have as well.
 */
class Group08DeferredNamesIntegrationTests {

	private static SessionFixture fixture(String other) {
		return new SessionFixture("CREATE TABLE parent (id int PRIMARY KEY)",
				"CREATE TABLE a (id int, p int, CONSTRAINT fk_parent FOREIGN KEY (p) REFERENCES parent"
						+ " DEFERRABLE INITIALLY DEFERRED)",
				"CREATE TABLE b (id int, p int, CONSTRAINT fk_parent FOREIGN KEY (p) REFERENCES parent " + other + ")");
	}

	@Test
	void sharedWithOneThatCannotBeDeferred() {
		try (SessionFixture fixture = fixture("")) {
			fixture.execute("INSERT INTO parent VALUES (1)");
			fixture.execute("INSERT INTO b VALUES (1, 1)");
			assertThat(fixture.count("b")).isOne();
		}
	}

	@Test
	void sharedWithOneThatIsNotDeferred() {
		try (SessionFixture fixture = fixture("DEFERRABLE")) {
			fixture.execute("INSERT INTO parent VALUES (1)");
			assertThatExceptionOfType(DataIntegrityViolationException.class)
				.isThrownBy(() -> fixture.update("INSERT INTO b VALUES (1, 7)")
					.then(fixture.update("INSERT INTO parent VALUES (7)"))
					.as(fixture.transaction()::transactional)
					.block(SessionFixture.LONG));
		}
	}

	@Test
	void sharedWithOneThatIsDeferredToo() {
		try (SessionFixture fixture = fixture("DEFERRABLE INITIALLY DEFERRED")) {
			for (int id = 1; id <= 2; id++) {
				fixture.update("INSERT INTO b VALUES (1, " + id + ")")
					.then(fixture.update("INSERT INTO parent VALUES (" + id + ")"))
					.as(fixture.transaction()::transactional)
					.block(SessionFixture.LONG);
			}
			assertThat(fixture.count("b")).isEqualTo(2);
		}
	}

	@Test
	void inASchemaThatTheRoleMayNotUse() {
		PostgresTestServer server = PostgresTestServer.get();
		String role = server.createRole("secret");
		try (SessionFixture fixture = new SessionFixture("CREATE SCHEMA hidden",
				"CREATE TABLE hidden.parent (id int PRIMARY KEY)",
				"CREATE TABLE hidden.a (id int, p int REFERENCES hidden.parent DEFERRABLE INITIALLY DEFERRED)",
				"CREATE TABLE mine (id int)", "GRANT ALL ON mine TO " + role)) {
			fixture.execute("SET ROLE " + role);
			fixture.execute("INSERT INTO mine VALUES (1)");
			fixture.execute("INSERT INTO mine VALUES (2)");
			assertThat(fixture.count("mine")).isEqualTo(2);
		}
		finally {
			server.dropRole(role);
		}
	}

	@Test
	void ofATableThatACommitThatFailedHasTakenBack() {
		try (SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY)")) {
			assertThatExceptionOfType(DataIntegrityViolationException.class).isThrownBy(() -> fixture
				.update("CREATE TABLE late (id int PRIMARY KEY, p int REFERENCES item DEFERRABLE INITIALLY DEFERRED)")
				.then(fixture.update("INSERT INTO late VALUES (1, 77)"))
				.as(fixture.transaction()::transactional)
				.block(SessionFixture.LONG));
			fixture.execute("INSERT INTO item VALUES (1)");
			fixture.execute("INSERT INTO item VALUES (2)");
			assertThat(fixture.count("item")).isEqualTo(2);
		}
	}

}
