package io.trunkline.test.session;

import java.util.concurrent.atomic.AtomicReference;

import io.netty.buffer.Unpooled;
import io.r2dbc.postgresql.api.PostgresqlResult;
import io.r2dbc.spi.IsolationLevel;
import io.r2dbc.spi.R2dbcDataIntegrityViolationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.dao.DataIntegrityViolationException;
import org.springframework.r2dbc.BadSqlGrammarException;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class Group02FailedStatementIntegrationTests {

	private final SessionFixture fixture = new SessionFixture("CREATE TABLE item (id int PRIMARY KEY, name text)");

	@AfterEach
	void close() {
		this.fixture.close();
	}

	@Test
	void aSimpleStatementThatFailsLeavesTheNextUsable() {
		assertThatExceptionOfType(BadSqlGrammarException.class)
			.isThrownBy(() -> this.fixture.execute("SELECT * FROM nowhere"));
		this.fixture.execute("INSERT INTO item VALUES (1, 'a')");
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void aBoundStatementThatFailsLeavesTheNextUsable() {
		this.fixture.execute("INSERT INTO item VALUES (1, 'a')");
		assertThatExceptionOfType(DataIntegrityViolationException.class).isThrownBy(() -> this.fixture.client()
			.sql("INSERT INTO item VALUES (:id, 'twice')")
			.bind("id", 1)
			.fetch()
			.rowsUpdated()
			.block(SessionFixture.LONG));
		this.fixture.execute("INSERT INTO item VALUES (2, 'b')");
		assertThat(this.fixture.count("item")).isEqualTo(2);
	}

	@Test
	void theFirstStatementMayFailAndFailAgain() {
		this.fixture.end();
		this.fixture.open(new SessionOptions(SessionFixture.LONG, SessionFixture.LONG, IsolationLevel.SERIALIZABLE));
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(DataIntegrityViolationException.class).isThrownBy(() -> this.fixture.client()
				.sql("INSERT INTO item VALUES (:id, 'a')")
				.bindNull("id", Integer.class)
				.fetch()
				.rowsUpdated()
				.block(SessionFixture.LONG));
		}
		this.fixture.execute("INSERT INTO item VALUES (1, 'a')");
		assertThat(this.fixture.list("SHOW transaction_isolation", String.class)).containsExactly("serializable");
		assertThat(this.fixture.committed("item")).isZero();
		assertThat(this.fixture.count("item")).isOne();
	}

	@Test
	void aCopyThatFailsLeavesTheNextUsable() {
		this.fixture.using((connection) -> connection.copyIn("COPY item FROM STDIN",
				Mono.just(Unpooled.copiedBuffer("1\tone\n", UTF_8))));
		AtomicReference<Throwable> error = new AtomicReference<>();
		this.fixture.using((connection) -> connection
			.copyIn("COPY item FROM STDIN", Mono.just(Unpooled.copiedBuffer("2\ttwo\n1\tagain\n", UTF_8)))
			.onErrorResume((ex) -> {
				error.set(ex);
				return Mono.empty();
			}));
		assertThat(error.get()).isInstanceOf(R2dbcDataIntegrityViolationException.class);
		assertThat(this.fixture.list("SELECT id FROM item", Integer.class)).containsExactly(1);
	}

	@Test
	void aBatchThatFailsIsUndoneAsAWhole() {
		assertThatExceptionOfType(Exception.class)
			.isThrownBy(() -> this.fixture.using((connection) -> connection.createBatch()
				.add("INSERT INTO item VALUES (1, 'a')")
				.add("INSERT INTO item VALUES (1, 'again')")
				.execute()
				.flatMap(PostgresqlResult::getRowsUpdated)));
		assertThat(this.fixture.count("item")).isZero();
	}

	@Test
	void aFailureInATransactionAbortsThatOneOnly() {
		assertThatExceptionOfType(DataIntegrityViolationException.class).isThrownBy(() -> Flux
			.concat(this.fixture.update("INSERT INTO item VALUES (1, 'a')"),
					this.fixture.update("INSERT INTO item VALUES (1, 'again')"))
			.as(this.fixture.transaction()::transactional)
			.blockLast(SessionFixture.LONG));
		this.fixture.execute("INSERT INTO item VALUES (2, 'b')");
		assertThat(this.fixture.list("SELECT id FROM item", Integer.class)).containsExactly(2);
	}

}
