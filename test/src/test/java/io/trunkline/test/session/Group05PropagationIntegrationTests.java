package io.trunkline.test.session;

import java.util.List;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.r2dbc.core.DatabaseClient;
import org.springframework.transaction.TransactionDefinition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class Group05PropagationIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	private Mono<Long> insert(int id) {
		return this.fixture.update("INSERT INTO item VALUES (" + id + ", 'a')");
	}

	private List<Integer> ids() {
		return this.fixture.list("SELECT id FROM item ORDER BY id", Integer.class);
	}

	@Test
	void aNewTransactionCommitsInsideOfAnother() {
		insert(1).then(insert(2).as(this.fixture.requiresNew()::transactional))
			.then(insert(3))
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(ids()).containsExactly(1, 2, 3);
	}

	@Test
	void aNewTransactionThatFailsLeavesTheOuterOne() {
		insert(1)
			.then(insert(2).then(insert(2))
				.as(this.fixture.requiresNew()::transactional)
				.onErrorResume(DataIntegrityViolationException.class, (ex) -> Mono.empty()))
			.then(insert(3))
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG);
		assertThat(ids()).containsExactly(1, 3);
	}

	@Test
	void anOuterOneThatFailsAfterANewTransactionFailsTheTest() {
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> insert(1).then(insert(2).as(this.fixture.requiresNew()::transactional))
				.then(Mono.error(new IllegalStateException("outer")))
				.as(this.fixture.transaction()::transactional)
				.block(SessionFixture.LONG))
			.withMessage("outer");
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("of the test")
			.withMessageContaining("In production it would have been kept")
			.withMessageContaining("@DatabasePerTest");
	}

	@Test
	void aNewTransactionThatOnlyReadsLosesNothingWithTheOuterOne() {
		Mono<Long> read = this.fixture.update("SELECT 1").as(this.fixture.requiresNew()::transactional);
		assertThatExceptionOfType(IllegalStateException.class)
			.isThrownBy(() -> read.then(Mono.error(new IllegalStateException("outer")))
				.as(this.fixture.transaction()::transactional)
				.block(SessionFixture.LONG));
		this.fixture.end();
		assertThat(this.fixture.committed("item")).isZero();
	}

	@Test
	void eachRowOfAnOuterStreamHasANewTransaction() {
		this.fixture.values("SELECT i FROM generate_series(1, 400) i", Integer.class)
			.concatMap((id) -> insert(id).as(this.fixture.requiresNew()::transactional))
			.as(this.fixture.transaction()::transactional)
			.blockLast(SessionFixture.LONG);
		assertThat(this.fixture.count("item")).isEqualTo(400);
	}

	@Test
	void aNewTransactionInsideAReadOnlyOneCannotWrite() {
		Mono<Long> nested = insert(1).as(this.fixture.requiresNew()::transactional);
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> nested
				.as(this.fixture.transaction(TransactionDefinition.PROPAGATION_REQUIRED, true)::transactional)
				.block(SessionFixture.LONG))
			.withStackTraceContaining("read-only transaction");
		insert(2).block(SessionFixture.LONG);
		assertThat(ids()).containsExactly(2);
	}

	@Test
	void aNestedTransactionRollsBackToItsSavepoint() {
		Mono<Long> nested = insert(2).then(insert(2))
			.as(this.fixture.transaction(TransactionDefinition.PROPAGATION_NESTED, false)::transactional)
			.onErrorResume(DataIntegrityViolationException.class, (ex) -> Mono.empty());
		insert(1).then(nested).then(insert(3)).as(this.fixture.transaction()::transactional).block(SessionFixture.LONG);
		assertThat(ids()).containsExactly(1, 3);
	}

	@Test
	void aConnectionOfItsOwnWorksInsideATransaction() {
		Mono<Long> direct = Flux
			.usingWhen(this.fixture.factory().create(),
					(connection) -> Flux
						.from(connection.createStatement("INSERT INTO item VALUES (2, 'direct')").execute())
						.flatMap((result) -> result.getRowsUpdated()),
					(connection) -> connection.close())
			.single();
		insert(1).then(direct).then(insert(3)).as(this.fixture.transaction()::transactional).block(SessionFixture.LONG);
		assertThat(ids()).containsExactly(1, 2, 3);
	}

	@Test
	void workOutsideOfTheTransactionIsIndependentOfIt() {
		Mono<Long> outside = insert(2)
			.as(this.fixture.transaction(TransactionDefinition.PROPAGATION_NOT_SUPPORTED, false)::transactional);
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> insert(1).then(outside)
			.then(Mono.error(new IllegalStateException("outer")))
			.as(this.fixture.transaction()::transactional)
			.block(SessionFixture.LONG));
		assertThatExceptionOfType(TestSessionException.class).isThrownBy(this.fixture::end)
			.withMessageContaining("INSERT INTO item VALUES (2, 'a')");
		assertThat(DatabaseClient.create(this.fixture.real())
			.sql("SELECT count(*) FROM item")
			.map((row) -> row.get(0, Long.class))
			.one()
			.block(SessionFixture.LONG)).isZero();
	}

}
