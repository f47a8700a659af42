package io.trunkline.test.session;

import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataAccessException;
import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.transaction.TransactionDefinition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

/**
 * Which work production would have kept, so that the test fails, and which it would not.
 */
class Group05LostWorkIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	private Mono<Long> insert(int id) {
		return this.fixture.update("INSERT INTO item VALUES (" + id + ", 'a')");
	}

	private void independentAndThenLost(Mono<?> independent) {
		assertThatIllegalStateException().isThrownBy(() -> insert(1).then(independent)
			.then(Mono.error(new IllegalStateException("outer")))
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG));
	}

	private void fails() {
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("independent work");
	}

	@ParameterizedTest
	@ValueSource(strings = { "INSERT INTO item VALUES (2, 'b')",
			"WITH x AS (INSERT INTO item VALUES (2, 'b') RETURNING id) SELECT id FROM x",
			"DO $$ BEGIN INSERT INTO item VALUES (2, 'b'); END $$", "CREATE TABLE other (id int)" })
	void aStatementThatWrites(String sql) {
		independentAndThenLost(this.fixture.update(sql).as(this.fixture.requiresNew()::transactional));
		fails();
	}

	@ParameterizedTest
	@ValueSource(strings = { "DELETE FROM item WHERE id = 4711", "UPDATE item SET name = 'c' WHERE id = 4711",
			"SELECT 'INSERT INTO item'", "INSERT INTO item SELECT 1 WHERE false" })
	void aStatementThatWritesNothing(String sql) {
		independentAndThenLost(this.fixture.update(sql).as(this.fixture.requiresNew()::transactional));
		this.fixture.end();
	}

	@Test
	void aCopyOut() {
		independentAndThenLost(this.fixture.connections()
			.copyOut("COPY item TO STDOUT")
			.doOnNext((buffer) -> buffer.release())
			.count()
			.as(this.fixture.requiresNew()::transactional));
		this.fixture.end();
	}

	@Test
	void aCommitThatFails() {
		this.fixture.execute("CREATE TABLE late (id int, p int REFERENCES item DEFERRABLE INITIALLY DEFERRED)");
		assertThatExceptionOfType(DataIntegrityViolationException.class)
			.isThrownBy(() -> this.fixture.update("INSERT INTO late VALUES (1, 77)")
				.then(insert(1).as(this.fixture.requiresNew()::transactional))
				.as(this.fixture.transaction()::transactional)
				.block(SessionFixture.LONG));
		fails();
	}

	@Test
	void aSavepointThatIsReturnedTo() {
		insert(1).then(nested(insert(2).as(this.fixture.requiresNew()::transactional)))
			.then(insert(3))
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(this.fixture.list("SELECT id FROM item ORDER BY id", Integer.class)).isEqualTo(List.of(1, 3));
		fails();
	}

	@Test
	void butNotWhatCameBeforeTheSavepoint() {
		insert(1).as(this.fixture.requiresNew()::transactional)
			.then(nested(insert(2)))
			.then(insert(3))
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(this.fixture.list("SELECT id FROM item ORDER BY id", Integer.class)).isEqualTo(List.of(1, 3));
		this.fixture.end();
	}

	private Mono<Long> nested(Mono<Long> work) {
		return work.then(Mono.<Long>error(new IllegalStateException("nested")))
			.as(this.fixture.transaction(TransactionDefinition.PROPAGATION_NESTED, false)::transactional)
			.onErrorResume(IllegalStateException.class, (ex) -> Mono.empty());
	}

	@Test
	void workThatAFailedTransactionAroundItKeptFromRunning() {
		assertThatExceptionOfType(DataAccessException.class).isThrownBy(() -> insert(1).then(insert(1))
			.onErrorResume((ex) -> insert(2).as(this.fixture.requiresNew()::transactional)
				.onErrorComplete()
				.then(Mono.error(ex)))
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG));
		assertThat(this.fixture.count("item")).isZero();
		fails();
	}

}
